import type { Fault } from "../../compare/account";
import { createTripWorkload } from "../../compare/windows/create";
import { runTrips } from "../../compare/windows/run";
import type { TripWorkload } from "../../compare/windows/workload";
import type { Finished } from "../../compare/result";
import { DEFAULT_SETTINGS, START_AT } from "../../compare/workloads";
import type { Deployment, SimulatedAws } from "../../simulator";

export interface TripTrial {
  readonly account: SimulatedAws;
  readonly result: Finished;
}

/** 200 trips with all that the comparison does to them, unless told otherwise. */
export function smallTrips(seed: number, given: object = {}): TripWorkload {
  return createTripWorkload(seed, { ...DEFAULT_SETTINGS, trips: 200, ...given });
}

/** One run. */
export async function tripTrial(
  deployment: Deployment,
  seed: number,
  workload: TripWorkload,
  faults: readonly Fault[] = workload.faults,
): Promise<TripTrial> {
  const account = await deployment.start({ seed, faults, startAt: START_AT });
  return { account, result: await runTrips(account, workload, seed) };
}
