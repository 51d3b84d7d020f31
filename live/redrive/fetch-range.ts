import { GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-kinesis";
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

/**
 * Fetches the records between two sequence numbers, both included. With more than one lane a shard, records of other
 * lanes lie in between: they are fetched, too.
 */
export async function fetchRange(
  { kinesis, wait }: Pick<RedriveEnvironment, "kinesis" | "wait">,
  info: BatchInfo,
): Promise<FetchedRange> {
  const { batchSize, endSequenceNumber, shardId, startSequenceNumber, streamArn } = info;
  const last = BigInt(endSequenceNumber);
  const records: KinesisRecord[] = [];
  let isPast = false;
  try {
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamARN: streamArn,
        ShardId: shardId,
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: startSequenceNumber,
      }),
    );
    let iterator = ShardIterator;
    for (let read = 0; read < READS_MAX && iterator !== undefined && !isPast; read += 1) {
      if (read > 0) await wait(BETWEEN_READS_S);
      const page = await kinesis.send(
        new GetRecordsCommand({ ShardIterator: iterator, StreamARN: streamArn }),
      );
      for (const { Data, PartitionKey, SequenceNumber } of page.Records ?? []) {
        isPast ||= BigInt(SequenceNumber!) >= last;
        if (BigInt(SequenceNumber!) > last) break;
        records.push(recordOf(shardId, SequenceNumber!, PartitionKey!, Data!));
      }
      // Pages may be empty on the way; at the tip there is nothing more.
      if (page.MillisBehindLatest === 0 && (page.Records ?? []).length === 0) break;
      iterator = page.NextShardIterator;
    }
  } catch (cause) {
    if (!isAboutThePosition(cause)) throw cause;
    return { records: [], gone: batchSize, why: (cause as Error).message };
  }
  const gone = Math.max(0, batchSize - records.length);
  const why = "The stream's retention is over, and the letter holds no copy.";
  return { records, gone, ...(gone > 0 && { why }) };
}

function recordOf(
  shardId: string,
  sequenceNumber: string,
  partitionKey: string,
  bytes: Uint8Array,
): KinesisRecord {
  const data = Buffer.from(bytes).toString("base64");
  return {
    eventID: `${shardId}:${sequenceNumber}`,
    kinesis: { sequenceNumber, partitionKey, data },
  };
}

/** The shard, or the number in it, is no longer known. Anything else is a reason to stop. */
function isAboutThePosition(cause: unknown): boolean {
  const { name } = cause as Error;
  return name === "ResourceNotFoundException" || name === "InvalidArgumentException";
}
