import type { Account, Write } from "../account";
import { costOf } from "../cost";
import {
  assumptionsOf,
  changesOf,
  idleMbMs,
  maxIteratorAgeSeconds,
  outcomesOf,
  percentile,
  percentilesOf,
} from "../measures";
import type { RunResult } from "../result";
import type { StreamFacts } from "../stream-facts";
import { classifyThing, countThings, isDoneAndQueued, type ClassifiedThing } from "./classify";
import { durationsOf } from "./durations";
import { effectsOf, type ThingEffects } from "./effects";
import { QUEUES, readQueues, type Gone, type QueuedThing } from "./messages";
import type { ErrorBlock } from "./result";
import { CONSUMER, FUNCTIONS, READ_BACK, type ErrorLabTopology } from "./topology";
import type { ThingWorkload } from "./workload";

/** Decisions of the mapping after which it never delivers a record again. */
const FINAL = new Set(["ok", "checkpoint", "discard", "expired", "filtered", "dead-letter-lost"]);

/** A run that has come to its end. */
export interface FinishedThings {
  readonly account: Account;
  readonly topology: ErrorLabTopology;
  readonly workload: ThingWorkload;
  /** By row: the event ids of its records, in the order they were put. */
  readonly eventIds: readonly (readonly string[])[];
  /** By event id: when it was put, in virtual milliseconds since the epoch. */
  readonly putAtMs: ReadonlyMap<string, number>;
  readonly stream: StreamFacts;
  /** Event ids of messages that were taken out of the consumer's queues to be replayed. @default none */
  readonly taken?: readonly string[];
}

type Scored = Omit<RunResult, "workload" | "seed" | "score" | "seconds" | "finishedSeconds">;

/**
 * Accounts for every row.
 *
 * @throws Error if something was done to a record that was never produced
 */
export async function scoreThings(run: FinishedThings): Promise<Scored> {
  const { account, workload } = run;
  // First of all: what is read from here on is not part of the run.
  const usage = account.usage;
  const assumptions = assumptionsOf(account);
  const trace = account.trace.hash;
  const consumed = account.invocations(CONSUMER);
  const invocations = FUNCTIONS.flatMap((name) => account.invocations(name));
  const { classified, effects, gone, writes } = await examineThings(run);
  const records = countThings(classified, effects, workload.copies);
  return {
    exact: classified.every(({ isExact }) => isExact),
    consistent: records.duplicated === 0,
    records,
    latencySeconds: percentilesOf(latencies(run, writes)),
    maxIteratorAgeSeconds: maxIteratorAgeSeconds(account),
    invocations: outcomesOf(invocations),
    costUsd: costOf({
      usage,
      producedRecords: records.produced,
      stream: run.stream,
      idleRun: { mbMs: idleMbMs(account, READ_BACK), looksAt: "bucket" },
    }),
    trace,
    errors: {
      ...blockOf(workload, classified, effects, gone),
      durationMs: durationsOf(consumed),
    },
    assumptions,
  };
}

/** What a finished run's writes, invocations and queues say of its rows. */
export interface ThingFindings {
  readonly effects: readonly ThingEffects[];
  readonly classified: readonly ClassifiedThing[];
  readonly queued: readonly QueuedThing[];
  readonly gone: readonly Gone[];
  /** To the table of things. */
  readonly writes: readonly Write[];
}

/**
 * Joins everything that is known of a run's rows. Reading the queues is no part of the run.
 *
 * @throws Error if something was done to a record that was never produced
 */
export async function examineThings(run: FinishedThings): Promise<ThingFindings> {
  const { account, eventIds, taken, topology, workload } = run;
  const isWaiting = waitingIn(run);
  const invocations = account.invocations(CONSUMER);
  const writes = changesOf(account, topology.errorlabThingTableName);
  const { gone, things: queued } = await readQueues(account, topology);
  const { things } = workload;
  const effects = effectsOf({ things, eventIds, queued, writes, invocations, taken });
  const classified = things.map((thing, at) =>
    classifyThing(thing, effects[at]!, eventIds[at]!.some(isWaiting)),
  );
  return { effects, classified, queued, gone, writes };
}

function blockOf(
  { copies, things }: ThingWorkload,
  classified: readonly ClassifiedThing[],
  effects: readonly ThingEffects[],
  gone: readonly Gone[],
): Omit<ErrorBlock, "durationMs"> {
  const ofKind = (id: string): number => things.filter(({ thingId }) => thingId === id).length;
  const ended = { done: 0, dlq: 0, timeout: 0, infra: 0, givenUp: 0, pending: 0, lost: 0 };
  for (const each of classified) ended[each.ended] += 1;
  const deliveries = effects.flatMap((each) => each.deliveries).sort((a, b) => a - b);
  const messages = { dlq: 0, timeout: 0, infra: 0 };
  for (const { queued } of effects) for (const queue of QUEUES) messages[queue] += queued[queue];
  const where = (holds: (each: ThingEffects) => boolean): number => effects.filter(holds).length;
  const isRepeated = (each: ThingEffects): boolean => each.effectsOfOneRecord > 1;
  return {
    things: { ok: ofKind("aa-OK"), badFormat: ofKind("aa-badformat"), infra: ofKind("aa-infra") },
    copies,
    ended,
    duplicates: {
      repeated: where(isRepeated),
      copied: where((each) => each.effects > 1 && !isRepeated(each)),
      extraEffects: effects.reduce((sum, each) => sum + Math.max(0, each.effects - 1), 0),
      mostEffects: Math.max(0, ...effects.map((each) => each.effects)),
      doneAgain: effects.reduce((sum, { done }) => sum + Math.max(0, done - 1), 0),
      doneAndQueued: where(isDoneAndQueued),
    },
    deliveries: {
      total: deliveries.reduce((sum, each) => sum + each, 0),
      p50: percentile(deliveries, 50),
      p90: percentile(deliveries, 90),
      max: percentile(deliveries, 100),
    },
    messages: { ...messages, notWhole: where(({ isWhole }) => !isWhole), gone: gone.length },
  };
}

/** Whether the mapping may still deliver a record. */
function waitingIn({ account, putAtMs, stream }: FinishedThings): (eventId: string) => boolean {
  const final = new Set<string>();
  for (const mapping of account.mappings()) {
    if (mapping.function !== CONSUMER) continue;
    for (const { kind, recordIds } of mapping.decisions) {
      if (FINAL.has(kind)) for (const id of recordIds) final.add(id);
    }
  }
  const keptFromMs = account.now - stream.retentionMs;
  return (eventId) => !final.has(eventId) && putAtMs.get(eventId)! > keptFromMs;
}

/** From a row's first record being put to its first effect that the consumer noted. */
function latencies(
  { eventIds, putAtMs }: FinishedThings,
  writes: ReturnType<typeof changesOf>,
): number[] {
  const firstMs = new Map<string, number>();
  for (const { after, atMs } of writes) {
    const eventId = after?.["eventId"]?.S ?? "";
    if (!firstMs.has(eventId)) firstMs.set(eventId, atMs);
  }
  return eventIds.flatMap((ids) => {
    const effects = ids.flatMap((id) => firstMs.get(id) ?? []);
    if (effects.length === 0) return [];
    return [Math.max(0, Math.min(...effects) - putAtMs.get(ids[0]!)!) / 1_000];
  });
}
