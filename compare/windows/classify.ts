import type { RecordClass, RecordCounts } from "../aggregation/classify";
import type { Counting } from "./attribute";
import type { Fates } from "./fates";
import type { ProducedRow } from "./workload";

export interface Evidence {
  readonly rows: readonly ProducedRow[];
  /** By record: its event id. */
  readonly eventIds: readonly string[];
  readonly countings: readonly Counting[];
  /** Event ids of records in dead letters. */
  readonly deadLettered: ReadonlySet<string>;
  readonly fates: Fates;
}

/** What became of the rows. */
export interface Classified {
  readonly counts: RecordCounts;
  /** By row. */
  readonly classes: readonly RecordClass[];
  /** Trips by id: those that count, with how often. */
  readonly trips: ReadonlyMap<string, readonly Counting[]>;
  /** Trips that count more than once. */
  readonly countedTwice: number;
  readonly unclean: { readonly due: number; readonly counted: number; readonly lost: number };
  /** Trips lost with the state that stood for them: the mapping's decisions say that all is well. */
  readonly lostWithState: number;
}

/**
 * Gives every row on the stream exactly one class. A trip is wanted once: its first copy is the winner. An unclean row
 * is wanted once as dropped, in each of its copies, for it may have no id.
 */
export function classifyRows(evidence: Evidence): Classified {
  const { countings, deadLettered, eventIds, fates, rows } = evidence;
  const trips = new Map<string, Counting[]>();
  const dropped = new Map<number, number>();
  for (const counting of countings) {
    const { content, index } = counting.row;
    if (typeof content === "string") {
      dropped.set(index, (dropped.get(index) ?? 0) + 1);
      continue;
    }
    const known = trips.get(content.id);
    if (known) known.push(counting);
    else trips.set(content.id, [counting]);
  }
  const copies = copiesByTrip(rows);
  const some = (row: ProducedRow, holds: (eventId: string) => boolean): boolean => {
    const { content } = row;
    const all = typeof content === "string" ? [row] : copies.get(content.id)!;
    return all.some(({ record }) => holds(eventIds[record]!));
  };
  const classOf = (row: ProducedRow): RecordClass => {
    const { content, index } = row;
    const isUnclean = typeof content === "string";
    if (!isUnclean && copies.get(content.id)![0] !== row) return "superseded";
    if (isUnclean ? dropped.has(index) : trips.has(content.id)) return "processed";
    if (some(row, (id) => deadLettered.has(id))) {
      return isUnclean ? "deadLettered.bad" : "deadLettered.good";
    }
    return some(row, (id) => fates.isWaiting(id)) ? "pending" : "lost";
  };
  const classes = rows.map(classOf);
  const where = (holds: (row: ProducedRow, at: number) => boolean): number =>
    rows.filter(holds).length;
  const isUnclean = ({ content }: ProducedRow): boolean => typeof content === "string";
  const count = (name: RecordClass): number => where((_, at) => classes[at] === name);
  const countedTwice = [...trips.values()].filter(({ length }) => length > 1).length;
  const droppedTwice = [...dropped.values()].filter((times) => times > 1).length;
  return {
    classes,
    trips,
    countedTwice,
    unclean: {
      due: where(isUnclean),
      counted: [...dropped.values()].reduce((sum, times) => sum + times, 0),
      lost: where((row, at) => isUnclean(row) && classes[at] === "lost"),
    },
    lostWithState: where(
      (row, at) => classes[at] === "lost" && some(row, (id) => fates.isTaken(id)),
    ),
    counts: {
      produced: rows.length,
      processed: count("processed"),
      superseded: count("superseded"),
      lost: count("lost"),
      duplicated: countedTwice + droppedTwice,
      deadLettered: { good: count("deadLettered.good"), bad: count("deadLettered.bad") },
      pending: count("pending"),
      alreadyApplied: where(
        (row, at) =>
          classes[at] === "processed" &&
          deadLettered.size > 0 &&
          some(row, (id) => deadLettered.has(id)),
      ),
    },
  };
}

function copiesByTrip(rows: readonly ProducedRow[]): Map<string, ProducedRow[]> {
  const copies = new Map<string, ProducedRow[]>();
  for (const row of rows) {
    if (typeof row.content === "string") continue;
    const known = copies.get(row.content.id);
    if (known) known.push(row);
    else copies.set(row.content.id, [row]);
  }
  return copies;
}
