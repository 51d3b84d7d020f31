import type { Row } from "../compare";
import { inWords } from "../verdict";

/** A column of the comparison's table. */
export interface Column {
  /** One or two lines. */
  readonly heading: readonly [string, string];
  readonly align: "left" | "right";
  readonly text: (row: Row) => string;
  /** Whether the cell says that something is right or wrong; undefined: neither. */
  readonly good?: (row: Row) => boolean | undefined;
}

const none = (count: number): boolean | undefined => (count === 0 ? undefined : false);
const plain = (count: number): string => (count === 0 ? "-" : count.toLocaleString("en-US"));

/** In the order in which one asks: is it right, what went wrong, how long, how much, how surely. */
export const COLUMNS: readonly Column[] = [
  {
    heading: ["", "stack"],
    align: "left",
    text: ({ stack }) => stack,
  },
  {
    heading: ["", "exact"],
    align: "left",
    text: ({ exact }) => (exact ? "yes" : "NO"),
    good: ({ exact }) => exact,
  },
  {
    heading: ["consis-", "tent"],
    align: "left",
    text: ({ consistent }) => (consistent ? "yes" : "NO"),
    good: ({ consistent }) => consistent,
  },
  {
    heading: ["", "lost"],
    align: "right",
    text: ({ records }) => plain(records.lost),
    good: ({ records }) => none(records.lost),
  },
  {
    heading: ["dupli-", "cated"],
    align: "right",
    text: ({ records }) => plain(records.duplicated),
    good: ({ records }) => none(records.duplicated),
  },
  {
    heading: ["dead letters", "good / bad"],
    align: "right",
    text: ({ records: { deadLettered } }) =>
      deadLettered.good + deadLettered.bad === 0
        ? "-"
        : `${plain(deadLettered.good)} / ${plain(deadLettered.bad)}`,
    good: ({ records }) => none(records.deadLettered.good),
  },
  {
    heading: ["pen-", "ding"],
    align: "right",
    text: ({ records }) => plain(records.pending),
    good: ({ records }) => none(records.pending),
  },
  {
    heading: ["", "finished"],
    align: "right",
    text: ({ finishedSeconds }) => inWords(finishedSeconds),
  },
  {
    heading: ["iterator", "age"],
    align: "right",
    text: ({ maxIteratorAgeSeconds }) => inWords(maxIteratorAgeSeconds),
  },
  {
    heading: ["invocations", "(failed)"],
    align: "right",
    text: ({ invocations: { ok, error, killed, throttled, timeout } }) => {
      const failed = error + killed + throttled + timeout;
      return `${(ok + failed).toLocaleString("en-US")} (${failed.toLocaleString("en-US")})`;
    },
  },
  {
    heading: ["$ per", "million"],
    align: "right",
    text: ({ costUsd }) => costUsd.perMillionRecords.toFixed(2),
  },
  {
    heading: ["small runs", "ex./consist."],
    align: "right",
    text: ({ small }) =>
      small.runs === 0 ? "-" : `${small.exact}/${small.consistent} of ${small.runs}`,
    good: ({ small }) => none(2 * small.runs - small.exact - small.consistent),
  },
];
