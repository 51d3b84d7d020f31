import { compare, preparation, type Comparison, type OnProgress } from "../../compare";
import type { Job, Plan } from "../../jobs";
import type { Pool } from "../../pool";
import { effectOf, type Effect, type Pair } from "./changes";
import { alternativesOf, rowsByJob, variantJobs } from "./variants";

/** A comparison, and what every alternative of every assumption that it met makes of it. */
export interface Sensitivity {
  readonly base: Comparison;
  readonly effects: readonly Effect[];
}

/** Told when a phase begins, with the stacks of its jobs; answers who is told of its progress. */
export type OnPhase = (stacks: readonly string[]) => Promise<OnProgress>;

/** Compares, then compares again under one alternative after the other, side by side in the pool. */
export async function examineSensitivity(
  jobs: readonly Job[],
  plan: Plan,
  pool: Pool,
  workers: number,
  onPhase: OnPhase,
): Promise<Sensitivity> {
  // Both phases deploy the same programs.
  const prepare = preparation();
  const run = async (some: readonly Job[]): Promise<Comparison> => {
    const onProgress = await onPhase([...new Set(some.map(({ stack }) => stack))]);
    return compare(some, plan, pool, workers, onProgress, prepare);
  };
  const base = await run(jobs);
  const rows = rowsByJob(jobs, base);
  const alternatives = alternativesOf(base.assumptions);
  const variants = variantJobs(jobs, rows, alternatives);
  const again = await run(variants.map(({ job }) => job));
  const rowsAgain = rowsByJob(
    variants.map(({ job }) => job),
    again,
  );
  const effects = alternatives.map((alternative) => {
    const pairs = rows.flatMap((before, position): Pair[] => {
      if (before === undefined) return [];
      const at = variants.findIndex(
        (variant) => variant.alternative === alternative && variant.base === position,
      );
      if (at < 0) return [{ before }];
      const failed = again.failed.find(({ job }) => job === variants[at]!.job);
      return [{ before, after: rowsAgain[at], failure: failed?.failure }];
    });
    return effectOf(alternative, pairs);
  });
  return { base, effects };
}
