import { ASSUMPTIONS } from "../../../simulator";
import type { Comparison, Row } from "../../compare";
import type { Job } from "../../jobs";

type Values = Readonly<Record<string, string | number>>;

/** One assumption with another value than the comparison had. */
export interface Alternative {
  readonly assumption: string;
  readonly inForce: string | number;
  readonly value: string | number;
}

/** A job under an alternative, and the job that it is to be compared with. */
export interface VariantJob {
  readonly job: Job;
  readonly alternative: Alternative;
  /** The job's position in the comparison. */
  readonly base: number;
}

/** The rows of a comparison by the position of their job; none for a job that failed. */
export function rowsByJob(jobs: readonly Job[], { failed, rows }: Comparison): (Row | undefined)[] {
  const failedJobs = new Set(failed.map(({ job }) => job));
  let next = 0;
  return jobs.map((job) => (failedJobs.has(job) ? undefined : rows[next++]));
}

/** Every alternative of every assumption that some run met, in the order of their table. */
export function alternativesOf(met: Values): Alternative[] {
  return Object.entries(ASSUMPTIONS).flatMap(([assumption, { values }]) => {
    const inForce = met[assumption];
    if (inForce === undefined) return [];
    const all: readonly (string | number)[] = values;
    return all
      .filter((value) => value !== inForce)
      .map((value) => ({ assumption, inForce, value }));
  });
}

/** Each job again, under every alternative of what its own runs met: elsewhere nothing could change. */
export function variantJobs(
  jobs: readonly Job[],
  rows: readonly (Row | undefined)[],
  alternatives: readonly Alternative[],
): VariantJob[] {
  return alternatives.flatMap((alternative) =>
    jobs.flatMap((job, base) => {
      if (!rows[base]?.assumed?.includes(alternative.assumption)) return [];
      const assumptions = { ...job.assumptions, [alternative.assumption]: alternative.value };
      return [{ job: { ...job, assumptions }, alternative, base }];
    }),
  );
}
