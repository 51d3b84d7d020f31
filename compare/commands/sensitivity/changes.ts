import type { Row } from "../../compare";
import type { Failure } from "../../failure";
import { verdictRuleOf } from "../../verdict";
import type { Alternative } from "./variants";

/** A stack whose verdict is another: by another rule, not only with other numbers. */
export interface VerdictChange {
  readonly stack: string;
  readonly workload: string;
  readonly settings: Row["settings"];
  readonly before: string;
  readonly after: string;
}

/** A workload under which the stacks stand in another order, best first. */
export interface OrderChange {
  readonly workload: string;
  readonly settings: Row["settings"];
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Whether the stacks only differ in how fast they are. */
  readonly byLatencyAlone: boolean;
}

/** What an alternative makes of the comparison. */
export interface Effect extends Alternative {
  /** Runs done again under it. */
  readonly runs: number;
  readonly verdicts: readonly VerdictChange[];
  readonly orders: readonly OrderChange[];
  readonly failed: readonly {
    readonly stack: string;
    readonly workload: string;
    readonly message: string;
  }[];
}

/** A row before and after; without an after, its run did not meet the assumption. */
export interface Pair {
  readonly before: Row;
  readonly after?: Row;
  readonly failure?: Failure;
}

/** What changes under an alternative. Pure. */
export function effectOf(alternative: Alternative, pairs: readonly Pair[]): Effect {
  const again = pairs.filter(({ after, failure }) => after !== undefined || failure !== undefined);
  return {
    ...alternative,
    runs: again.length,
    verdicts: pairs.flatMap(verdictChange),
    orders: groupsOf(pairs).flatMap(orderChange),
    failed: again.flatMap(({ before: { stack, workload }, failure }) =>
      failure === undefined ? [] : [{ stack, workload, message: failure.message }],
    ),
  };
}

function verdictChange({ after, before }: Pair): VerdictChange[] {
  if (after === undefined || verdictRuleOf(before) === verdictRuleOf(after)) return [];
  const { settings, stack, workload } = before;
  return [{ stack, workload, settings, before: before.verdict, after: after.verdict }];
}

/** Stacks are compared under one workload with one setting. */
function groupsOf(pairs: readonly Pair[]): Pair[][] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const key = JSON.stringify([pair.before.workload, pair.before.settings]);
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  return [...groups.values()];
}

function orderChange(pairs: readonly Pair[]): OrderChange[] {
  const before = pairs.map((pair) => pair.before);
  const after = pairs.map((pair) => pair.after ?? pair.before);
  const { settings, workload } = before[0]!;
  for (const measures of [OUTCOME, [...OUTCOME, ...SPEED]]) {
    const [was, is] = [ranked(before, measures), ranked(after, measures)];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    const byLatencyAlone = measures !== OUTCOME;
    return [{ workload, settings, before: was, after: is, byLatencyAlone }];
  }
  return [];
}

type Measure = (row: Row) => number;

/** What is asked of a strategy, the most important first: less is better. */
const OUTCOME: readonly Measure[] = [
  ({ exact }) => Number(!exact),
  ({ consistent }) => Number(!consistent),
  ({ records }) => records.lost,
  ({ records }) => records.duplicated,
  ({ records }) => records.deadLettered.good,
];

const SPEED: readonly Measure[] = [({ latencySeconds }) => latencySeconds.p99 ?? Infinity];

/** The stacks, best first; equals stay as they were given, and stand together. */
function ranked(rows: readonly Row[], measures: readonly Measure[]): string[] {
  const compared = (a: Row, b: Row): number => {
    for (const measure of measures) {
      const [left, right] = [measure(a), measure(b)];
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  };
  const places: Row[][] = [];
  for (const row of [...rows].sort(compared)) {
    const last = places.at(-1);
    if (last !== undefined && compared(last[0]!, row) === 0) last.push(row);
    else places.push([row]);
  }
  return places.map((equals) => equals.map(({ stack }) => stack).join(" = "));
}
