import type { Row } from "../compare";
import type { TripBlock } from "../windows/result";
import { inWords } from "../words";
import {
  COST,
  DEAD_LETTERED,
  INVOCATIONS,
  none,
  plain,
  smallRuns,
  STACK,
  type Column,
} from "./column";

const shown = (seconds: number | null): string => (seconds === null ? "-" : inWords(seconds));
const of = (part: number, all: number): string =>
  `${part.toLocaleString("en-US")} of ${all.toLocaleString("en-US")}`;
const trips = (row: Row): TripBlock => row.trips!;

/** In the order in which one asks: is it right, what went wrong, how long, how much, how surely. */
export const TRIP_COLUMNS: readonly Column[] = [
  STACK,
  {
    heading: ["right", "rows"],
    align: "right",
    text: (row) => of(trips(row).rows.exact, trips(row).rows.all),
    good: ({ exact }) => exact,
  },
  {
    heading: ["trips", "counted"],
    align: "right",
    text: (row) => plain(trips(row).counted),
  },
  {
    heading: ["", "lost"],
    align: "right",
    text: ({ records }) => plain(records.lost),
    good: ({ records }) => none(records.lost),
  },
  {
    heading: ["", "twice"],
    align: "right",
    text: ({ records }) => plain(records.duplicated),
    good: ({ records }) => none(records.duplicated),
  },
  {
    heading: ["unclean", "counted"],
    align: "right",
    text: (row) => of(trips(row).unclean.counted, trips(row).unclean.due),
    good: (row) => (trips(row).unclean.counted === trips(row).unclean.due ? undefined : false),
  },
  {
    heading: ["other", "window"],
    align: "right",
    text: (row) => plain(trips(row).otherWindow),
  },
  DEAD_LETTERED,
  {
    heading: ["takes", "p50 / p99"],
    align: "right",
    text: ({ latencySeconds: { p50, p99 } }) => `${shown(p50)} / ${shown(p99)}`,
  },
  INVOCATIONS,
  COST,
  smallRuns("ex./cons."),
];

/** How many bad rows are listed one by one. */
const LISTED_MAX = 10;

/** Rows of a file that were left out; empty if there were none. */
export function badRowLines({ trips: block }: Row): string[] {
  const { badRows, name } = block?.file ?? { badRows: [], name: "" };
  if (badRows.length === 0) return [];
  const more = badRows.length - LISTED_MAX;
  return [
    `${badRows.length === 1 ? "1 row" : `${badRows.length} rows`} of ${name} left out:`,
    ...badRows.slice(0, LISTED_MAX).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
