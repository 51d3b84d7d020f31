import { Deployment, type Synthesis } from "../simulator";
import { prepareRun } from "../compare/systems";
import { DEFAULT_SETTINGS, START_AT, type WorkloadName } from "../compare/workloads";

/** One run to be measured. */
export interface Subject {
  readonly synthesis: Synthesis;
  readonly workload: WorkloadName;
  /** Records put on the stream, orders that clients want to place, trips, or rows of the error lab. */
  readonly count: number;
}

/** What a run took. */
export interface Sample {
  /** Of all threads of the process: V8 compiles and collects in others. */
  readonly cpuMs: number;
  readonly virtualSeconds: number;
  readonly sdkCalls: number;
  readonly events: number;
}

/** Does one run, in the thread that it is called in. */
export default async function measure(subject: Subject): Promise<Sample> {
  // As for runs of the comparison: where handlers throw is of interest to nobody.
  Error.stackTraceLimit = 0;
  const { count, synthesis, workload } = subject;
  const deployment = new Deployment(synthesis);
  const settings = {
    ...DEFAULT_SETTINGS,
    messages: count,
    orders: count,
    trips: count,
    things: count,
  };
  const { faults, run } = prepareRun(workload, 1, settings, deployment.outputs);
  const before = process.cpuUsage();
  const account = await deployment.start({ seed: 1, faults, startAt: START_AT });
  const { virtualSeconds } = await run(account);
  const { system, user } = process.cpuUsage(before);
  const { entries } = account.trace;
  const sdkCalls = entries.filter(({ label }) => label.endsWith(" answered")).length;
  return { cpuMs: (user + system) / 1000, virtualSeconds, sdkCalls, events: entries.length };
}
