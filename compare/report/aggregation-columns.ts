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

/** In the order in which one asks: is it right, what went wrong, how long, how much, how surely. */
export const AGGREGATION_COLUMNS: readonly Column[] = [
  STACK,
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
  DEAD_LETTERED,
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
  INVOCATIONS,
  COST,
  smallRuns("ex./consist."),
];
