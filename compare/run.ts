import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import type { Account, Invocation } from "./account";
import { produce, waitUntil, type EventIds } from "./produce";
import type { RunResult } from "./result";
import { scoreAt, scoreRun, type StreamFacts } from "./scoring";
import { FUNCTION_ROLES, FUNCTIONS, topologyOf, type Topology } from "./topology";
import { groundTruthOf } from "./ground-truth";
import type { Workload } from "./workloads/workload";

/** After the stream's retention nothing is left that could still be delivered. */
const AFTER_RETENTION_S = 3_600;
/** After a repair, everything that it set off must have come to an end. */
const AFTER_REPAIR_S = 3_600;
/** A repair that runs out of time says where to go on. */
const REPAIRS_MAX = 100;

/** Errors of a function whose code does not even load: no retry will help, and no number would mean anything. */
const LOAD_ERRORS = [
  "Runtime.ImportModuleError",
  "Runtime.UserCodeSyntaxError",
  "Runtime.HandlerNotFound",
  "Runtime.MalformedHandlerName",
];

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
  const topology = topologyOf(account.outputs);
  const truth = groundTruthOf(workload.records);
  const stream = await streamFacts(account, topology);
  const startMs = account.now;
  const eventIds: EventIds = await produce(account, topology.streamName, workload, startMs);
  await waitUntil(account, startMs + workload.deadlineMs);
  refuseBrokenFunctions(account);
  const score = scoreAt(account, topology, truth);

  await settle(account, stream.retentionMs / 1000 + AFTER_RETENTION_S - elapsedS(account, startMs));
  const repairAtMs = account.now;
  await repair(account, topology);
  await settle(account, AFTER_REPAIR_S);

  const firstPutMs = startMs + workload.puts[0]!.atMs;
  const virtualSeconds = (account.now - firstPutMs) / 1000;
  const finishedSeconds = (lastAttemptMs(account, repairAtMs) - firstPutMs) / 1000;
  const scored = await scoreRun({ account, topology, truth, workload, eventIds, startMs, stream });
  return { ...scored, workload: workload.name, seed, score, virtualSeconds, finishedSeconds };
}

/** Settles, or goes on with what is left pending when the time is over. */
async function settle(account: Account, withinSeconds: number): Promise<void> {
  const deadlineMs = account.now + Math.round(withinSeconds * 1000);
  try {
    await account.settle({ withinSeconds });
  } catch (cause) {
    // Before the deadline it is not the records that failed to settle, but the simulation.
    if (account.now < deadlineMs) throw cause;
  }
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

async function streamFacts(account: Account, { streamName }: Topology): Promise<StreamFacts> {
  const { StreamDescriptionSummary } = await account
    .client(KinesisClient)
    .send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
  return {
    retentionMs: StreamDescriptionSummary!.RetentionPeriodHours! * 3_600_000,
    shards: StreamDescriptionSummary!.OpenShardCount!,
    mode: StreamDescriptionSummary!.StreamModeDetails?.StreamMode ?? "PROVISIONED",
  };
}

function refuseBrokenFunctions(account: Account): void {
  for (const role of FUNCTION_ROLES) {
    const broken = account
      .invocations(FUNCTIONS[role])
      .find(({ error }) => error !== undefined && LOAD_ERRORS.includes(error.errorType));
    if (broken === undefined) continue;
    throw new Error(`The function ${FUNCTIONS[role]} does not load: ${broken.error!.errorMessage}`);
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
