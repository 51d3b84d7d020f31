import { performance } from "node:perf_hooks";
import { synthesize, type Deployment } from "../simulator";
import type { Failure } from "./failure";
import type { RunRequest, Task } from "./jobs";
import type { RunResult } from "./result";
import { runWorkload } from "./run";
import { createWorkload } from "./workloads/create";
import { START_AT } from "./workloads/workload";

/** What a task comes to. Failures are values: an error would lose its kind between threads. */
export interface TaskOutcome {
  /** Of the runs that were done, in their order. */
  readonly results: readonly RunResult[];
  /** Ends the task: the runs after it were not done. */
  readonly failure?: Failure;
}

/** Deployments that this thread has prepared, newest last. Each is some ten megabytes. */
const prepared = new Map<string, Promise<Deployment>>();
const PREPARED_MAX = 3;

/** Does the runs of one task, one after the other. */
export default async function runTask(task: Task): Promise<TaskOutcome> {
  let deployment: Deployment;
  try {
    deployment = await prepare(task);
  } catch (cause) {
    return { results: [], failure: failureOf("deploy", cause) };
  }
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

function prepare({ config, projectFolder, stack }: Task): Promise<Deployment> {
  const key = JSON.stringify([projectFolder, stack, config]);
  const held = prepared.get(key);
  if (held !== undefined) return held;
  const [oldest] = prepared.keys();
  if (prepared.size >= PREPARED_MAX && oldest !== undefined) prepared.delete(oldest);
  const deployment = synthesize(projectFolder, { stack, config });
  prepared.set(key, deployment);
  return deployment;
}

async function runOnce(
  deployment: Deployment,
  task: Task,
  { messages, seed }: RunRequest,
): Promise<RunResult> {
  const startedAt = performance.now();
  const workload = createWorkload(task.workload, seed, { ...task.settings, messages });
  const account = await deployment.start({
    seed,
    faults: workload.faults,
    assumptions: task.assumptions,
    startAt: START_AT,
  });
  const { virtualSeconds, ...result } = await runWorkload(account, workload, seed);
  const wall = Math.round(performance.now() - startedAt) / 1000;
  return { ...result, seconds: { virtual: virtualSeconds, wall } };
}

function failureOf(phase: Failure["phase"], cause: unknown): Failure {
  if (!(cause instanceof Error)) return { phase, message: String(cause) };
  return { phase, message: cause.message, stackTrace: cause.stack };
}
