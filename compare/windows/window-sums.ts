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

/** As rows have them. There are few windows, and each is asked for by every trip. */
const startTexts = new Map<number, string>();

/** The id of the row that a content belongs to, in the window that begins at an instant. */
export function rowIdOf(content: CleanTrip | UncleanReason, startMs: number): string {
  let start = startTexts.get(startMs);
  if (start === undefined) {
    start = `${new Date(startMs).toISOString().slice(0, 19)}Z`;
    startTexts.set(startMs, start);
  }
  return typeof content === "string" ? `unclean#${start}` : `vendor#${content.vendorId}#${start}`;
}

/** Adds what a row of the stream counts. */
export function addContent(
  sums: WindowSums,
  rowId: string,
  content: CleanTrip | UncleanReason,
): void {
  const row = rowIn(sums, rowId);
  if (typeof content === "string") {
    add(row, "dropped", 1);
    add(row, content, 1);
  } else {
    add(row, "pickups", 1);
    add(row, "passengers", content.passengers);
    add(row, "distanceHundredths", content.distanceHundredths);
    add(row, "fareCents", content.fareCents);
    add(row, "totalCents", content.totalCents);
  }
  if (row.size === 0) sums.delete(rowId);
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
  const sum = (row.get(name) ?? 0) + value;
  if (!Number.isSafeInteger(sum))
    throw new Error(`The sum of ${name} is no exact number any more.`);
  if (sum === 0) row.delete(name);
  else row.set(name, sum);
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
