import type { Invocation } from "../account";
import { percentile } from "../measures";
import type { ErrorBlock } from "./result";

/** Upper ends of the histogram's steps, in milliseconds. */
const STEPS_MS = [20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** How long invocations took, from start to end; those that never began or never ended are left out. */
export function durationsOf(invocations: readonly Invocation[]): ErrorBlock["durationMs"] {
  const durations = invocations
    .flatMap(({ endedAt, outcome, startedAt }) =>
      endedAt === undefined || outcome === "throttled" ? [] : [endedAt - startedAt],
    )
    .sort((a, b) => a - b);
  const histogram = [...STEPS_MS, null].map((upToMs, at) => {
    const from = at === 0 ? -1 : STEPS_MS[at - 1]!;
    const isWithin = (ms: number): boolean => ms > from && ms <= (upToMs ?? Infinity);
    return { upToMs, count: durations.filter(isWithin).length };
  });
  return {
    p50: percentile(durations, 50),
    p90: percentile(durations, 90),
    p99: percentile(durations, 99),
    max: percentile(durations, 100),
    histogram,
  };
}
