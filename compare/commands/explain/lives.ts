import type { Deployment } from "../../../simulator";
import { createWorkload } from "../../aggregation/create";
import { driveWorkload } from "../../aggregation/run";
import { examine } from "../../aggregation/scoring";
import { createThingWorkload } from "../../errors/create";
import { driveThings } from "../../errors/run";
import { examineThings } from "../../errors/scoring";
import { createOrderWorkload } from "../../orders/create";
import { orderFaults } from "../../orders/faults";
import { driveOrders } from "../../orders/run";
import { examineOrders } from "../../orders/scoring";
import { createTripWorkload } from "../../windows/create";
import { driveTrips } from "../../windows/run";
import { examineTrips } from "../../windows/scoring";
import { START_AT, type WorkloadName, type WorkloadSettings } from "../../workloads";
import { findOrders } from "./find-orders";
import { findRecords } from "./find-records";
import { findThing } from "./find-things";
import { findTrips } from "./find-trips";
import type { Life } from "./life";
import { intentLife, poisonLife } from "./order-life";
import { recordLife } from "./record-life";
import { thingLife } from "./thing-life";
import { tripLife } from "./trip-life";

/** A run that is to be told about. */
export interface RunToExplain {
  readonly workload: WorkloadName;
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
  if (workload === "trips") return livesOfTrips(deployment, asked, recordId);
  if (workload === "errors") return livesOfThings(deployment, asked, recordId);
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

async function livesOfTrips(
  deployment: Deployment,
  { assumptions, seed, settings }: RunToExplain,
  recordId: string,
): Promise<Lives> {
  const created = createTripWorkload(seed, settings);
  const { faults } = created;
  const account = await deployment.start({ seed, faults, assumptions, startAt: START_AT });
  const { run } = await driveTrips(account, created);
  const trace = account.trace.hash;
  const found = await examineTrips(run);
  const lives = findTrips(run, found, recordId).map((row) =>
    tripLife({ account, run, found }, row),
  );
  return { lives, startMs: run.startMs, trace };
}

async function livesOfThings(
  deployment: Deployment,
  { assumptions, seed, settings }: RunToExplain,
  recordId: string,
): Promise<Lives> {
  const created = createThingWorkload(seed, settings);
  const { faults } = created;
  const account = await deployment.start({ seed, faults, assumptions, startAt: START_AT });
  const startMs = account.now;
  const { run } = await driveThings(account, created);
  const trace = account.trace.hash;
  const found = await examineThings(run);
  const index = findThing(run, found, recordId);
  return { lives: [thingLife({ account, run, found }, index)], startMs, trace };
}
