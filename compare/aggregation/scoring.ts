import { DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Account, Image, Invocation, Write } from "../account";
import { classify, type Classification, type DeadLettered } from "./classify";
import { costOf } from "../cost";
import { readDeadLetters } from "./dead-letters";
import type { GroundTruth } from "./ground-truth";
import { multiplicityOf, partOf, recordsOf, type Multiplicity } from "./multiplicity";
import { deliverableIn } from "./pending";
import type { EventIds } from "./produce";
import { resolveDeadLetters } from "./resolve-dead-letters";
import {
  assumptionsOf,
  changesOf,
  idleMbMs,
  maxIteratorAgeSeconds,
  outcomesOf,
  percentilesOf,
} from "../measures";
import type { RunResult } from "../result";
import type { StreamFacts } from "../stream-facts";
import { addAggregate, addEntity, differences, sameSums, textOf, type Sums } from "./sums";
import { FUNCTION_ROLES, FUNCTIONS, type Topology } from "./topology";
import type { Workload } from "./workload";

/** A run that has come to its end. */
export interface FinishedRun {
  readonly account: Account;
  readonly topology: Topology;
  readonly truth: GroundTruth;
  readonly workload: Workload;
  readonly eventIds: EventIds;
  /** Records that were put again, in that order: event ids of the one and of the other. @default none */
  readonly copies?: readonly { readonly from: string; readonly to: string }[];
  readonly startMs: number;
  readonly stream: StreamFacts;
}

type Scored = Omit<
  RunResult,
  "workload" | "seed" | "score" | "seconds" | "finishedSeconds" | "orders"
>;

/** 100 if the aggregates are right now, else 0. */
export function scoreAt(account: Account, { aggregateTableName }: Topology, truth: GroundTruth) {
  return sameSums(sumsOfWrites(account.writes(aggregateTableName)), truth.expected) ? 100 : 0;
}

/**
 * Accounts for every record.
 *
 * @throws Error if the writes, joined with the invocations, do not add up to what the aggregates hold
 */
export async function scoreRun(run: FinishedRun): Promise<Scored> {
  const { account, truth } = run;
  // First of all: what is read from here on is not part of the run.
  const usage = account.usage;
  const assumptions = assumptionsOf(account);
  const trace = account.trace.hash;
  const { accepted, classification, multiplicity, sums } = await examine(run);
  const counts = classification.counts;
  const invocations = FUNCTION_ROLES.flatMap((role) => account.invocations(FUNCTIONS[role]));
  return {
    exact: sameSums(sums, truth.expected),
    consistent: sameSums(sums, accepted.sums),
    records: counts,
    latencySeconds: latencies(run, multiplicity),
    maxIteratorAgeSeconds: maxIteratorAgeSeconds(account),
    invocations: outcomesOf(invocations),
    costUsd: costOf({
      usage,
      producedRecords: counts.produced,
      stream: run.stream,
      idleRun: { mbMs: idleMbMs(account, FUNCTIONS.sweep) },
    }),
    trace,
    assumptions,
  };
}

/** What a finished run's writes, invocations and dead letters say of its records. */
export interface Findings {
  readonly multiplicity: Multiplicity;
  /** What State holds at the end: contents by entity id, and what they add up to. */
  readonly accepted: { readonly contents: ReadonlyMap<string, string>; readonly sums: Sums };
  readonly classification: Classification;
  readonly deadLettered: DeadLettered;
  /** What the aggregates hold. */
  readonly sums: Sums;
  /** By request id. */
  readonly invocations: ReadonlyMap<string, Invocation>;
  readonly stateWrites: readonly Write[];
  readonly outboxWrites: readonly Write[];
}

/**
 * Joins everything that is known of a run's records. Reading the dead letters is no part of the run: once only.
 *
 * @throws Error if the writes, joined with the invocations, do not add up to what the aggregates hold
 */
export async function examine(run: FinishedRun): Promise<Findings> {
  const { account, topology, truth } = run;
  const invocations = new Map<string, Invocation>();
  for (const role of FUNCTION_ROLES) {
    for (const each of account.invocations(FUNCTIONS[role])) invocations.set(each.requestId, each);
  }
  const stateWrites = changesOf(account, topology.stateTableName);
  const outboxWrites = changesOf(account, topology.outboxTableName);
  const aggregates = changesOf(account, topology.aggregateTableName);
  const multiplicity = multiplicityOf({
    ledger: changesOf(account, topology.ledgerTableName),
    outbox: outboxWrites,
    aggregates,
    invocations,
  });
  const sums = await readAggregates(account, topology);
  refuseDisagreement(sums, sumsOfWrites(aggregates), multiplicity);
  const accepted = acceptedBy(stateWrites, truth);
  const found = { multiplicity, accepted, invocations, stateWrites, outboxWrites };
  return { ...found, ...(await classifyRecords(run, found)), sums };
}

async function classifyRecords(
  run: FinishedRun,
  found: Omit<Findings, "classification" | "deadLettered" | "sums">,
): Promise<Pick<Findings, "classification" | "deadLettered">> {
  const { account, startMs, stream, topology, truth, workload } = run;
  const { newest, produced } = copiesOf(run);
  const { multiplicity, outboxWrites, stateWrites } = found;
  const deliverable = deliverableIn({
    // The moment the run ended: reading the dead letters takes time, too.
    account: { now: account.now, mappings: () => account.mappings() },
    eventIds: newest,
    putAtMs: putTimes(workload, startMs),
    streamRetentionMs: stream.retentionMs,
    stateWrites,
    outboxWrites,
    multiplicity,
  });
  const deadLettered = resolveDeadLetters(await readDeadLetters(account, topology), {
    topology,
    invocations: found.invocations,
    produced,
    stateWrites,
    outboxWrites,
    rows: multiplicity.rows,
  });
  const accepted = found.accepted.contents;
  const classification = classify({ truth, multiplicity, accepted, deadLettered, deliverable });
  return { classification, deadLettered };
}

/** By record: the id of its newest copy. By the id of any copy: the record. */
function copiesOf({ copies = [], eventIds }: FinishedRun) {
  const newest = [...eventIds];
  const produced = new Map(eventIds.map((id, index) => [id, index]));
  for (const { from, to } of copies) {
    const index = produced.get(from);
    // A copy of a copy that nobody knows of: the answer to the put was lost.
    if (index === undefined) continue;
    produced.set(to, index);
    newest[index] = to;
  }
  return { newest, produced };
}

function putTimes({ puts }: Workload, startMs: number): (index: number) => number {
  const times: number[] = [];
  for (const { atMs, records } of puts) {
    for (const { index } of records) times[index] = startMs + atMs;
  }
  return (index) => times[index]!;
}

function sumsOfWrites(writes: readonly Write[]): Sums {
  const sums: Sums = new Map();
  for (const { before, after } of writes) addAggregate(sums, before, after);
  return sums;
}

/** The aggregates as any reader sees them: through the SDK. */
async function readAggregates(account: Account, { aggregateTableName }: Topology): Promise<Sums> {
  const client = account.client(DynamoDBClient);
  const sums: Sums = new Map();
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: aggregateTableName,
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    for (const item of page.Items ?? []) addAggregate(sums, undefined, item);
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return sums;
}

function refuseDisagreement(read: Sums, written: Sums, { sums }: Multiplicity): void {
  if (!sameSums(read, written)) {
    const where = differences(read, written);
    throw new Error(`The aggregates are not the sum of the writes made to them: ${where}.`);
  }
  if (!sameSums(read, sums)) {
    const where = differences(read, sums);
    throw new Error(`The aggregates are not what the records applied add up to: ${where}.`);
  }
}

/** What State holds of each entity at the end, and what that adds up to. */
function acceptedBy(
  writes: readonly Write[],
  truth: GroundTruth,
): { readonly contents: Map<string, string>; readonly sums: Sums } {
  const items = new Map<string, Image | undefined>();
  for (const { before, after } of writes) items.set(textOf((after ?? before)!, "id"), after);
  const contents = new Map<string, string>();
  const sums: Sums = new Map();
  for (const [id, item] of items) {
    if (item === undefined) continue;
    const { content } = partOf(item, 1);
    if (!truth.firstCopy.has(content)) {
      throw new Error(`The state table holds a state of ${id} that was never produced.`);
    }
    contents.set(id, content);
    addEntity(sums, item, 1n);
  }
  return { contents, sums };
}

function latencies(run: FinishedRun, { firstEffectMs, net }: Multiplicity) {
  const { account, eventIds, truth } = run;
  const arrivals = new Map<string, number>();
  for (const { event } of account.invocations(FUNCTIONS.state)) {
    for (const { eventID, kinesis } of recordsOf(event)) {
      arrivals.set(eventID, kinesis!.approximateArrivalTimestamp * 1000);
    }
  }
  const seconds: number[] = [];
  for (const content of truth.winners.values()) {
    const effectMs = firstEffectMs.get(content);
    if (effectMs === undefined || (net.get(content) ?? 0) <= 0) continue;
    // A copy may have got there first; the winner's own arrival is what its sender waits from.
    const arrivedMs = arrivals.get(eventIds[truth.firstCopy.get(content)!]!);
    if (arrivedMs !== undefined) seconds.push(Math.max(0, effectMs - arrivedMs) / 1000);
  }
  return percentilesOf(seconds);
}
