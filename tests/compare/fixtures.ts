import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Image, Invocation, Write } from "../../compare/account";
import type { Row } from "../../compare/compare";
import type { ErrorBlock } from "../../compare/errors/result";
import { ENDS, type End, type OrderBlock } from "../../compare/orders/result";
import type { TripBlock } from "../../compare/windows/result";
import type { ProducedRecord } from "../../compare/aggregation/workload";
import type { Message } from "../../handlers/messages";

export function messageOf(given: Partial<Message> = {}): Message {
  return {
    id: "a",
    hierarchy: ["x", "y", "z"],
    version: 1,
    valueMinor: 1,
    producedAt: 0,
    ...given,
  };
}

/** Records in this order; undefined stands for data that nothing can decode. */
export function recordsOf(messages: readonly (Message | undefined)[]): ProducedRecord[] {
  return messages.map((message, index) => ({
    index,
    data: message === undefined ? `{"id": ${index}` : JSON.stringify(message),
    partitionKey: String(index),
    ...(message && { message }),
  }));
}

/** The item of the state table or the ledger that a message becomes. */
export function itemOf(message: Message): Image {
  const leaf = message.hierarchy.join("::");
  const content = `${leaf}\n${message.valueMinor}\n${message.deleted ? 1 : 0}`;
  return {
    id: { S: message.id },
    version: { N: String(message.version) },
    contentHash: { S: createHash("sha256").update(content).digest("hex").slice(0, 32) },
    group: { S: leaf },
    valueMinor: { N: String(message.valueMinor) },
    deleted: { BOOL: message.deleted ?? false },
  };
}

/** An outbox row that adds `value` on the path x, x::y, x::y::z, for `count` entities. */
export function rowOf(id: string, value: number, count: number, more: object = {}): Image {
  const groups: Record<string, AttributeValue> = {};
  for (const group of ["x", "x::y", "x::y::z"]) if (value) groups[group] = { N: String(value) };
  if (count) groups["message_count"] = { N: String(count) };
  return { id: { S: id }, d: { M: groups }, ...more };
}

/** Writes that bring the aggregates from one state of the path to another. */
export function aggregateWrites(
  at: Pick<Write, "atMs" | "requestId">,
  from: readonly [number, number],
  to: readonly [number, number],
): Write[] {
  const keys = ["x", "x::y", "x::y::z", "message_count"];
  return keys.flatMap((group) => {
    const kind = group === "message_count" ? 1 : 0;
    if (from[kind] === to[kind]) return [];
    const item = (value: number): Image => ({ id: { S: `${group}#0` }, v: { N: String(value) } });
    return [{ ...at, changed: true, before: item(from[kind]), after: item(to[kind]) }];
  });
}

export function invocationOf(requestId: string, records: readonly object[]): Invocation {
  return { requestId, startedAt: 0, event: { Records: records }, billedMs: 1, logs: [] };
}

/** A row of a comparison in which everything went well. */
export function goodRow(given: Partial<Row> = {}): Row {
  return {
    stack: "dev",
    workload: "burst",
    seed: 1,
    settings: {},
    exact: true,
    consistent: true,
    score: 100,
    small: { runs: 20, exact: 20, consistent: 20 },
    records: {
      produced: 10_000,
      processed: 8_350,
      superseded: 1_650,
      lost: 0,
      duplicated: 0,
      deadLettered: { good: 0, bad: 0 },
      pending: 0,
      alreadyApplied: 0,
    },
    seconds: { virtual: 180, wall: 2 },
    latencySeconds: { p50: 1.2, p99: 5, max: 9 },
    maxIteratorAgeSeconds: 3,
    invocations: { ok: 1_000, error: 50, timeout: 0, killed: 0, throttled: 0 },
    costUsd: { usage: 0.02, provisionedPerHour: 0.3, perMillionRecords: 2 },
    trace: "0".repeat(64),
    verdict: "Right.",
    finishedSeconds: 20,
    ...given,
  };
}

/** What a run of `orders` comes to in which everything went well. */
export function goodOrders(): OrderBlock {
  const endedBy = Object.fromEntries(ENDS.map((end) => [end, 0])) as Record<End, number>;
  return {
    answers: { accepted: 2_000, invalid: 110, conflict: 20, throttled: 0, error: 0, none: 0 },
    refused: 0,
    answeredWrongly: 0,
    processedTwice: 0,
    poison: { deadLettered: 0, lost: 0, pending: 0 },
    oversoldUnits: 0,
    deadLetters: { total: 0, neverInvoked: 0, endedBy },
    clientErrors: 0,
  };
}

/** What a run of `trips` comes to in which everything went well. */
export function goodTrips(): TripBlock {
  return {
    mode: "exact",
    windowSeconds: 300,
    produced: { records: 12_000, aggregates: 500, corruptAggregates: 4, late: 200, copies: 200 },
    counted: 19_500,
    countedTwice: 0,
    otherWindow: 0,
    unclean: { due: 400, counted: 400, lost: 0 },
    rows: { all: 16, exact: 16 },
    statesDropped: 0,
    lostWithState: 0,
  };
}

/** What a run of `errors` comes to in which everything went well. */
export function goodErrors(): ErrorBlock {
  return {
    things: { ok: 80, badFormat: 10, infra: 10 },
    copies: 5,
    ended: { done: 72, dlq: 10, timeout: 16, infra: 2, givenUp: 0, pending: 0, lost: 0 },
    duplicates: {
      ...{ repeated: 0, copied: 0, extraEffects: 0, mostEffects: 1 },
      ...{ doneAgain: 0, doneAndQueued: 0 },
    },
    deliveries: { total: 110, p50: 1, p90: 1, max: 3 },
    messages: { dlq: 10, timeout: 16, infra: 2, notWhole: 0, gone: 0 },
    durationMs: {
      p50: 270,
      p90: 700,
      p99: 1_100,
      max: 1_100,
      histogram: [
        { upToMs: 100, count: 0 },
        { upToMs: 500, count: 20 },
        { upToMs: 1_000, count: 4 },
        { upToMs: null, count: 1 },
      ],
    },
  };
}
