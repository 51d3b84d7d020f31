import type { Account } from "../account";
import { putRecords } from "../put-records";
import { waitUntil } from "../waiting";
import type { Workload } from "./workload";

/** Where a record went: `shardId:sequenceNumber`, as the stream's event ids are. */
export type EventIds = readonly string[];

/**
 * Puts the workload on the stream at its virtual times.
 *
 * @returns by record: its event id
 */
export async function produce(
  account: Account,
  streamName: string,
  { puts, records }: Workload,
  startMs: number,
): Promise<EventIds> {
  const eventIds = new Array<string>(records.length);
  for (const put of puts) {
    await waitUntil(account, startMs + put.atMs);
    const ids = await putRecords(account, streamName, put.records);
    for (const [position, { index }] of put.records.entries()) eventIds[index] = ids[position]!;
  }
  return eventIds;
}
