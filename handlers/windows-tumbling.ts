import { UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { connectDynamoDb } from "./connect-dynamodb";
import { createLogLine } from "./log";
import { createReadBatch, type TripEntry } from "./trip-batch";
import type { WindowEvent, WindowOutcome } from "./window-event";
import { createWindowRows, type RowUpdate, type Sums } from "./window-rows";
import { createWriteAll } from "./write-all";

/** What is carried from batch to batch of a window, as JSON of at most 1 MB. */
export interface TripState {
  /** Sequence numbers of the first and the last record in the sums. */
  readonly first: string;
  readonly last: string;
  readonly vendors: Readonly<Record<string, Sums>>;
  readonly unclean: Sums;
}

/**
 * The consumer with tumbling windows: adds each batch to the state, and writes the sums of a shard's window when it
 * ends, or when the state was told to be too large. Nothing is written before: a batch that fails leaves no trace, and
 * what the last invocation writes it writes once, by the records that are in it. Trips that are on the stream twice
 * count twice, for the state has no room for what was seen.
 *
 * Environment: `AGGREGATE_TABLE_NAME`.
 */
export function createTumblingWindowsHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const rows = createWindowRows(1); // The mapping says which window it is.
  const readBatch = createReadBatch();
  const writeAll = createWriteAll();
  const log = createLogLine();
  const Update = UpdateItemCommand;

  function plus(into: Record<string, number>, sums: Sums): void {
    for (const name in sums) into[name] = (into[name] ?? 0) + sums[name]!;
  }

  /** The state after some entries; undefined if there was never one. */
  function fold(state: Partial<TripState>, entries: readonly TripEntry[]): TripState | undefined {
    const first = state.first ?? entries[0]?.sequenceNumber;
    const last = entries.at(-1)?.sequenceNumber ?? state.last;
    if (first === undefined || last === undefined) return undefined;
    // Without a prototype: a vendor may have any name.
    const vendors = Object.create(null) as Record<string, Record<string, number>>;
    for (const vendorId in state.vendors) vendors[vendorId] = { ...state.vendors[vendorId] };
    const unclean = { ...state.unclean };
    for (const { content } of entries) {
      if (typeof content === "string") plus(unclean, rows.droppedFor(content));
      else plus((vendors[content.vendorId] ??= {}), rows.sumsOf(content));
    }
    return { first, last, vendors, unclean };
  }

  async function write(update: RowUpdate): Promise<void> {
    try {
      await client.send(new Update(update));
    } catch (error) {
      // Written by an attempt before this one, or by a resend of our own whose answer was lost.
      if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
    }
  }

  function updatesOf(state: TripState, { shardId, window }: WindowEvent<TripState>): RowUpdate[] {
    const times = { windowStart: window.start, windowEnd: window.end };
    const range = { shardId, first: state.first, last: state.last };
    const updates = Object.entries(state.vendors).map(([vendorId, sums]) =>
      rows.additionOnce({ vendorId, ...times }, sums, range),
    );
    if (Object.keys(state.unclean).length === 0) return updates;
    return [...updates, rows.additionOnce(times, state.unclean, range)];
  }

  return async (
    event: WindowEvent<TripState>,
    context: Context,
  ): Promise<WindowOutcome<TripState>> => {
    const { isFinalInvokeForWindow, isWindowTerminatedEarly, shardId, window } = event;
    const entries = readBatch(event.Records);
    const state = fold(event.state, entries);
    const unclean = entries.filter(({ content }) => typeof content === "string").length;
    const counts = { clean: entries.length - unclean, unclean };
    const where = { shardId, windowStart: window.start };
    if (!isFinalInvokeForWindow && !isWindowTerminatedEarly) {
      log("info", "window goes on", { ...where, ...counts });
      return { state: state ?? {}, batchItemFailures: [] };
    }
    const updates = state === undefined ? [] : updatesOf(state, event);
    const unwritten = await writeAll(
      updates.map((update) => () => write(update)),
      () => context.getRemainingTimeInMillis(),
    );
    // No record can be named here: the sums are of batches that are done.
    if (unwritten !== undefined) throw unwritten.cause as Error;
    log("info", "window written", { ...where, ...counts, rows: updates.length });
    return { state: {}, batchItemFailures: [] };
  };
}
