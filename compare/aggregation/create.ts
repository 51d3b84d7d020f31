import type { WorkloadSettings } from "../workloads";
import { createBurst } from "./burst";
import { createPoison } from "./poison";
import type { StreamWorkloadName, Workload } from "./workload";

const CREATORS: Record<StreamWorkloadName, (seed: number, settings: WorkloadSettings) => Workload> =
  { burst: createBurst, poison: createPoison };

/** The workload of that name, from the seed. */
export function createWorkload(
  name: StreamWorkloadName,
  seed: number,
  settings: WorkloadSettings,
): Workload {
  return CREATORS[name](seed, settings);
}
