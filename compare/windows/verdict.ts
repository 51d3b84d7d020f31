import type { Judged, Rule } from "../verdict-rule";
import { inWords } from "../words";
import type { TripBlock } from "./result";

const trips = (run: Judged): TripBlock => run.trips!;
/** Rows lost that are no unclean ones. */
const lost = (run: Judged): number => run.records.lost - trips(run).unclean.lost;

/** The first rule that applies gives the sentence. docs/verdicts.md lists them in this order. */
export const TRIP_RULES: readonly Rule[] = [
  {
    name: "counts trips twice and loses some",
    applies: (run) => run.records.duplicated > 0 && lost(run) > 0,
    says: (run) => `Wrong sums: ${are(twice(run))} counted twice, and ${whatIsLost(run)}.`,
  },
  {
    name: "counts trips twice",
    applies: ({ records }) => records.duplicated > 0,
    says: (run) => `Wrong sums: ${are(twice(run))} counted twice.`,
  },
  {
    name: "loses trips",
    applies: (run) => lost(run) > 0,
    says: (run) => `Loses trips: ${whatIsLost(run)}.`,
  },
  {
    name: "stuck trips",
    applies: ({ records }) => records.pending > 0,
    says: (run) =>
      `Stuck: ${are(run.records.pending)} still waiting after ${inWords(run.seconds.virtual)}.`,
  },
  {
    name: "gives up trips",
    applies: ({ records }) => records.deadLettered.good > 0,
    says: ({ records }) =>
      `Gives up trips: ${are(records.deadLettered.good)} in dead letters that could have been counted.`,
  },
  {
    name: "miscounts what it drops",
    applies: (run) => trips(run).unclean.counted !== trips(run).unclean.due,
    says: (run) =>
      `Every trip counts once, but ${trips(run).unclean.counted} of ${trips(run).unclean.due} ` +
      `unclean rows are counted as dropped.`,
  },
  {
    name: "other windows",
    applies: ({ exact }) => !exact,
    says: () => "Every trip counts once, but some in another window than promised.",
  },
  {
    name: "trips counted twice in small runs",
    applies: ({ small }) => small.consistent < small.runs,
    says: ({ small: { consistent, runs } }) =>
      `Right by luck: trips count twice in ${runs - consistent} of ${runs} small runs.`,
  },
  {
    name: "trips missing in small runs",
    applies: ({ small }) => small.exact < small.runs,
    says: ({ small: { exact, runs } }) =>
      `Exact this time: in ${runs - exact} of ${runs} small runs trips are given up or lost.`,
  },
  {
    name: "every trip once",
    applies: () => true,
    says: () => "Right: every trip counts exactly once, and everything unclean as dropped.",
  },
];

/** What no sentence must hide. */
export function tripAddendumOf(run: Judged): string | undefined {
  const { otherWindow } = trips(run);
  const parts = [
    run.records.alreadyApplied > 0
      ? `${rows(run.records.alreadyApplied)} in dead letters although counted`
      : "",
    otherWindow > 0 ? `${are(otherWindow)} in the window of arrival, not of pickup` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** Unclean rows that were dropped twice are no trips, but the sums are as wrong. */
const twice = (run: Judged): number => run.records.duplicated;

function whatIsLost(run: Judged): string {
  const { lostWithState, statesDropped } = trips(run);
  const all = `${are(lost(run))} gone without a dead letter`;
  if (lostWithState === 0) return all;
  const windows = statesDropped === 1 ? "1 window's sums" : `${statesDropped} windows' sums`;
  return `${all}, ${lostWithState.toLocaleString("en-US")} of the rows with ${windows}`;
}

function are(count: number): string {
  return count === 1 ? "1 trip is" : `${count.toLocaleString("en-US")} trips are`;
}

function rows(count: number): string {
  return count === 1 ? "1 row is" : `${count.toLocaleString("en-US")} rows are`;
}
