import type { Account } from "../account";
import { refuseBrokenFunctions } from "../broken-functions";
import { putRecords } from "../put-records";
import { streamFacts } from "../stream-facts";
import type { Finished } from "../result";
import { settleWithin, waitUntil } from "../waiting";
import { scoreTrips, type FinishedTrips } from "./scoring";
import { CONSUMER, windowTopologyOf } from "./topology";
import type { TripWorkload } from "./workload";

/** After the stream's retention nothing is left that could still be delivered. */
const AFTER_RETENTION_S = 3_600;

/**
 * One run: puts the trips at their times, waits until everything has settled, open windows included, and accounts for
 * every row on the stream.
 *
 * @param account just started, with the workload's faults
 * @throws Error if the function does not load, or if the account's writes and its aggregates disagree
 */
export async function runTrips(
  account: Account,
  workload: TripWorkload,
  seed: number,
): Promise<Finished> {
  const { finishedSeconds, run, virtualSeconds } = await driveTrips(account, workload);
  const scored = await scoreTrips(run);
  return { ...scored, workload: "trips", seed, score: null, virtualSeconds, finishedSeconds };
}

/** A run that has come to its end, and how long that took. */
export interface DrivenTrips {
  readonly run: FinishedTrips;
  readonly virtualSeconds: number;
  readonly finishedSeconds: number;
}

/** A run up to its end, not yet accounted for. */
export async function driveTrips(account: Account, workload: TripWorkload): Promise<DrivenTrips> {
  const topology = windowTopologyOf(account.outputs);
  const stream = await streamFacts(account, topology.windowsStreamName);
  const startMs = account.now;
  const eventIds = new Array<string>(workload.records.length);
  for (const { atMs, records } of workload.puts) {
    await waitUntil(account, startMs + atMs);
    const ids = await putRecords(account, topology.windowsStreamName, records);
    for (const [position, { index }] of records.entries()) eventIds[index] = ids[position]!;
  }
  refuseBrokenFunctions(account, [CONSUMER]);
  await settleWithin(account, stream.retentionMs / 1_000 + AFTER_RETENTION_S);

  const firstPutMs = startMs + workload.puts[0]!.atMs;
  const virtualSeconds = (account.now - firstPutMs) / 1_000;
  const last = account.invocations(CONSUMER).at(-1);
  const finishedSeconds =
    Math.max(0, (last?.endedAt ?? last?.startedAt ?? firstPutMs) - firstPutMs) / 1_000;
  const run = { account, topology, workload, eventIds, startMs, stream };
  return { run, virtualSeconds, finishedSeconds };
}
