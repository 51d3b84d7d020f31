import type { WorkloadSettings } from "../workloads";
import { tripFaults } from "./faults";
import { generateTrips } from "./generate";
import { packTrips } from "./pack";
import { readTripFile } from "./trip-file";
import type { TripWorkload } from "./workload";

/**
 * Trips of the seed, or of a file; packing, lateness and faults are the seed's in either case.
 *
 * @param settings `trips` at least 10; of a file, the first so many
 * @throws Refusal if the file cannot be used
 */
export function createTripWorkload(
  seed: number,
  settings: Pick<WorkloadSettings, "trips" | "tripsFile" | "resendPercent" | "failConsumerPercent">,
): TripWorkload {
  const { failConsumerPercent, resendPercent, trips, tripsFile } = settings;
  const file = tripsFile === undefined ? undefined : readTripFile(tripsFile);
  const sources = file?.trips.slice(0, trips) ?? generateTrips(seed, trips);
  const packed = packTrips(seed, sources, resendPercent);
  const faults = tripFaults(failConsumerPercent, packed.puts.at(-1)!.atMs);
  if (file === undefined) return { ...packed, faults };
  const { badRows, name } = file;
  return { ...packed, faults, file: { name, rows: sources.length, badRows } };
}
