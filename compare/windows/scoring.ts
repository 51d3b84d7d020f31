import { DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import type { StreamFacts } from "../stream-facts";
import { costOf } from "../cost";
import {
  assumptionsOf,
  changesOf,
  maxIteratorAgeSeconds,
  outcomesOf,
  percentilesOf,
} from "../measures";
import type { RunResult } from "../result";
import { attribute, type Attribution, type Counting } from "./attribute";
import { classifyRows, type Classified } from "./classify";
import { deadLetteredIn } from "./dead-letters";
import { fatesOf, type Fates } from "./fates";
import { CONSUMER, windowPromise, type WindowPromise, type WindowTopology } from "./topology";
import {
  addChange,
  ContentTally,
  differingRows,
  windowStart,
  type WindowSums,
} from "./window-sums";
import type { ProducedRow, TripWorkload } from "./workload";

/** A run that has come to its end. */
export interface FinishedTrips {
  readonly account: Account;
  readonly topology: WindowTopology;
  readonly workload: TripWorkload;
  /** By record: its event id. */
  readonly eventIds: readonly string[];
  readonly startMs: number;
  readonly stream: StreamFacts;
}

type Scored = Omit<RunResult, "workload" | "seed" | "score" | "seconds" | "finishedSeconds">;

/**
 * Accounts for every row on the stream.
 *
 * @throws Error if the writes, joined with the invocations, do not add up to what the aggregates hold
 */
export async function scoreTrips(run: FinishedTrips): Promise<Scored> {
  const { account, workload } = run;
  // First of all: what is read from here on is not part of the run.
  const usage = account.usage;
  const assumptions = assumptionsOf(account);
  const trace = account.trace.hash;
  const invocations = account.invocations(CONSUMER);
  const { arrivedMs, classified, fates, held, promise } = await examineTrips(run);
  const expected = expectedSums(workload.rows, classified, promise, arrivedMs);
  const different = differingRows(held, expected).length;
  const all = new Set([...held.keys(), ...expected.keys()]).size;
  return {
    exact: different === 0,
    consistent: classified.counts.duplicated === 0,
    records: classified.counts,
    latencySeconds: percentilesOf(latencies(workload.rows, classified, arrivedMs)),
    maxIteratorAgeSeconds: maxIteratorAgeSeconds(account),
    invocations: outcomesOf(invocations),
    costUsd: costOf({
      usage,
      producedRecords: classified.counts.produced,
      stream: run.stream,
      idleRun: { mbMs: 0 },
    }),
    trace,
    trips: {
      ...blockOf(run, classified, promise),
      rows: { all, exact: all - different },
      statesDropped: fates.statesDropped,
      ...(workload.file && { file: { ...workload.file, badRows: [...workload.file.badRows] } }),
    },
    assumptions,
  };
}

/** What a finished run's writes, invocations and dead letters say of its rows. */
export interface TripFindings {
  readonly promise: WindowPromise;
  readonly countings: readonly Counting[];
  readonly classified: Classified;
  readonly deadLettered: ReadonlySet<string>;
  readonly fates: Fates;
  /** What the aggregates hold. */
  readonly held: WindowSums;
  /** When a row arrived, in virtual milliseconds since the epoch. */
  readonly arrivedMs: (row: ProducedRow) => number;
}

/**
 * Joins everything that is known of a run's rows. Reading the dead letters is no part of the run.
 *
 * @throws Error if the writes, joined with the invocations, do not add up to what the aggregates hold
 */
export async function examineTrips(run: FinishedTrips): Promise<TripFindings> {
  const { account, eventIds, stream, topology, workload } = run;
  const endMs = account.now;
  const invocations = account.invocations(CONSUMER);
  const promise = await windowPromise(account, topology);
  const attribution = attribute({
    ledger: changesOf(account, topology.windowsLedgerTableName),
    aggregates: changesOf(account, topology.windowsAggregateTableName),
    invocations,
    records: workload.records,
    eventIds,
    ownWindowMs: promise.mode === "exact" ? promise.windowMs : undefined,
  });
  const held = await readSums(account, topology);
  refuseDisagreement(held, attribution);

  const putAtMs = putTimes(run);
  const keptFromMs = endMs - stream.retentionMs;
  const fates = fatesOf(account, (eventId) => putAtMs.byEventId.get(eventId)! > keptFromMs);
  const deadLettered = await deadLetteredIn(account, topology, { eventIds, invocations });
  const { arrivalMs, countings } = attribution;
  const { rows } = workload;
  const classified = classifyRows({ rows, eventIds, countings, deadLettered, fates });
  const arrivedMs = (row: ProducedRow): number =>
    arrivalMs.get(row.record) ?? putAtMs.byRecord[row.record]!;
  return { promise, countings, classified, deadLettered, fates, held, arrivedMs };
}

function blockOf(
  { workload }: FinishedTrips,
  { countedTwice, lostWithState, trips, unclean }: Classified,
  { mode, windowMs }: WindowPromise,
) {
  const { copies, late, records } = workload;
  const ofKind = (kind: string): number => records.filter((each) => each.kind === kind).length;
  const corruptAggregates = ofKind("corrupt");
  const isElsewhere = ({ row: { content }, windowMs: countsInMs }: Counting): boolean =>
    typeof content !== "string" && windowStart(content.pickupMs, windowMs) !== countsInMs;
  return {
    mode,
    windowSeconds: windowMs / 1_000,
    produced: {
      records: records.length,
      aggregates: ofKind("aggregate") + corruptAggregates,
      corruptAggregates,
      late,
      copies,
    },
    counted: trips.size,
    countedTwice,
    otherWindow: [...trips.values()].filter((countings) => countings.some(isElsewhere)).length,
    unclean: { ...unclean },
    lostWithState,
  };
}

/** What the aggregates must hold: each trip once, in the window that the mode promises. */
function expectedSums(
  rows: readonly ProducedRow[],
  { classes }: Classified,
  { mode, windowMs }: WindowPromise,
  arrivedMs: (row: ProducedRow) => number,
): WindowSums {
  const expected = new ContentTally();
  for (const [at, row] of rows.entries()) {
    if (classes[at] === "superseded") continue;
    const { content } = row;
    const isUnclean = typeof content === "string";
    const ms = isUnclean || mode === "tumbling" ? arrivedMs(row) : content.pickupMs;
    expected.add(content, windowStart(ms, windowMs));
  }
  return expected.sums();
}

/** The aggregates as any reader sees them: through the SDK. */
async function readSums(
  account: Account,
  { windowsAggregateTableName }: WindowTopology,
): Promise<WindowSums> {
  const client = account.client(DynamoDBClient);
  const sums: WindowSums = new Map();
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: windowsAggregateTableName,
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    for (const after of page.Items ?? []) addChange(sums, { after });
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return sums;
}

function refuseDisagreement(held: WindowSums, { countings }: Attribution): void {
  const counted = new ContentTally();
  for (const { row, windowMs } of countings) counted.add(row.content, windowMs);
  const different = differingRows(held, counted.sums());
  if (different.length === 0) return;
  throw new Error(`Rows are not what the trips counted add up to: ${different.join(", ")}.`);
}

function putTimes({ eventIds, startMs, workload }: FinishedTrips) {
  const byRecord: number[] = [];
  const byEventId = new Map<string, number>();
  for (const { atMs, records } of workload.puts) {
    for (const { index } of records) {
      byRecord[index] = startMs + atMs;
      byEventId.set(eventIds[index]!, startMs + atMs);
    }
  }
  return { byRecord, byEventId };
}

/** From a trip's arrival, its first copy's, to its first effect in the aggregates. */
function latencies(
  rows: readonly ProducedRow[],
  { classes, trips }: Classified,
  arrivedMs: (row: ProducedRow) => number,
): number[] {
  const seconds: number[] = [];
  for (const [at, row] of rows.entries()) {
    const { content } = row;
    if (typeof content === "string" || classes[at] !== "processed") continue;
    const { atMs } = trips.get(content.id)![0]!;
    seconds.push(Math.max(0, atMs - arrivedMs(row)) / 1_000);
  }
  return seconds;
}
