import type { Account, Fault } from "./account";
import { createWorkload } from "./aggregation/create";
import { runWorkload } from "./aggregation/run";
import { createThingWorkload } from "./errors/create";
import { runThings } from "./errors/run";
import { runOrders } from "./orders/run";
import { orderFaults } from "./orders/faults";
import { createOrderWorkload } from "./orders/create";
import type { Finished } from "./result";
import { createTripWorkload } from "./windows/create";
import { runTrips } from "./windows/run";
import type { WorkloadName, WorkloadSettings } from "./workloads";

/** A run that can begin as soon as there is an account with its faults. */
export interface PreparedRun {
  readonly faults: readonly Fault[];
  readonly run: (account: Account) => Promise<Finished>;
}

/**
 * The run of a workload on the system that it is for.
 *
 * @param outputs of the stack: which function publishes depends on it
 */
export function prepareRun(
  name: WorkloadName,
  seed: number,
  settings: WorkloadSettings,
  outputs: Readonly<Record<string, unknown>>,
): PreparedRun {
  if (name === "orders") {
    const workload = createOrderWorkload(seed, settings);
    return {
      faults: orderFaults(settings, outputs),
      run: (account) => runOrders(account, workload, seed),
    };
  }
  if (name === "trips") {
    const workload = createTripWorkload(seed, settings);
    return { faults: workload.faults, run: (account) => runTrips(account, workload, seed) };
  }
  if (name === "errors") {
    const workload = createThingWorkload(seed, settings);
    return { faults: workload.faults, run: (account) => runThings(account, workload, seed) };
  }
  const workload = createWorkload(name, seed, settings);
  return { faults: workload.faults, run: (account) => runWorkload(account, workload, seed) };
}
