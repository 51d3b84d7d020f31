import type { Synthesis } from "../simulator";
import { combinations, type Crossing, type Knobs } from "./knobs";
import { configWith, holds, SYSTEMS_KEY, type Stack } from "./stacks";
import { SYSTEM_OF, type WorkloadName, type WorkloadSettings } from "./workloads";

/** One row of the comparison: a stack, with knobs changed, under a workload. */
export interface Job {
  readonly stack: string;
  readonly knobs: Knobs;
  /** Config entries over those of the stack file. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly workload: WorkloadName;
  /** Assumptions over those of the plan. @default none */
  readonly assumptions?: Readonly<Record<string, string | number>>;
}

/** One run of a job. */
export interface RunRequest {
  readonly seed: number;
  readonly messages: number;
  readonly orders: number;
  readonly trips: number;
  readonly things: number;
  readonly poisonRecords: number;
}

/** What a worker does at a time: some runs of one job. Plain data. */
export interface Task {
  /** The job's position. */
  readonly job: number;
  readonly projectFolder: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly workload: WorkloadName;
  readonly settings: WorkloadSettings;
  readonly assumptions: Readonly<Record<string, string | number>>;
  readonly runs: readonly RunRequest[];
}

/** A task with what its stack's program registered: Pulumi runs in the main thread only. */
export interface PreparedTask extends Task {
  readonly synthesis: Synthesis;
}

/** Messages of a small run. */
export const SMALL_MESSAGES = 400;
/** Order intents of a small run. */
export const SMALL_ORDERS = 100;
/** Trips of a small run. */
export const SMALL_TRIPS = 400;
/** Rows of a small run of the error lab. */
export const SMALL_THINGS = 60;

/** What the burst is crossed with if nothing is said: the design that is right, and the workshop's. */
const DEFAULT_BURST_CROSSINGS: readonly Crossing[] = [
  { path: "idempotency", values: ["ledger", "batch-hash"] },
];

/** Every workload, with every combination of knobs, on every stack that holds its system. */
export function planJobs(
  stacks: readonly Stack[],
  workloads: readonly WorkloadName[],
  crossings: readonly Crossing[],
): Job[] {
  return workloads.flatMap((workload) => {
    const holding = stacks.filter((stack) => holds(stack, SYSTEM_OF[workload]));
    const asked = crossings.filter((crossing) => concerns(crossing, workload));
    const crossed = asked.length > 0 || workload !== "burst" ? asked : DEFAULT_BURST_CROSSINGS;
    // A run's cost and trace are its own: what else the stack deploys stays out of it.
    const alone = { [SYSTEMS_KEY]: [SYSTEM_OF[workload]] };
    return combinations(crossed).flatMap((knobs) =>
      holding.map((stack) => ({
        stack: stack.name,
        knobs,
        config: { ...configWith(stack, knobs), ...alone },
        workload,
      })),
    );
  });
}

/** Knobs of every system that has a stream of its own. */
const SHARED = ["streamMode", "retentionPeriodHours", "protectData", "logRetentionDays"];

/** Knobs of one system make no difference to the others. */
function concerns({ path }: Crossing, workload: WorkloadName): boolean {
  const system = SYSTEM_OF[workload];
  const [group] = path.split(".");
  if (group === "orders" || group === "windows" || group === "errorlab") return group === system;
  return system === "aggregation" || (system !== "orders" && SHARED.includes(path));
}

/** What all jobs have in common. */
export interface Plan {
  readonly projectFolder: string;
  readonly seed: number;
  /** Small runs of each job; their seeds are `seed`, `seed + 1`, … */
  readonly smallRuns: number;
  readonly settings: WorkloadSettings;
  readonly assumptions: Readonly<Record<string, string | number>>;
}

/**
 * Cuts jobs into tasks. Where there are many jobs, each is one task, for a deployment that is prepared once
 * serves all its runs; where there are few, the small runs go to other workers.
 */
export function planTasks(jobs: readonly Job[], plan: Plan, workers: number): Task[] {
  const { assumptions, projectFolder, seed, settings, smallRuns } = plan;
  const main = requestOf(seed, settings);
  const messages = Math.min(SMALL_MESSAGES, settings.messages);
  const orders = Math.min(SMALL_ORDERS, settings.orders);
  const trips = Math.min(SMALL_TRIPS, settings.trips);
  const things = Math.min(SMALL_THINGS, settings.things);
  // One is enough to block a shard, and three would block most of what 400 records are about.
  const poisonRecords = Math.min(1, settings.poisonRecords);
  const small = Array.from({ length: smallRuns }, (_, at): RunRequest => ({
    seed: seed + at,
    messages,
    orders,
    trips,
    things,
    poisonRecords,
  }));
  const whole = jobs.length >= 2 * workers;
  const tasks = jobs.flatMap(({ assumptions: own, config, stack, workload }, job) => {
    const groups = whole ? [[main, ...small]] : [[main], ...split(small, workers)];
    return groups.map((runs) => ({
      job,
      projectFolder,
      stack,
      config,
      workload,
      settings,
      assumptions: { ...assumptions, ...own },
      runs,
    }));
  });
  // Shards that are blocked for a day take longest: begun last, they would keep one worker alone.
  return tasks.sort((a, b) => Number(b.workload === "poison") - Number(a.workload === "poison"));
}

function requestOf(seed: number, settings: WorkloadSettings): RunRequest {
  const { messages, orders, poisonRecords, things, trips } = settings;
  return { seed, messages, orders, trips, things, poisonRecords };
}

function split<T>(items: readonly T[], parts: number): T[][] {
  const size = Math.ceil(items.length / parts);
  const groups: T[][] = [];
  for (let start = 0; start < items.length; start += size) {
    groups.push(items.slice(start, start + size));
  }
  return groups;
}
