import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { Account } from "../account";
import { waitUntil } from "../waiting";
import type { ProducedRecord, Put, Workload } from "./workload";

/** A put takes some refused records' second chance this long to come, doubling. */
const RESEND_AFTER_MS = 100;
const RESENDS_MAX = 10;

/** Where a record went: `shardId:sequenceNumber`, as the stream's event ids are. */
export type EventIds = readonly string[];

/**
 * Puts the workload on the stream at its virtual times. Every record's own result is looked at, and refused
 * ones are sent again: a producer that ignores them loses records before anything else can.
 *
 * @returns by record: its event id
 */
export async function produce(
  account: Account,
  streamName: string,
  { puts, records }: Workload,
  startMs: number,
): Promise<EventIds> {
  const client = account.client(KinesisClient);
  const eventIds = new Array<string>(records.length);
  for (const put of puts) {
    await waitUntil(account, startMs + put.atMs);
    await sendAll(account, client, streamName, put, eventIds);
  }
  return eventIds;
}

async function sendAll(
  account: Account,
  client: KinesisClient,
  streamName: string,
  put: Put,
  eventIds: string[],
): Promise<void> {
  let open: readonly ProducedRecord[] = put.records;
  for (let attempt = 0; attempt <= RESENDS_MAX; attempt += 1) {
    if (attempt > 0) {
      await account.advance({ seconds: (RESEND_AFTER_MS * 2 ** (attempt - 1)) / 1000 });
    }
    const { Records = [] } = await client.send(
      new PutRecordsCommand({
        StreamName: streamName,
        Records: open.map(({ data, partitionKey }) => ({
          Data: Buffer.from(data),
          PartitionKey: partitionKey,
        })),
      }),
    );
    open = open.filter(({ index }, position) => {
      const { ErrorCode, ShardId, SequenceNumber } = Records[position] ?? { ErrorCode: "none" };
      if (ErrorCode !== undefined) return true;
      eventIds[index] = `${ShardId}:${SequenceNumber}`;
      return false;
    });
    if (open.length === 0) return;
  }
  throw new Error(
    `The stream ${streamName} refused ${open.length} records ${RESENDS_MAX + 1} times: ` +
      `it has too few shards for this workload.`,
  );
}
