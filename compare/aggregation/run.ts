import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Account, Invocation } from "../account";
import { refuseBrokenFunctions } from "../broken-functions";
import type { RunResult } from "../result";
import { streamFacts } from "../stream-facts";
import { settleWithin, waitUntil } from "../waiting";
import { produce, type EventIds } from "./produce";
import { scoreAt, scoreRun, type FinishedRun } from "./scoring";
import { FUNCTIONS, topologyOf, type Topology } from "./topology";
import { groundTruthOf } from "./ground-truth";
import type { Workload } from "./workload";

/** After the stream's retention nothing is left that could still be delivered. */
const AFTER_RETENTION_S = 3_600;
/** After a repair, everything that it set off must have come to an end. */
const AFTER_REPAIR_S = 3_600;
/** A repair that runs out of time says where to go on. */
const REPAIRS_MAX = 100;

/**
 * One run: produces the workload, scores at its deadline, waits until everything has settled, repairs once,
 * waits again, and accounts for every record.
 *
 * @param account just started, with the workload's faults
 * @throws Error if a function does not load, or if the account's writes and its aggregates disagree
 */
export async function runWorkload(
  account: Account,
  workload: Workload,
  seed: number,
): Promise<Omit<RunResult, "seconds"> & { readonly virtualSeconds: number }> {
  const { finishedSeconds, run, score, virtualSeconds } = await driveWorkload(account, workload);
  const scored = await scoreRun(run);
  return { ...scored, workload: workload.name, seed, score, virtualSeconds, finishedSeconds };
}

/** A run that has come to its end, and how long that took. */
export interface DrivenRun {
  readonly run: FinishedRun;
  readonly score: 0 | 100;
  readonly virtualSeconds: number;
  readonly finishedSeconds: number;
}

/** A run up to its end, not yet accounted for. */
export async function driveWorkload(account: Account, workload: Workload): Promise<DrivenRun> {
  const topology = topologyOf(account.outputs);
  const truth = groundTruthOf(workload.records);
  const stream = await streamFacts(account, topology.streamName);
  const startMs = account.now;
  const eventIds: EventIds = await produce(account, topology.streamName, workload, startMs);
  await waitUntil(account, startMs + workload.deadlineMs);
  refuseBrokenFunctions(account, Object.values(FUNCTIONS));
  const score = scoreAt(account, topology, truth);

  await settleWithin(
    account,
    stream.retentionMs / 1000 + AFTER_RETENTION_S - elapsedS(account, startMs),
  );
  const repairAtMs = account.now;
  await repair(account, topology);
  await settleWithin(account, AFTER_REPAIR_S);

  const firstPutMs = startMs + workload.puts[0]!.atMs;
  const virtualSeconds = (account.now - firstPutMs) / 1000;
  const finishedSeconds = (lastAttemptMs(account, repairAtMs) - firstPutMs) / 1000;
  const run = { account, topology, truth, workload, eventIds, startMs, stream };
  return { run, score, virtualSeconds, finishedSeconds };
}

async function repair(account: Account, { repairFunctionName }: Topology): Promise<void> {
  const client = account.client(LambdaClient);
  let request: object = {};
  for (let times = 0; times < REPAIRS_MAX; times += 1) {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({
        FunctionName: repairFunctionName,
        Payload: Buffer.from(JSON.stringify(request)),
      }),
    );
    // A repair that fails shows in what is pending or lost, and in the invocations.
    if (FunctionError !== undefined) return;
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as { continueFrom?: string };
    if (answer.continueFrom === undefined) return;
    request = { continueFrom: answer.continueFrom };
  }
}

/** When the stages last tried something before the repair. */
function lastAttemptMs(account: Account, repairAtMs: number): number {
  const last = (invocations: readonly Invocation[]): number => {
    // Sweeps and repairs come later; the stages' own invocations are listed oldest first.
    for (let index = invocations.length - 1; index >= 0; index -= 1) {
      const { startedAt, endedAt } = invocations[index]!;
      if (startedAt < repairAtMs) return endedAt ?? startedAt;
    }
    return 0;
  };
  const stages = [FUNCTIONS.state, FUNCTIONS.map, FUNCTIONS.reduce];
  return Math.max(...stages.map((name) => last(account.invocations(name))));
}

function elapsedS(account: Account, startMs: number): number {
  return (account.now - startMs) / 1000;
}
