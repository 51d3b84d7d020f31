import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import { costOf } from "../cost";
import {
  assumptionsOf,
  changesOf,
  idleMbMs,
  maxIteratorAgeSeconds,
  outcomesOf,
  percentilesOf,
} from "../measures";
import type { RunResult } from "../result";
import { Judge, type JudgedIntent, type OrderClass } from "./classify";
import { isRetryable, type Sending } from "./clients";
import { readDeadLetters, type DeadLetter } from "./dead-letters";
import { deliveriesOf, type Deliveries } from "./deliveries";
import { effectsOf, timesOf, type Effects } from "./effects";
import { indexOrders, type OrderIndex } from "./order-index";
import { deliverableIn } from "./pending";
import { ENDS, type OrderBlock } from "./result";
import { functionsOf, FUNCTIONS, type OrderTopology } from "./topology";
import type { OrderWorkload } from "./workload";

/** A run that has come to its end. */
export interface FinishedOrders {
  readonly account: Account;
  readonly topology: OrderTopology;
  readonly workload: OrderWorkload;
  readonly sendings: readonly Sending[];
  readonly messageRetentionMs: number;
}

type Scored = Omit<RunResult, "workload" | "seed" | "score" | "seconds" | "finishedSeconds">;

/**
 * Accounts for every order.
 *
 * @throws Error if the account's writes do not explain each other
 */
export async function scoreOrders(run: FinishedOrders): Promise<Scored> {
  const { account, sendings, topology, workload } = run;
  // First of all: what is read from here on is not part of the run.
  const usage = account.usage;
  const assumptions = assumptionsOf(account);
  const trace = account.trace.hash;
  const { effects, index, judged, letters, poison } = await examineOrders(run);
  const stock = stockOf(workload, index, effects);
  await refuseOtherStock(run, effects);

  const records = countRecords(judged, poison);
  const processedTwice = judged.filter(({ isTwice }) => isTwice).length;
  const consistent = processedTwice === 0 && stock.isExact;
  const isComplete = judged.every((intent) =>
    ["processed", "refused", "invalid"].includes(intent.class),
  );
  const invocations = functionsOf(topology).flatMap((name) => account.invocations(name));
  return {
    exact: consistent && isComplete,
    consistent,
    records,
    latencySeconds: percentilesOf(latencies(run, index, effects)),
    maxIteratorAgeSeconds: maxIteratorAgeSeconds(account),
    invocations: outcomesOf(invocations),
    costUsd: costOf({
      usage,
      producedRecords: records.produced,
      idleRun: { mbMs: topology.ordersRelayFunctionName ? idleMbMs(account, FUNCTIONS.relay) : 0 },
    }),
    trace,
    orders: {
      answers: answersOf(sendings),
      refused: judged.filter((intent) => intent.class === "refused").length,
      answeredWrongly: judged.filter(({ isAnsweredWrongly }) => isAnsweredWrongly).length,
      processedTwice,
      poison: poisonOf(poison),
      oversoldUnits: stock.oversoldUnits,
      deadLetters: deadLettersOf(letters),
      clientErrors: sendings.filter(({ attempts }) => isRetryable(attempts.at(-1)!.status)).length,
    },
    assumptions,
  };
}

/** What a finished run's writes, invocations and dead letters say of its orders. */
export interface OrderFindings {
  readonly deliveries: Deliveries;
  readonly effects: Effects;
  readonly letters: readonly DeadLetter[];
  readonly index: OrderIndex;
  /** By intent. */
  readonly judged: readonly JudgedIntent[];
  /** By poison event. */
  readonly poison: readonly OrderClass[];
}

/**
 * Joins everything that is known of a run's orders. Reading the dead letters is no part of the run: once only.
 *
 * @throws Error if the account's writes do not explain each other
 */
export async function examineOrders(run: FinishedOrders): Promise<OrderFindings> {
  const { account, sendings, topology, workload } = run;
  const deliveries = deliveriesOf(account);
  const effects = effectsOf(account, topology, deliveries);
  const deliverable = deliverableIn(account, deliveries, run.messageRetentionMs);
  const letters = await readDeadLetters(account, topology, deliveries);
  const outboxWrites = changesOf(account, topology.ordersOutboxTableName);
  const index = indexOrders(workload, { outboxWrites, sendings, deliveries, letters });
  const judge = new Judge({ workload, sendings, index, effects, letters, deliverable });
  const judged = workload.intents.map((intent) => judge.intent(intent.index));
  const poison = workload.poison.map(({ poisonId }) => judge.poison(poisonId));
  return { deliveries, effects, letters, index, judged, poison };
}

function countRecords(
  judged: readonly JudgedIntent[],
  poison: readonly OrderClass[],
): RunResult["records"] {
  const all = [...judged.map((intent) => intent.class), ...poison];
  const count = (name: OrderClass): number => all.filter((each) => each === name).length;
  return {
    produced: all.length - count("invalid") - count("refused"),
    processed: count("processed"),
    superseded: 0,
    lost: count("lost"),
    duplicated: judged.filter(({ isTwice }) => isTwice).length,
    deadLettered: { good: count("deadLettered.good"), bad: count("deadLettered.bad") },
    pending: count("pending"),
    alreadyApplied: judged.filter(({ isDeadThoughDone }) => isDeadThoughDone).length,
  };
}

function poisonOf(classes: readonly OrderClass[]): OrderBlock["poison"] {
  const count = (name: OrderClass): number => classes.filter((each) => each === name).length;
  return {
    deadLettered: count("deadLettered.bad"),
    lost: count("lost"),
    pending: count("pending"),
  };
}

/** What left the stock, against what the orders that were reserved take, each of them once and once per intent. */
function stockOf({ intents }: OrderWorkload, { ofIntent }: OrderIndex, effects: Effects) {
  const due = new Map<string, number>();
  for (const { index, items } of intents) {
    const isReserved = ofIntent[index]!.some((id) => timesOf(effects, "inventory", id) > 0);
    if (!isReserved) continue;
    for (const { productId, quantity } of items) {
      due.set(productId, (due.get(productId) ?? 0) + quantity);
    }
  }
  let oversoldUnits = 0;
  let isExact = true;
  for (const product of new Set([...due.keys(), ...effects.taken.keys()])) {
    const beyond = (effects.taken.get(product) ?? 0) - (due.get(product) ?? 0);
    if (beyond !== 0) isExact = false;
    oversoldUnits += Math.max(0, beyond);
  }
  return { oversoldUnits, isExact };
}

/** The stock as any reader sees it must be what the writes left. */
async function refuseOtherStock(
  { account, topology, workload }: FinishedOrders,
  { taken }: Effects,
): Promise<void> {
  const { Items = [], LastEvaluatedKey } = await account
    .client(DynamoDBClient)
    .send(new ScanCommand({ TableName: topology.ordersStockTableName, ConsistentRead: true }));
  if (LastEvaluatedKey !== undefined) throw new Error("The stock does not fit one page.");
  for (const item of Items) {
    const product = item["productId"]!.S!;
    const left = (workload.stock.get(product) ?? NaN) - (taken.get(product) ?? 0);
    if (Number(item["quantity"]!.N) === left) continue;
    throw new Error(`The stock of ${product} is not what the writes made to it left.`);
  }
}

/** From an order's first request to the last of its effects. */
function latencies(
  { sendings }: FinishedOrders,
  { ofIntent }: OrderIndex,
  effects: Effects,
): number[] {
  const seconds: number[] = [];
  const seen = new Set<number>();
  for (const { attempts, intent } of sendings) {
    if (seen.has(intent) || !attempts.some(({ status }) => status === 202)) continue;
    seen.add(intent);
    const ends = ofIntent[intent]!.flatMap((orderId) => {
      const process = effects.process.get(orderId);
      const inventory = effects.inventory.get(orderId);
      return process && inventory ? [Math.max(process.firstMs, inventory.firstMs)] : [];
    });
    if (ends.length === 0) continue;
    seconds.push(Math.max(0, Math.min(...ends) - attempts[0]!.startedAtMs) / 1_000);
  }
  return seconds;
}

function answersOf(sendings: readonly Sending[]): OrderBlock["answers"] {
  const answers = { accepted: 0, invalid: 0, conflict: 0, throttled: 0, error: 0, none: 0 };
  const KNOWN: Readonly<Record<number, keyof typeof answers>> = {
    202: "accepted",
    400: "invalid",
    422: "conflict",
    429: "throttled",
  };
  for (const { status } of sendings.flatMap(({ attempts }) => attempts)) {
    answers[status === undefined ? "none" : (KNOWN[status] ?? "error")] += 1;
  }
  return answers;
}

function deadLettersOf(letters: readonly DeadLetter[]): OrderBlock["deadLetters"] {
  const endedBy = Object.fromEntries(
    ENDS.map((end) => [end, letters.filter((letter) => letter.end === end).length]),
  ) as OrderBlock["deadLetters"]["endedBy"];
  const neverInvoked = letters.filter(({ invoked }) => !invoked).length;
  return { total: letters.length, neverInvoked, endedBy };
}
