import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Account } from "../account";
import { refuseBrokenFunctions } from "../broken-functions";
import type { Finished } from "../result";
import { settleWithin } from "../waiting";
import { Clients } from "./clients";
import { Disturbances, seedStock } from "./disturbances";
import { scoreOrders, type FinishedOrders } from "./scoring";
import { functionsOf, orderTopologyOf, FUNCTIONS, type OrderTopology } from "./topology";
import { VirtualTimers } from "./virtual-timers";
import type { OrderWorkload } from "./workload";

/**
 * Longer than any retry or age of EventBridge and Lambda that an outage of this workload leads to. Only messages
 * that a queue delivers for ever are not settled by then: going on with them until they expire would teach nothing.
 */
const SETTLING_S_MAX = 12 * 3_600;
const AFTER_RETENTION_S = 3_600;

/**
 * One run: clients order for half an hour while things fail; then it waits until everything has settled, and
 * accounts for every order.
 *
 * @param account just started, with the workload's faults
 * @throws Error if a function does not load, or if the account's writes do not explain each other
 */
export async function runOrders(
  account: Account,
  workload: OrderWorkload,
  seed: number,
): Promise<Finished> {
  const { lastAttemptMs, run, startMs } = await driveOrders(account, workload, seed);
  const scored = await scoreOrders(run);
  const virtualSeconds = (account.now - startMs) / 1_000;
  const finishedSeconds = (lastAttemptMs - startMs) / 1_000;
  return { ...scored, workload: "orders", seed, score: null, virtualSeconds, finishedSeconds };
}

/** A run that has come to its end; times in virtual milliseconds since the epoch. */
export interface DrivenOrders {
  readonly run: FinishedOrders;
  readonly startMs: number;
  readonly lastAttemptMs: number;
}

/** A run up to its end, not yet accounted for. */
export async function driveOrders(
  account: Account,
  workload: OrderWorkload,
  seed: number,
): Promise<DrivenOrders> {
  const topology = orderTopologyOf(account.outputs);
  await seedStock(account, topology, workload);
  const startMs = account.now;
  const timers = new VirtualTimers(account);
  const clients = new Clients(account, topology, timers, seed);
  const disturbances = new Disturbances(account, topology, timers);
  clients.start(workload, startMs);
  disturbances.start(workload, startMs);
  await timers.runUntil(() => clients.isDone && disturbances.isDone);
  refuseBrokenFunctions(account, functionsOf(topology));

  const retentionS = await retentionSeconds(account, topology);
  await settleWithin(account, Math.min(retentionS + AFTER_RETENTION_S, SETTLING_S_MAX));
  const { sendings } = clients;
  const messageRetentionMs = retentionS * 1_000;
  const run = { account, topology, workload, sendings, messageRetentionMs };
  return { run, startMs, lastAttemptMs: lastAttemptMs(account) };
}

async function retentionSeconds(account: Account, topology: OrderTopology): Promise<number> {
  const { Attributes } = await account.client(SQSClient).send(
    new GetQueueAttributesCommand({
      QueueUrl: topology.ordersQueueUrl,
      AttributeNames: ["MessageRetentionPeriod"],
    }),
  );
  return Number(Attributes!["MessageRetentionPeriod"]);
}

/** When the consumers last tried something. */
function lastAttemptMs(account: Account): number {
  const consumers = [FUNCTIONS.process, FUNCTIONS.inventory];
  const last = consumers.map((name) => account.invocations(name).at(-1));
  return Math.max(0, ...last.map((each) => each?.endedAt ?? each?.startedAt ?? 0));
}
