import type { Invocation, Write } from "../account";
import type { ProducedRow, TripRecord } from "./workload";
import { addChange, ContentTally, differingRows, rowIdOf, type WindowSums } from "./window-sums";

/** What an invocation was given, as far as it says which rows are in its writes. */
interface Delivered {
  readonly shardId?: string;
  readonly Records?: readonly {
    readonly eventID: string;
    readonly kinesis: { readonly approximateArrivalTimestamp: number };
  }[];
  readonly window?: { readonly start: string };
  readonly state?: object;
}

/** One time that a row came to count. */
export interface Counting {
  readonly row: ProducedRow;
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
  /** Begin of the window that it counts in. */
  readonly windowMs: number;
}

/** The committed writes of a run, and what made them. */
export interface Committed {
  readonly ledger: readonly Write[];
  readonly aggregates: readonly Write[];
  readonly invocations: readonly Invocation[];
  readonly records: readonly TripRecord[];
  /** By record: its event id. */
  readonly eventIds: readonly string[];
  /** Of the consumer's own windows; undefined where they are the mapping's. */
  readonly ownWindowMs: number | undefined;
}

export interface Attribution {
  readonly countings: readonly Counting[];
  /** By record: when it arrived, where an invocation was given it; virtual milliseconds since the epoch. */
  readonly arrivalMs: ReadonlyMap<number, number>;
}

/** Rows that a state stands for: those of a batch, and those of the state before it. */
interface StateRows {
  readonly before: StateRows | undefined;
  readonly rows: readonly ProducedRow[];
}

/**
 * Explains every change of the aggregates by rows of the stream: with windows of its own, by the entries of the ledger
 * that were committed with it; with windows of the mapping, by the batches whose sums the state carried, and the last
 * one. Each explanation must add up.
 *
 * @throws Error where one does not: then the writes are not what they seem, and nothing can be scored.
 */
export function attribute(committed: Committed): Attribution {
  const deliveries = new Deliveries(committed);
  const countings =
    committed.ownWindowMs === undefined
      ? byStates(committed, deliveries)
      : byLedger(committed, committed.ownWindowMs, deliveries);
  return { countings, arrivalMs: deliveries.arrivalMs };
}

/** The invocations' events, each read once. */
class Deliveries {
  readonly arrivalMs = new Map<number, number>();
  readonly #recordOf: ReadonlyMap<string, TripRecord>;
  readonly #events = new Map<string, Delivered>();
  readonly #rows = new Map<string, readonly ProducedRow[]>();
  readonly #states = new Map<string, StateRows>();

  constructor({ eventIds, invocations, records }: Committed) {
    this.#recordOf = new Map(eventIds.map((id, index) => [id, records[index]!]));
    for (const { event: given, outcome, requestId, response } of invocations) {
      if (outcome === "throttled") continue;
      const event = (given ?? {}) as Delivered;
      const rows = this.#rowsOf(event);
      const { Records: _, ...rest } = event;
      this.#events.set(requestId, rest);
      this.#rows.set(requestId, rows);
      const { state } = (response ?? {}) as Delivered;
      if (outcome === "ok" && state !== undefined && event.window) {
        const before = this.#stateBefore(event);
        this.#states.set(keyOf(event, state), { before, rows });
      }
    }
  }

  /** Rows that an invocation was given itself, in order. */
  rowsOf(requestId: string | undefined): readonly ProducedRow[] {
    const rows = requestId === undefined ? undefined : this.#rows.get(requestId);
    if (rows === undefined) throw new Error("A write was made by no known invocation.");
    return rows;
  }

  /** Rows whose sums an invocation can write: its own, and those that its state stands for. */
  rowsInWindow(requestId: string | undefined): ProducedRow[] {
    const parts = [this.rowsOf(requestId)];
    const event = this.#events.get(requestId!)!;
    for (let state = this.#stateBefore(event); state; state = state.before) parts.push(state.rows);
    return parts.reverse().flat();
  }

  windowMs(requestId: string | undefined): number {
    const start = this.#events.get(requestId!)?.window?.start;
    if (start === undefined) throw new Error("A write of a window was made outside any.");
    return Date.parse(start);
  }

  #stateBefore(event: Delivered): StateRows | undefined {
    if (event.state === undefined || Object.keys(event.state).length === 0) return undefined;
    const known = this.#states.get(keyOf(event, event.state));
    if (known === undefined) throw new Error("A state was carried that no invocation answered.");
    return known;
  }

  #rowsOf({ Records = [] }: Delivered): ProducedRow[] {
    return Records.flatMap(({ eventID, kinesis }) => {
      const record = this.#recordOf.get(eventID);
      if (record === undefined) throw new Error(`${eventID} was delivered, but never produced.`);
      this.arrivalMs.set(record.index, Math.round(kinesis.approximateArrivalTimestamp * 1_000));
      return record.rows;
    });
  }
}

function keyOf({ shardId, window }: Delivered, state: object): string {
  return `${shardId} ${window!.start} ${JSON.stringify(state)}`;
}

function byStates({ aggregates }: Committed, deliveries: Deliveries): Counting[] {
  return aggregates.flatMap((write) => {
    const { atMs, requestId } = write;
    const windowMs = deliveries.windowMs(requestId);
    const id = write.after?.["id"]?.S;
    const rows = deliveries
      .rowsInWindow(requestId)
      .filter(({ content }) => rowIdOf(content, windowMs) === id);
    const countings = rows.map((row): Counting => ({ row, atMs, windowMs }));
    refuseOther([write], countings);
    return countings;
  });
}

function byLedger(
  { aggregates, eventIds, ledger, records }: Committed,
  windowMs: number,
  deliveries: Deliveries,
): Counting[] {
  const rowsByDelivery = new Map<string, ProducedRow>();
  for (const { index, rows } of records) {
    for (const [place, row] of rows.entries()) {
      // Trips are known by their ids.
      if (typeof row.content === "string")
        rowsByDelivery.set(`delivery#${eventIds[index]}#${place}`, row);
    }
  }
  const changes = byCommit(aggregates);
  const countings: Counting[] = [];
  const tripsByRequest = new Map<string, Map<string, ProducedRow>>();
  for (const [key, entries] of byCommit(ledger)) {
    const { atMs, requestId } = entries[0]!;
    const trips = tripsByRequest.get(requestId!) ?? tripsById(deliveries.rowsOf(requestId));
    tripsByRequest.set(requestId!, trips);
    const counted = entries.map(({ after }): Counting => {
      const id = after!["id"]!.S!;
      const row = trips.get(id) ?? rowsByDelivery.get(id);
      if (row === undefined) throw new Error(`The ledger holds ${id}, which was not delivered.`);
      const { content } = row;
      const saysMs =
        typeof content === "string" ? deliveries.arrivalMs.get(row.record)! : content.pickupMs;
      return { row, atMs, windowMs: Math.floor(saysMs / windowMs) * windowMs };
    });
    refuseOther(changes.get(key) ?? [], counted);
    changes.delete(key);
    countings.push(...counted);
  }
  const [unexplained] = changes.keys();
  if (unexplained === undefined) return countings;
  throw new Error(`The aggregates changed (${unexplained}) without an entry in the ledger.`);
}

/** By their ids in the ledger. Of copies in one batch the first counts. */
function tripsById(rows: readonly ProducedRow[]): Map<string, ProducedRow> {
  const trips = new Map<string, ProducedRow>();
  for (const row of rows) {
    if (typeof row.content === "string") continue;
    const id = `trip#${row.content.id}`;
    if (!trips.has(id)) trips.set(id, row);
  }
  return trips;
}

/** Writes of one transaction: same invocation, same instant. */
function byCommit(writes: readonly Write[]): Map<string, Write[]> {
  const commits = new Map<string, Write[]>();
  let commit: Write[] = [];
  for (const write of writes) {
    const { atMs, requestId } = write;
    const last = commit.at(-1);
    // They lie together: most belong where the one before does.
    if (last?.atMs !== atMs || last.requestId !== requestId) {
      const key = `${requestId ?? ""} ${atMs}`;
      commit = commits.get(key) ?? [];
      commits.set(key, commit);
    }
    commit.push(write);
  }
  return commits;
}

function refuseOther(writes: readonly Write[], countings: readonly Counting[]): void {
  const changed: WindowSums = new Map();
  for (const write of writes) addChange(changed, write);
  const explained = new ContentTally();
  for (const { row, windowMs } of countings) explained.add(row.content, windowMs);
  const different = differingRows(changed, explained.sums());
  if (different.length === 0) return;
  throw new Error(`Writes to ${different.slice(0, 3).join(", ")} are not what was delivered.`);
}
