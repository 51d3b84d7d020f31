import { packAggregate } from "../../handlers/kpl-aggregate";
import { createDraws, type Draws } from "../draws";
import { START_AT_MS } from "../workloads";
import type { TripSource } from "./generate";
import { contentOf } from "./trip-content";
import type { ProducedRow, TripPut, TripRecord, TripWorkload } from "./workload";

/** What a producer gathers before it puts, in seconds: whole parts of any minute. */
const GATHERING_S = [1, 2, 5, 10, 20] as const;
/** It gathers until a put holds about this many. */
const ROWS_PER_PUT = 8;
/** A put leaves this long before its time is over, so that it arrives in the same window. */
const BEFORE_END_MS = 100;
const ROWS_PER_CALL_MAX = 300;

const AGGREGATED_PERCENT = 40;
const ROWS_PER_AGGREGATE_MAX = 25;
/** One aggregate in so many trips is corrupt; one at least. */
const TRIPS_PER_CORRUPT = 5_000;

const LATE_PERCENT = 1;
const LATE_S = { min: 60, max: 480 };
const RESENT_AFTER_MS = { min: 300, max: 30_000 };

type Packed = Omit<TripWorkload, "faults" | "file">;

/** A record without the numbers of itself and its rows, which depend on what is sent before it. */
interface Draft extends Omit<TripRecord, "index" | "rows"> {
  /** Of its rows, in order. */
  readonly contents: readonly ProducedRow["content"][];
}

interface DraftPut {
  readonly atMs: number;
  readonly records: readonly Draft[];
}

interface Ready {
  readonly source: TripSource;
  /** After the run's start, in milliseconds. */
  readonly atMs: number;
}

/**
 * Puts trips into Kinesis records as a producer does: gathers what is ready, puts it plain or aggregated, and sends
 * some puts again, for their answer was lost. Every trip is put within the gathering time of its pickup, in the same
 * window, but a few are late.
 *
 * @param resendPercent of the puts; at least one if it is not 0
 */
export function packTrips(
  seed: number,
  sources: readonly TripSource[],
  resendPercent: number,
): Packed {
  const draws = createDraws(seed, "trips.producer");
  const { late, ready } = readyTimes(draws, sources);
  const gathered = gather(ready);
  const isAggregated = gathered.map(() => draws.integer(1, 100) <= AGGREGATED_PERCENT);
  // Whatever the draws: each way of packing is in every run.
  isAggregated[0] = true;
  const corrupt = corruptPuts(draws, isAggregated, sources.length);
  const first = gathered.map(({ atMs, sources: rows }, at): DraftPut => ({
    atMs,
    records: pack(rows, isAggregated[at]!, corrupt.has(at)),
  }));
  const again = resent(draws, first, resendPercent);
  const copies = again.flatMap(({ records }) => records.flatMap(({ contents }) => contents)).length;
  // Stable: of the same instant, the first sent comes first.
  const sorted = [...first, ...again].sort((a, b) => a.atMs - b.atMs);
  return { ...numbered(sorted), late, copies };
}

function readyTimes(draws: Draws, sources: readonly TripSource[]) {
  let late = 0;
  const ready = sources.map((source): Ready => {
    const isLate = draws.integer(1, 100) <= LATE_PERCENT;
    if (isLate) late += 1;
    const delayS = isLate ? draws.integer(LATE_S.min, LATE_S.max) : 0;
    return { source, atMs: source.pickupMs - START_AT_MS + delayS * 1_000 };
  });
  return { late, ready: ready.sort((a, b) => a.atMs - b.atMs) };
}

/** What is ready within the same stretch of time is put at its end. */
function gather(ready: readonly Ready[]): { atMs: number; sources: TripSource[] }[] {
  const spanS = Math.max(1, (ready.at(-1)!.atMs - ready[0]!.atMs) / 1_000);
  const wantedS = (ROWS_PER_PUT * spanS) / ready.length;
  const gatheringMs = 1_000 * (GATHERING_S.find((seconds) => seconds >= wantedS) ?? 20);
  const puts: { atMs: number; sources: TripSource[] }[] = [];
  for (const { atMs, source } of ready) {
    const endMs = (Math.floor(atMs / gatheringMs) + 1) * gatheringMs - BEFORE_END_MS;
    const last = puts.at(-1);
    if (last?.atMs === endMs && last.sources.length < ROWS_PER_CALL_MAX) last.sources.push(source);
    else puts.push({ atMs: endMs, sources: [source] });
  }
  return puts;
}

function corruptPuts(draws: Draws, isAggregated: readonly boolean[], trips: number): Set<number> {
  const aggregated = [...isAggregated.keys()].filter((at) => isAggregated[at]);
  const wanted = Math.max(1, Math.round(trips / TRIPS_PER_CORRUPT));
  return new Set(draws.sample(aggregated, Math.min(aggregated.length, wanted)));
}

function resent(draws: Draws, puts: readonly DraftPut[], percent: number): DraftPut[] {
  if (percent === 0) return [];
  const count = Math.max(1, Math.round((puts.length * percent) / 100));
  return draws.sample(puts, count).map(({ atMs, records }) => ({
    atMs: atMs + draws.integer(RESENT_AFTER_MS.min, RESENT_AFTER_MS.max),
    records,
  }));
}

/** Numbers records and rows in the order in which they are sent. */
function numbered(puts: readonly DraftPut[]): Pick<Packed, "puts" | "records" | "rows"> {
  const records: TripRecord[] = [];
  const rows: ProducedRow[] = [];
  const renumbered = puts.map(({ atMs, records: drafts }): TripPut => ({
    atMs,
    records: drafts.map(({ contents, data, kind, partitionKey }) => {
      const index = records.length;
      const own = contents.map((content, place) => ({
        index: rows.length + place,
        record: index,
        content,
      }));
      rows.push(...own);
      const record = { index, data, partitionKey, rows: own, kind };
      records.push(record);
      return record;
    }),
  }));
  return { puts: renumbered, records, rows };
}

function pack(sources: readonly TripSource[], isAggregated: boolean, isCorrupt: boolean): Draft[] {
  if (!isAggregated) return sources.map((source) => plain(source));
  const records: Draft[] = [];
  for (let from = 0; from < sources.length; from += ROWS_PER_AGGREGATE_MAX) {
    const part = sources.slice(from, from + ROWS_PER_AGGREGATE_MAX);
    records.push(isCorrupt && from === 0 ? corruptOf(part) : aggregate(part));
  }
  return records;
}

function plain(source: TripSource): Draft {
  const data = Buffer.from(textOf(source));
  return { data, partitionKey: keyOf(source), contents: [contentIn(source)], kind: "plain" };
}

function aggregate(sources: readonly TripSource[]): Draft {
  const data = packAggregate(
    sources.map((source) => ({ partitionKey: keyOf(source), data: Buffer.from(textOf(source)) })),
  );
  const contents = sources.map(contentIn);
  return { data, partitionKey: keyOf(sources[0]!), contents, kind: "aggregate" };
}

/** A bit of its checksum is another one: how many rows it held nobody can say, so it is one. */
function corruptOf(sources: readonly TripSource[]): Draft {
  const record = aggregate(sources);
  const data = Uint8Array.from(record.data);
  const last = data.length - 1;
  data[last] = data[last]! ^ 1;
  return { ...record, data, contents: ["corruptAggregate"], kind: "corrupt" };
}

const keyOf = ({ cells, pickupMs }: TripSource): string => cells.trip_id || `unnamed-${pickupMs}`;

const contentIn = ({ cells, isCutOff }: TripSource) =>
  isCutOff ? ("notJson" as const) : contentOf(cells);

function textOf({ cells, isCutOff }: TripSource): string {
  const text = JSON.stringify(cells);
  return isCutOff ? text.slice(0, -20) : text;
}
