import type { Deployment } from "../../../simulator";
import { createWorkload } from "../../aggregation/create";
import { driveWorkload } from "../../aggregation/run";
import { examine } from "../../aggregation/scoring";
import type { StreamWorkloadName } from "../../aggregation/workload";
import { createOrderWorkload } from "../../orders/create";
import { orderFaults } from "../../orders/faults";
import { driveOrders } from "../../orders/run";
import { examineOrders } from "../../orders/scoring";
import { START_AT, type WorkloadSettings } from "../../workloads";
import { findOrders } from "./find-orders";
import { findRecords } from "./find-records";
import type { Life } from "./life";
import { intentLife, poisonLife } from "./order-life";
import { recordLife } from "./record-life";

/** A run that is to be told about. */
export interface RunToExplain {
  readonly workload: StreamWorkloadName | "orders";
  readonly seed: number;
  readonly settings: WorkloadSettings;
  readonly assumptions: Readonly<Record<string, string | number>>;
}

/** The lives of the records that an id means, and when their run began. */
export interface Lives {
  readonly lives: readonly Life[];
  /** Virtual milliseconds since the epoch. */
  readonly startMs: number;
  /** The run's trace hash, before anything was read for this. */
  readonly trace: string;
}

/**
 * Does the very run that the comparison does, and tells the life of some of its records.
 *
 * @throws Refusal if the run has no such record
 */
export async function livesOf(
  deployment: Deployment,
  asked: RunToExplain,
  recordId: string,
): Promise<Lives> {
  const { assumptions, seed, settings, workload } = asked;
  if (workload === "orders") return livesOfOrders(deployment, asked, recordId);
  const created = createWorkload(workload, seed, settings);
  const { faults } = created;
  const account = await deployment.start({ seed, faults, assumptions, startAt: START_AT });
  const { run } = await driveWorkload(account, created);
  const trace = account.trace.hash;
  const found = await examine(run);
  const lives = findRecords(run, found, recordId).map((index) =>
    recordLife({ account, run, found }, index),
  );
  return { lives, startMs: run.startMs, trace };
}

async function livesOfOrders(
  deployment: Deployment,
  { assumptions, seed, settings }: RunToExplain,
  recordId: string,
): Promise<Lives> {
  const faults = orderFaults(settings, deployment.outputs);
  const account = await deployment.start({ seed, faults, assumptions, startAt: START_AT });
  const { run, startMs } = await driveOrders(account, createOrderWorkload(seed, settings), seed);
  const trace = account.trace.hash;
  const found = await examineOrders(run);
  const examined = { account, run, found };
  const lives = findOrders(run, found, recordId).map((each) =>
    "intent" in each ? intentLife(examined, each.intent) : poisonLife(examined, each.poison),
  );
  return { lives, startMs, trace };
}
