import type { Account } from "../account";
import { refuseBrokenFunctions } from "../broken-functions";
import { putRecords } from "../put-records";
import { streamFacts } from "../stream-facts";
import type { Finished } from "../result";
import { settleWithin, waitUntil } from "../waiting";
import { scoreThings, type FinishedThings } from "./scoring";
import { CONSUMER, errorLabTopologyOf, FUNCTIONS } from "./topology";
import type { ThingWorkload } from "./workload";

/** After the stream's retention nothing is left that could still be delivered. */
const AFTER_RETENTION_S = 3_600;

/**
 * One run: puts the rows at their times, waits until everything has settled, dead letters that are fetched included,
 * and accounts for every row.
 *
 * @param account just started, with the workload's faults
 * @throws Error if a function does not load, or if something was done to a record that was never produced
 */
export async function runThings(
  account: Account,
  workload: ThingWorkload,
  seed: number,
): Promise<Finished> {
  const { finishedSeconds, run, virtualSeconds } = await driveThings(account, workload);
  const scored = await scoreThings(run);
  return { ...scored, workload: "errors", seed, score: null, virtualSeconds, finishedSeconds };
}

/** A run that has come to its end, and how long that took. */
export interface DrivenThings {
  readonly run: FinishedThings;
  readonly virtualSeconds: number;
  readonly finishedSeconds: number;
}

/** A run up to its end, not yet accounted for. */
export async function driveThings(
  account: Account,
  workload: ThingWorkload,
): Promise<DrivenThings> {
  const topology = errorLabTopologyOf(account.outputs);
  const stream = await streamFacts(account, topology.errorlabStreamName);
  const startMs = account.now;
  const eventIds = workload.things.map((): string[] => []);
  const putAtMs = new Map<string, number>();
  for (const { atMs, things } of workload.puts) {
    await waitUntil(account, startMs + atMs);
    // A row's records share a shard, as those of one sender do.
    const entries = things.map(({ data, index }) => ({ data, partitionKey: `row-${index}` }));
    const ids = await putRecords(account, topology.errorlabStreamName, entries);
    for (const [position, { index }] of things.entries()) {
      eventIds[index]!.push(ids[position]!);
      putAtMs.set(ids[position]!, startMs + atMs);
    }
  }
  await settleWithin(account, stream.retentionMs / 1_000 + AFTER_RETENTION_S);
  refuseBrokenFunctions(account, FUNCTIONS);

  const firstPutMs = startMs + workload.puts[0]!.atMs;
  const virtualSeconds = (account.now - firstPutMs) / 1_000;
  const last = account.invocations(CONSUMER).at(-1);
  const finishedSeconds =
    Math.max(0, (last?.endedAt ?? last?.startedAt ?? firstPutMs) - firstPutMs) / 1_000;
  const run = { account, topology, workload, eventIds, putAtMs, stream };
  return { run, virtualSeconds, finishedSeconds };
}
