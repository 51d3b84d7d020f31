import { FUNCTIONS } from "./topology";
import { burstOf } from "./burst";
import { createDraws } from "../draws";
import { generatePuts } from "./messages";
import type { WorkloadSettings } from "../workloads";
import type { Workload } from "./workload";

/** Records whose write is refused at first. */
export const RECOVERING_RECORDS = 3;

/**
 * A burst in which some records can never be processed, and three more only after State has tried in vain.
 * The latter are good: a strategy that gives them up throws good records away.
 */
export function createPoison(seed: number, settings: WorkloadSettings): Workload {
  const generated = generatePuts(seed, settings.messages, settings.poisonRecords);
  const keys = createDraws(seed, "workload.recovering").sample(
    generated.plainIds,
    RECOVERING_RECORDS,
  );
  return burstOf("poison", generated, settings, () =>
    settings.poisonAttempts === 0
      ? []
      : keys.map((key) => ({
          function: FUNCTIONS.state,
          kind: "poison" as const,
          // One fault a key: what one of them uses up must not be missing to another.
          match: { keys: [key], times: settings.poisonAttempts },
        })),
  );
}
