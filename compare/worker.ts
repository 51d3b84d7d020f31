import { performance } from "node:perf_hooks";
import { Deployment } from "../simulator";
import { failureOf, type Failure } from "./failure";
import type { PreparedTask, RunRequest, Task } from "./jobs";
import type { RunResult } from "./result";
import { prepareRun } from "./systems";
import { START_AT } from "./workloads";

/** What a task comes to. Failures are values: an error would lose its kind between threads. */
export interface TaskOutcome {
  /** Of the runs that were done, in their order. */
  readonly results: readonly RunResult[];
  /** Ends the task: the runs after it were not done. */
  readonly failure?: Failure;
}

/** Does the runs of one task, one after the other. */
export default async function runTask(task: PreparedTask): Promise<TaskOutcome> {
  // Handlers throw by the ten thousand in a blocked shard; where exactly is of interest to nobody.
  Error.stackTraceLimit = 0;
  const deployment = new Deployment(task.synthesis);
  const results: RunResult[] = [];
  for (const request of task.runs) {
    try {
      results.push(await runOnce(deployment, task, request));
    } catch (cause) {
      return { results, failure: { ...failureOf("run", cause), ...request } };
    }
  }
  return { results };
}

async function runOnce(
  deployment: Deployment,
  task: Task,
  request: RunRequest,
): Promise<RunResult> {
  const startedAt = performance.now();
  const { seed } = request;
  const { faults, run } = prepareRun(
    task.workload,
    seed,
    { ...task.settings, ...request },
    deployment.outputs,
  );
  const { assumptions } = task;
  const account = await deployment.start({ seed, faults, assumptions, startAt: START_AT });
  const { virtualSeconds, ...result } = await run(account);
  const wall = Math.round(performance.now() - startedAt) / 1000;
  return { ...result, seconds: { virtual: virtualSeconds, wall } };
}
