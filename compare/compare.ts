import { synthesize, type Synthesis } from "../simulator";
import { failureOf, type Failure } from "./failure";
import { planTasks, type Job, type Plan, type Task } from "./jobs";
import type { Pool } from "./pool";
import type { ComparisonJson, RunJson, RunResult } from "./result";
import { verdictOf } from "./verdict";
import type { TaskOutcome } from "./worker";

/** A row: what was asked for, and what came of it. */
export interface Row extends RunJson {
  /** From the first put until no stage had anything left to try, in virtual seconds. */
  readonly finishedSeconds: number;
  /** The assumptions that one of its runs depended on. @default not known */
  readonly assumed?: readonly string[];
}

export interface FailedJob {
  readonly job: Job;
  readonly failure: Failure;
}

export interface Comparison {
  readonly rows: readonly Row[];
  readonly failed: readonly FailedJob[];
  /** Values of the assumptions that some run depended on. */
  readonly assumptions: Readonly<Record<string, string | number>>;
}

/** Told of every task that has ended, with how many of the stack's are left. */
export type OnProgress = (stack: string, left: number) => void;

/** A stack that cannot be deployed: what is wrong there is wrong for every seed. */
export class DeploymentFailed extends Error {
  override readonly name = "DeploymentFailed";
  readonly stackTrace?: string;

  constructor({ stack }: Task, { message, stackTrace }: Failure) {
    super(`The stack ${stack} cannot be deployed: ${message}`);
    this.stackTrace = stackTrace;
  }
}

/**
 * Does all runs of all jobs, side by side. Runs that fail are listed; the others go on.
 *
 * @throws DeploymentFailed as soon as one stack cannot be deployed
 */
export async function compare(
  jobs: readonly Job[],
  plan: Plan,
  pool: Pool,
  workers: number,
  onProgress: OnProgress = () => undefined,
  prepare: Prepare = preparation(),
): Promise<Comparison> {
  const tasks = planTasks(jobs, plan, workers);
  const left = new Map<string, number>();
  for (const { stack } of tasks) left.set(stack, (left.get(stack) ?? 0) + 1);
  const done = await Promise.all(
    tasks.map(async (task) => {
      const synthesis = await prepare(task);
      const outcome = await pool.run({ ...task, synthesis });
      left.set(task.stack, left.get(task.stack)! - 1);
      onProgress(task.stack, left.get(task.stack)!);
      return outcome;
    }),
  );
  const outcomes = jobs.map((_, job) => done.filter((_, at) => tasks[at]!.job === job));
  return gather(jobs, outcomes);
}

/** Runs a task's program, or answers what it came to before. */
export type Prepare = (task: Task) => Promise<Synthesis>;

/** Runs the program of each stack once; the next stack is prepared while workers run the ones before. */
export function preparation(): Prepare {
  const known = new Map<string, Promise<Synthesis>>();
  return ({ config, projectFolder, stack, ...task }) => {
    const key = JSON.stringify([stack, config]);
    const synthesis =
      known.get(key) ??
      synthesize(projectFolder, { stack, config }).then(
        (deployment) => deployment.synthesis,
        (cause: unknown) => {
          throw new DeploymentFailed(
            { config, projectFolder, stack, ...task },
            failureOf("deploy", cause),
          );
        },
      );
    known.set(key, synthesis);
    return synthesis;
  };
}

function gather(jobs: readonly Job[], outcomes: readonly (readonly TaskOutcome[])[]): Comparison {
  const rows: Row[] = [];
  const failed: FailedJob[] = [];
  const assumptions: Record<string, string | number> = {};
  jobs.forEach((job, at) => {
    const failure = outcomes[at]!.find((outcome) => outcome.failure !== undefined)?.failure;
    if (failure !== undefined) {
      failed.push({ job, failure });
      return;
    }
    const results = outcomes[at]!.flatMap((outcome) => outcome.results);
    for (const result of results) Object.assign(assumptions, result.assumptions);
    rows.push(rowOf(job, results as [RunResult, ...RunResult[]]));
  });
  return { rows, failed, assumptions };
}

/** The main run comes first, the small ones after it. */
function rowOf(job: Job, [main, ...others]: readonly [RunResult, ...RunResult[]]): Row {
  const assumed = new Set([main, ...others].flatMap((run) => Object.keys(run.assumptions)));
  const small = {
    runs: others.length,
    exact: others.filter(({ exact }) => exact).length,
    consistent: others.filter(({ consistent }) => consistent).length,
  };
  // Named one by one: this is also the order in which the JSON has them.
  const judged = {
    stack: job.stack,
    workload: main.workload,
    seed: main.seed,
    settings: { ...job.knobs },
    exact: main.exact,
    consistent: main.consistent,
    score: main.score,
    small,
    records: main.records,
    seconds: main.seconds,
    latencySeconds: main.latencySeconds,
    maxIteratorAgeSeconds: main.maxIteratorAgeSeconds,
    invocations: main.invocations,
    costUsd: main.costUsd,
    trace: main.trace,
    ...(main.orders && { orders: main.orders }),
    ...(main.trips && { trips: main.trips }),
    ...(main.errors && { errors: main.errors }),
  };
  return {
    ...judged,
    verdict: verdictOf(judged),
    finishedSeconds: main.finishedSeconds,
    assumed: [...assumed].sort(),
  };
}

/** What `--json` writes. */
export function jsonOf({ assumptions, rows }: Comparison, seed: number): ComparisonJson {
  const names = Object.keys(assumptions).sort();
  return {
    formatVersion: 1,
    seed,
    node: process.version,
    assumptions: Object.fromEntries(names.map((name) => [name, assumptions[name]!])),
    runs: rows.map(({ assumed: _assumed, finishedSeconds: _, ...run }) => run),
  };
}
