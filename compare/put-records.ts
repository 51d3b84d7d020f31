import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { Account } from "./account";

/** A put takes some refused records' second chance this long to come, doubling. */
const RESEND_AFTER_MS = 100;
const RESENDS_MAX = 10;

/** One for each account: making a client takes longer than a small put. */
const producers = new WeakMap<Account, KinesisClient>();

/** What goes on a stream. */
export interface StreamEntry {
  /** Text is put as UTF-8. */
  readonly data: string | Uint8Array;
  readonly partitionKey: string;
}

/**
 * Puts records on a stream in one call. Every record's own result is looked at, and refused ones are sent again: a
 * producer that ignores them loses records before anything else can.
 *
 * @param entries at most 500
 * @returns by record: its event id, `shardId:sequenceNumber`
 * @throws Error if the stream refuses some of them again and again
 */
export async function putRecords(
  account: Account,
  streamName: string,
  entries: readonly StreamEntry[],
): Promise<string[]> {
  let client = producers.get(account);
  if (client === undefined) producers.set(account, (client = account.client(KinesisClient)));
  const eventIds = new Array<string>(entries.length);
  let open = [...entries.keys()];
  for (let attempt = 0; attempt <= RESENDS_MAX; attempt += 1) {
    if (attempt > 0) {
      await account.advance({ seconds: (RESEND_AFTER_MS * 2 ** (attempt - 1)) / 1000 });
    }
    const { Records = [] } = await client.send(
      new PutRecordsCommand({
        StreamName: streamName,
        Records: open.map((index) => ({
          Data: bytesOf(entries[index]!.data),
          PartitionKey: entries[index]!.partitionKey,
        })),
      }),
    );
    open = open.filter((index, position) => {
      const { ErrorCode, ShardId, SequenceNumber } = Records[position] ?? { ErrorCode: "none" };
      if (ErrorCode !== undefined) return true;
      eventIds[index] = `${ShardId}:${SequenceNumber}`;
      return false;
    });
    if (open.length === 0) return eventIds;
  }
  throw new Error(
    `The stream ${streamName} refused ${open.length} records ${RESENDS_MAX + 1} times: ` +
      `it has too few shards for this workload.`,
  );
}

const bytesOf = (data: StreamEntry["data"]): Uint8Array =>
  typeof data === "string" ? Buffer.from(data) : data;
