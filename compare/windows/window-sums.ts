import type { Image, Write } from "../account";
import type { CleanTrip, UncleanReason } from "./workload";

/** What one row of the aggregates counts, by attribute. Zeros are left out. */
export type RowSums = Map<string, number>;

/** All rows of the aggregates, by id. Rows that count nothing are left out. */
export type WindowSums = Map<string, RowSums>;

/** The window of an instant, in milliseconds since the epoch. */
export function windowStart(ms: number, windowMs: number): number {
  return windowMs === 0 ? ms : Math.floor(ms / windowMs) * windowMs;
}

/** The id of the row that a content belongs to, in the window that begins at an instant. */
export function rowIdOf(content: CleanTrip | UncleanReason, startMs: number): string {
  return typeof content === "string" ? uncleanRowId(startMs) : tripRowId(content.vendorId, startMs);
}

const tripRowId = (vendorId: string, startMs: number): string =>
  `vendor#${vendorId}#${startText(startMs)}`;

const uncleanRowId = (startMs: number): string => `unclean#${startText(startMs)}`;

/** As rows have them. There are few windows, and some are asked for by every trip. */
const startTexts = new Map<number, string>();

function startText(startMs: number): string {
  let text = startTexts.get(startMs);
  if (text === undefined) {
    text = `${new Date(startMs).toISOString().slice(0, 19)}Z`;
    startTexts.set(startMs, text);
  }
  return text;
}

/** What trips add up to. */
interface TripTotals {
  pickups: number;
  passengers: number;
  distanceHundredths: number;
  fareCents: number;
  totalCents: number;
}

/** What rows of the stream add up to. Rows are many, their windows and vendors few. */
export class ContentTally {
  /** By the window's begin, then by vendor. */
  readonly #trips = new Map<number, Map<string, TripTotals>>();
  /** By the window's begin, then by reason: how many rows. */
  readonly #dropped = new Map<number, Map<UncleanReason, number>>();

  /**
   * Counts a row in the window that begins at an instant.
   *
   * @throws Error for a sum that is no exact number any more
   */
  add(content: CleanTrip | UncleanReason, startMs: number): void {
    if (typeof content === "string") {
      const reasons = within(this.#dropped, startMs);
      reasons.set(content, (reasons.get(content) ?? 0) + 1);
      return;
    }
    const vendors = within(this.#trips, startMs);
    let totals = vendors.get(content.vendorId);
    if (totals === undefined) {
      totals = { pickups: 0, passengers: 0, distanceHundredths: 0, fareCents: 0, totalCents: 0 };
      vendors.set(content.vendorId, totals);
    }
    const { distanceHundredths, fareCents, passengers, totalCents } = content;
    totals.pickups += 1;
    totals.passengers = exactSum("passengers", totals.passengers, passengers);
    totals.distanceHundredths = exactSum(
      "distanceHundredths",
      totals.distanceHundredths,
      distanceHundredths,
    );
    totals.fareCents = exactSum("fareCents", totals.fareCents, fareCents);
    totals.totalCents = exactSum("totalCents", totals.totalCents, totalCents);
  }

  sums(): WindowSums {
    const sums: WindowSums = new Map();
    for (const [startMs, vendors] of this.#trips) {
      for (const [vendorId, totals] of vendors) {
        const row = rowIn(sums, tripRowId(vendorId, startMs));
        for (const [name, value] of Object.entries(totals)) add(row, name, value as number);
      }
    }
    for (const [startMs, reasons] of this.#dropped) {
      const row = rowIn(sums, uncleanRowId(startMs));
      for (const [reason, count] of reasons) {
        add(row, "dropped", count);
        add(row, reason, count);
      }
    }
    return sums;
  }
}

function within<Key, Value>(groups: Map<number, Map<Key, Value>>, at: number): Map<Key, Value> {
  let group = groups.get(at);
  if (group === undefined) groups.set(at, (group = new Map<Key, Value>()));
  return group;
}

/** Adds what a write changed: everything in a row that is a number. */
export function addChange(sums: WindowSums, { after, before }: Pick<Write, "after" | "before">) {
  const rowId = (after ?? before)?.["id"]?.S;
  if (rowId === undefined) throw new Error("A row of the aggregates has no id.");
  const row = rowIn(sums, rowId);
  for (const [name, value] of numbersIn(after)) add(row, name, value);
  for (const [name, value] of numbersIn(before)) add(row, name, -value);
  if (row.size === 0) sums.delete(rowId);
}

function* numbersIn(image: Image | undefined): Generator<[string, number]> {
  for (const name in image) {
    const number = image[name]!.N;
    if (number !== undefined) yield [name, Number(number)];
  }
}

function rowIn(sums: WindowSums, rowId: string): RowSums {
  let row = sums.get(rowId);
  if (row === undefined) sums.set(rowId, (row = new Map<string, number>()));
  return row;
}

function add(row: RowSums, name: string, value: number): void {
  if (value === 0) return;
  const sum = exactSum(name, row.get(name) ?? 0, value);
  if (sum === 0) row.delete(name);
  else row.set(name, sum);
}

function exactSum(name: string, sum: number, value: number): number {
  if (Number.isSafeInteger(sum + value)) return sum + value;
  throw new Error(`The sum of ${name} is no exact number any more.`);
}

/** The rows in which two sums differ. */
export function differingRows(a: WindowSums, b: WindowSums): string[] {
  const ids = [...new Set([...a.keys(), ...b.keys()])].sort();
  return ids.filter((id) => !isSame(a.get(id), b.get(id)));
}

function isSame(a: RowSums | undefined, b: RowSums | undefined): boolean {
  if (a === undefined || b === undefined || a.size !== b.size) return a === b;
  for (const [name, value] of a) if (b.get(name) !== value) return false;
  return true;
}
