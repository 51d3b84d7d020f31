import { createBurst } from "./burst";
import { createPoison } from "./poison";
import type { Workload, WorkloadName, WorkloadSettings } from "./workload";

const CREATORS: Record<WorkloadName, (seed: number, settings: WorkloadSettings) => Workload> = {
  burst: createBurst,
  poison: createPoison,
};

/** The workload of that name, from the seed. */
export function createWorkload(
  name: WorkloadName,
  seed: number,
  settings: WorkloadSettings,
): Workload {
  return CREATORS[name](seed, settings);
}
