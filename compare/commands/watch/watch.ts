import { setTimeout as sleep } from "node:timers/promises";
import type { AssumptionValues, Deployment, SimulatedAws } from "../../../simulator";
import type { Finished } from "../../result";
import { prepareRun } from "../../systems";
import { START_AT, SYSTEM_OF, type WorkloadName, type WorkloadSettings } from "../../workloads";
import { AggregateTree } from "./aggregate-tree";
import { OrderCounts } from "./order-counts";
import { Screen, type Output } from "./screen";
import { StreamHealth } from "./stream-health";
import type { View } from "./view";
import { WatchedAccount } from "./watched-account";

/** Real time between two pictures. */
const FRAME_MS = 200;
/** Virtual time between two pictures when nobody waits for it: at least this, and a hundredth of what has passed. */
const UNPACED_STEP_MS = 5_000;
/** Faster than this, and a step would hide what comes and goes. */
const STEP_MS_MAX = 60_000;

export interface RunToWatch {
  readonly heading: string;
  readonly workload: WorkloadName;
  readonly seed: number;
  readonly settings: WorkloadSettings;
  readonly assumptions: AssumptionValues;
  /** Virtual seconds per second; 0: as fast as it goes. */
  readonly speed: number;
}

/** Does a run of the comparison, at a chosen speed, and shows it. Rejects with the reason of an aborted `signal`. */
export async function watch(
  deployment: Deployment,
  asked: RunToWatch,
  output: Output,
  signal: AbortSignal,
): Promise<Finished> {
  const { assumptions, heading, seed, settings, speed, workload } = asked;
  const { faults, run } = prepareRun(workload, seed, settings, deployment.outputs);
  const account = await deployment.start({ seed, assumptions, faults, startAt: START_AT });
  const screen = new Screen(output, heading, viewsOf(workload, account));
  const startMs = account.now;
  const began = performance.now();
  const paced = Math.max(1, Math.round(Math.min(STEP_MS_MAX, speed * FRAME_MS)));
  const stepMs = (): number =>
    speed === 0 ? Math.max(UNPACED_STEP_MS, Math.round((account.now - startMs) / 100)) : paced;

  const onStep = async (): Promise<void> => {
    const elapsedMs = account.now - startMs;
    screen.show(elapsedMs);
    const dueMs = speed === 0 ? 0 : began + elapsedMs / speed;
    // Also without waiting the signal must get its turn.
    await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
  };
  const finished = await run(new WatchedAccount(account, stepMs, onStep));
  screen.show(account.now - startMs);
  return finished;
}

function viewsOf(workload: WorkloadName, account: SimulatedAws): View[] {
  const system = SYSTEM_OF[workload];
  const health = new StreamHealth(account);
  if (system === "aggregation") return [new AggregateTree(account), health];
  if (system === "orders") return [new OrderCounts(account), health];
  return [health];
}
