import type { Row } from "../compare";
import type { ErrorBlock } from "../errors/result";
import { COST, INVOCATIONS, none, plain, smallRuns, STACK, type Column } from "./column";

const errors = (row: Row): ErrorBlock => row.errors!;
const ended = (name: keyof ErrorBlock["ended"], first: string, second: string): Column => ({
  heading: [first, second],
  align: "right",
  text: (row) => plain(errors(row).ended[name]),
});
/** Where no row should end. */
const wrongly = (name: keyof ErrorBlock["ended"], first: string, second: string): Column => ({
  ...ended(name, first, second),
  good: (row) => none(errors(row).ended[name]),
});

/** Where the rows ended, what duplicates did, how long invocations take, how much, how surely. */
export const ERROR_COLUMNS: readonly Column[] = [
  STACK,
  ended("done", "", "done"),
  ended("dlq", "", "DLQ"),
  ended("timeout", "TIME-", "OUT"),
  ended("infra", "", "INFRA"),
  wrongly("givenUp", "given", "up"),
  wrongly("lost", "", "lost"),
  wrongly("pending", "pen-", "ding"),
  {
    heading: ["re-", "peated"],
    align: "right",
    text: (row) => plain(errors(row).duplicates.repeated),
    good: (row) => none(errors(row).duplicates.repeated),
  },
  {
    heading: ["copies", "twice"],
    align: "right",
    text: (row) => plain(errors(row).duplicates.copied),
    good: (row) => none(errors(row).duplicates.copied),
  },
  {
    heading: ["most", "effects"],
    align: "right",
    text: (row) => plain(errors(row).duplicates.mostEffects),
  },
  {
    heading: ["takes", "p50 / p99"],
    align: "right",
    text: (row) => {
      const { p50, p99 } = errors(row).durationMs;
      return `${shown(p50)} / ${shown(p99)} ms`;
    },
  },
  INVOCATIONS,
  COST,
  smallRuns("ex./cons."),
];

const BAR_WIDTH = 40;

/** What duplicates did, and how long invocations take: figures and a histogram. */
export function errorLines(row: Row): string[] {
  const { deliveries, duplicates, durationMs } = errors(row);
  const { histogram, max, p50, p90, p99 } = durationMs;
  const most = Math.max(1, ...histogram.map(({ count }) => count));
  const used = histogram.findLastIndex(({ count }) => count > 0) + 1;
  const labels = histogram.map(({ upToMs }, at) =>
    upToMs === null ? `> ${histogram[at - 1]!.upToMs} ms` : `<= ${upToMs} ms`,
  );
  const width = Math.max(...labels.map(({ length }) => length));
  return [
    `${row.stack}: effects beyond one of each row: ${duplicates.extraEffects}; rows done and in a ` +
      `queue: ${duplicates.doneAndQueued}`,
    `  deliveries of a record: ${shown(deliveries.p50)} at the median, ${shown(deliveries.p90)} at ` +
      `p90, ${shown(deliveries.max)} at most`,
    `  duration of an invocation: ${shown(p50)} ms at the median, ${shown(p90)} at p90, ` +
      `${shown(p99)} at p99, ${shown(max)} at most`,
    ...histogram.slice(0, used).map(({ count }, at) => {
      const bar = "#".repeat(Math.ceil((count / most) * BAR_WIDTH));
      return `  ${labels[at]!.padStart(width)}  ${String(count).padStart(7)}  ${bar}`.trimEnd();
    }),
  ];
}

const shown = (value: number | null): string => (value === null ? "-" : String(value));
