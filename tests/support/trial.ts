import { join } from "node:path";
import { conservationCheck } from "../../compare/aggregation/oracles";
import type { RunResult } from "../../compare/result";
import { runWorkload } from "../../compare/aggregation/run";
import { topologyOf } from "../../compare/aggregation/topology";
import { createWorkload } from "../../compare/aggregation/create";
import { DEFAULT_SETTINGS, START_AT } from "../../compare/workloads";
import type { StreamWorkloadName, Workload } from "../../compare/aggregation/workload";
import type { Deployment, Fault, SimulatedAws } from "../../simulator";

/** The project whose stacks are tried. */
export const PROJECT = join(__dirname, "../..");

/** Config of a comparison of the aggregation: what else a stack holds is not deployed. */
export const AGGREGATION = { "redrive:systems": ["aggregation"] };

export interface Conditions {
  readonly workload: Workload;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Checks conservation after every event; with the ledger only. @default false */
  readonly conserving?: boolean;
}

export interface Trial {
  readonly account: SimulatedAws;
  readonly result: Omit<RunResult, "seconds">;
}

/** A workload without faults of its own: 120 records if nothing is said. */
export function smallWorkload(name: StreamWorkloadName, seed: number, messages = 120): Workload {
  const failPercent = { ...DEFAULT_SETTINGS.failPercent, state: 0, map: 0, reduce: 0 };
  const settings = { ...DEFAULT_SETTINGS, messages, failPercent };
  return createWorkload(name, seed, { ...settings, poisonRecords: 1, poisonAttempts: 0 });
}

/** One run, faults, repair and all. */
export async function trial(deployment: Deployment, conditions: Conditions): Promise<Trial> {
  const { conserving, faults, seed, workload } = conditions;
  const account = await deployment.start({ seed, faults, startAt: START_AT });
  if (conserving) account.onEventDone(conservationCheck(account, topologyOf(account.outputs)));
  return { account, result: await runWorkload(account, workload, seed) };
}

/** Ids that only one message is about: nothing else is blocked or superseded when its writes are refused. */
export function plainIdsOf({ records }: Workload): string[] {
  const counts = new Map<string, number>();
  for (const { message } of records) {
    if (message) counts.set(message.id, (counts.get(message.id) ?? 0) + 1);
  }
  return [...counts].flatMap(([id, count]) => (count === 1 ? [id] : []));
}
