import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type _Record,
} from "@aws-sdk/client-kinesis";
import type { RedriveEnvironment } from "./environment";
import type { BatchInfo, KinesisRecord } from "./letter";

/** A shard answers five reads a second. */
const BETWEEN_READS_S = 0.2;
const READS_MAX = 10_000;

/** What a shard still holds of a batch, and why it holds no more. */
export interface FetchedRange {
  readonly records: readonly KinesisRecord[];
  readonly gone: number;
  readonly why?: string;
}

type Reading = Pick<RedriveEnvironment, "kinesis" | "wait">;
type Shard = Pick<BatchInfo, "shardId" | "streamArn">;

/**
 * Fetches the records between two sequence numbers, both included. With more than one lane a shard, records of other
 * lanes lie in between: they are fetched, too.
 */
export async function fetchRange(environment: Reading, info: BatchInfo): Promise<FetchedRange> {
  const { batchSize, endSequenceNumber, startSequenceNumber } = info;
  const last = BigInt(endSequenceNumber);
  const from = {
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    StartingSequenceNumber: startSequenceNumber,
  } as const;
  try {
    const records = await readShard(environment, info, from, ({ SequenceNumber }) => {
      const at = BigInt(SequenceNumber!);
      return at < last ? "take" : at === last ? "last" : "past";
    });
    const gone = Math.max(0, batchSize - records.length);
    const why = "The stream's retention is over, and the letter holds no copy.";
    return { records, gone, ...(gone > 0 && { why }) };
  } catch (cause) {
    if (!isAboutThePosition(cause)) throw cause;
    return { records: [], gone: batchSize, why: (cause as Error).message };
  }
}

/**
 * Fetches the records that arrived in a stretch of time, as far as the stream still has them.
 *
 * @param from milliseconds since the epoch
 * @param to the first instant that does not belong to it
 */
export async function fetchArrivals(
  environment: Reading,
  shard: Shard,
  from: number,
  to: number,
): Promise<readonly KinesisRecord[]> {
  const position = { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(from) } as const;
  return readShard(environment, shard, position, ({ ApproximateArrivalTimestamp }) =>
    ApproximateArrivalTimestamp!.getTime() < to ? "take" : "past",
  );
}

async function readShard(
  { kinesis, wait }: Reading,
  { shardId, streamArn }: Shard,
  from: Pick<
    GetShardIteratorCommandInput,
    "ShardIteratorType" | "StartingSequenceNumber" | "Timestamp"
  >,
  placeOf: (record: _Record) => "take" | "last" | "past",
): Promise<readonly KinesisRecord[]> {
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({ StreamARN: streamArn, ShardId: shardId, ...from }),
  );
  const records: KinesisRecord[] = [];
  let iterator = ShardIterator;
  for (let read = 0; read < READS_MAX && iterator !== undefined; read += 1) {
    if (read > 0) await wait(BETWEEN_READS_S);
    const page = await kinesis.send(
      new GetRecordsCommand({ ShardIterator: iterator, StreamARN: streamArn }),
    );
    for (const record of page.Records ?? []) {
      const place = placeOf(record);
      if (place !== "past") records.push(recordOf(shardId, record));
      if (place !== "take") return records;
    }
    // Pages may be empty on the way; at the tip there is nothing more.
    if (page.MillisBehindLatest === 0 && (page.Records ?? []).length === 0) break;
    iterator = page.NextShardIterator;
  }
  return records;
}

function recordOf(shardId: string, record: _Record): KinesisRecord {
  const { ApproximateArrivalTimestamp, Data, PartitionKey, SequenceNumber } = record;
  return {
    eventID: `${shardId}:${SequenceNumber!}`,
    kinesis: {
      sequenceNumber: SequenceNumber!,
      partitionKey: PartitionKey!,
      data: Buffer.from(Data!).toString("base64"),
      approximateArrivalTimestamp: ApproximateArrivalTimestamp!.getTime() / 1_000,
    },
  };
}

/** The shard, or the number in it, is no longer known. Anything else is a reason to stop. */
function isAboutThePosition(cause: unknown): boolean {
  const { name } = cause as Error;
  return name === "ResourceNotFoundException" || name === "InvalidArgumentException";
}
