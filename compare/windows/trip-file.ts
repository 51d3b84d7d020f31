import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Refusal } from "../failure";
import { START_AT_MS } from "../workloads";
import type { TripSource } from "./generate";
import { instantOf, textOfInstant, TRIP_COLUMNS, type TripCells } from "./trip-content";

const HOUR_MS = 3_600_000;
/** What lies further from the first row's hour is a clock that was wrong, and would make the run a year long. */
const SPAN_MS = 24 * HOUR_MS;

/** The trips of a file, and what could not be used. */
export interface TripFile {
  readonly name: string;
  readonly trips: readonly TripSource[];
  /** `line 17: 7 columns instead of 19` */
  readonly badRows: readonly string[];
}

/**
 * Reads trips in the New York layout from a CSV file whose first line names the columns: those of `TRIP_COLUMNS`, in
 * any order, others ignored. Times are moved, all by the same whole number of hours, so that the first row's hour is
 * the run's first. Unclean rows are kept, for dropping them is the program's work; rows that cannot be put at any time
 * are bad.
 *
 * @throws Refusal if there is no such file, or if it is no such file
 */
export function readTripFile(file: string): TripFile {
  const [heading = "", ...lines] = textIn(file).split(/\r?\n/);
  const names = cellsIn(heading) ?? [];
  const missing = TRIP_COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new Refusal(
      `--trips-file ${file}: the first line must name the columns; it lacks ${missing.join(", ")}.`,
    );
  }
  const trips: TripSource[] = [];
  const badRows: string[] = [];
  let hourMs: number | undefined;
  let lastMs: number | undefined;
  for (const [at, line] of lines.entries()) {
    if (line === "") continue;
    const bad = (problem: string): unknown => badRows.push(`line ${at + 2}: ${problem}`);
    const values = cellsIn(line);
    if (values === undefined) bad("a quotation mark without its end");
    else if (values.length !== names.length) {
      bad(`${values.length} columns instead of ${names.length}`);
    } else {
      const cells = rowOf(names, values);
      const saysMs = instantOf(cells.tpep_pickup_datetime);
      const pickupMs = Number.isNaN(saysMs) ? lastMs : saysMs;
      if (pickupMs === undefined) {
        bad("no time of pickup, and none before it");
        continue;
      }
      hourMs ??= Math.floor(pickupMs / HOUR_MS) * HOUR_MS;
      if (pickupMs < hourMs || pickupMs >= hourMs + SPAN_MS) {
        bad(`picked up at ${cells.tpep_pickup_datetime}, not within a day of the first row`);
        continue;
      }
      lastMs = pickupMs;
      trips.push(moved(cells, pickupMs, START_AT_MS - hourMs, Number.isNaN(saysMs)));
    }
  }
  if (trips.length === 0) throw new Refusal(`--trips-file ${file}: holds no row that can be used.`);
  return { name: basename(file), trips, badRows };
}

function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    throw new Refusal(`--trips-file ${file}: cannot be read: ${why}.`, { cause });
  }
}

/** The cells of a line; undefined if a quoted one does not end. */
function cellsIn(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(",");
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const found = cell.exec(line);
    if (found === null) return undefined;
    const [, quoted, plain, end] = found;
    cells.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === "") return cells;
  }
}

function rowOf(names: readonly string[], values: readonly string[]): TripCells {
  const cells = TRIP_COLUMNS.map((column) => [column, values[names.indexOf(column)]!]);
  return Object.fromEntries(cells) as TripCells;
}

function moved(cells: TripCells, pickupMs: number, byMs: number, isUnsaid: boolean): TripSource {
  const later = (text: string): string => {
    const ms = instantOf(text);
    return Number.isNaN(ms) ? text : textOfInstant(ms + byMs);
  };
  const times = {
    tpep_pickup_datetime: isUnsaid ? cells.tpep_pickup_datetime : later(cells.tpep_pickup_datetime),
    tpep_dropoff_datetime: later(cells.tpep_dropoff_datetime),
  };
  return { cells: { ...cells, ...times }, pickupMs: pickupMs + byMs, isCutOff: false };
}
