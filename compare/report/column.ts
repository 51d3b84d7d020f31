import type { Row } from "../compare";

/** A column of the comparison's table. */
export interface Column {
  /** One or two lines. */
  readonly heading: readonly [string, string];
  readonly align: "left" | "right";
  readonly text: (row: Row) => string;
  /** Whether the cell says that something is right or wrong; undefined: neither. */
  readonly good?: (row: Row) => boolean | undefined;
}

/** Nothing is as it should be; anything else is not. */
export const none = (count: number): boolean | undefined => (count === 0 ? undefined : false);

export const plain = (count: number): string => (count === 0 ? "-" : count.toLocaleString("en-US"));

export const STACK: Column = {
  heading: ["", "stack"],
  align: "left",
  text: ({ stack }) => stack,
};

export const DEAD_LETTERED: Column = {
  heading: ["dead letters", "good / bad"],
  align: "right",
  text: ({ records: { deadLettered } }) =>
    deadLettered.good + deadLettered.bad === 0
      ? "-"
      : `${plain(deadLettered.good)} / ${plain(deadLettered.bad)}`,
  good: ({ records }) => none(records.deadLettered.good),
};

export const INVOCATIONS: Column = {
  heading: ["invocations", "(failed)"],
  align: "right",
  text: ({ invocations: { ok, error, killed, throttled, timeout } }) => {
    const failed = error + killed + throttled + timeout;
    return `${(ok + failed).toLocaleString("en-US")} (${failed.toLocaleString("en-US")})`;
  },
};

export const COST: Column = {
  heading: ["$ per", "million"],
  align: "right",
  text: ({ costUsd }) => costUsd.perMillionRecords.toFixed(2),
};

/** In how many of the small runs it was exact, and in how many consistent. */
export const smallRuns = (heading: string): Column => ({
  heading: ["small runs", heading],
  align: "right",
  text: ({ small }) =>
    small.runs === 0 ? "-" : `${small.exact}/${small.consistent} of ${small.runs}`,
  good: ({ small }) => none(2 * small.runs - small.exact - small.consistent),
});
