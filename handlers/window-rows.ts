import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { textFrom } from "./environment";
import type { Trip, UncleanReason } from "./trip-messages";

/**
 * What a row of the aggregates counts, by attribute. A vendor's: `pickups`, `passengers`, `distanceHundredths`,
 * `fareCents`, `totalCents`; that of what was dropped: `dropped`, and the same by reason.
 */
export type Sums = Readonly<Record<string, number>>;

/** A row of the aggregates: a vendor's in a window, or of what was dropped in a window. */
export interface RowKey {
  /** Absent: the row of what was dropped. */
  readonly vendorId?: string;
  /** `2026-01-01T00:05:00Z`. */
  readonly windowStart: string;
  readonly windowEnd: string;
}

/** An update that adds to a row, and makes it if there is none. */
export interface RowUpdate {
  readonly TableName: string;
  readonly Key: Record<string, AttributeValue>;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
  readonly ConditionExpression?: string;
}

export interface WindowRows {
  /** `vendor#<vendorId>#<windowStart>`, or `unclean#<windowStart>`. */
  readonly idOf: (key: RowKey) => string;
  readonly addition: (key: RowKey, sums: Sums) => RowUpdate;
  /**
   * The same once: a row remembers, of each shard, the last record that it was told of, and takes nothing that begins
   * at or before it.
   */
  readonly additionOnce: (
    key: RowKey,
    sums: Sums,
    range: { readonly shardId: string; readonly first: string; readonly last: string },
  ) => RowUpdate;
  /** What a trip adds to its vendor's row. */
  readonly sumsOf: (trip: Trip) => Sums;
  /** What a dropped row adds. */
  readonly droppedFor: (reason: UncleanReason) => Sums;
  /** The window of an instant, in milliseconds since the epoch. */
  readonly windowAt: (ms: number) => Pick<RowKey, "windowStart" | "windowEnd">;
}

/**
 * Made once per environment: a serialized function of ours at module level is made anew at each call.
 *
 * Environment: `AGGREGATE_TABLE_NAME`.
 *
 * @param windowMs length of the windows that {@link WindowRows.windowAt} makes; they begin at whole multiples of it
 */
export function createWindowRows(windowMs: number): WindowRows {
  const table = textFrom("AGGREGATE_TABLE_NAME");
  const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  // Of thousands of trips in a row, nearly all begin in the same window.
  let last: { startMs: number; window: Pick<RowKey, "windowStart" | "windowEnd"> } | undefined;

  const idOf = ({ vendorId, windowStart }: RowKey): string =>
    vendorId === undefined ? `unclean#${windowStart}` : `vendor#${vendorId}#${windowStart}`;

  // Sequence numbers have up to 56 digits, more than a number of DynamoDB's: compared as text, they need one length.
  const padded = (sequenceNumber: string): AttributeValue => ({
    S: sequenceNumber.padStart(64, "0"),
  });

  function addition(key: RowKey, sums: Sums): RowUpdate {
    const { vendorId, windowEnd, windowStart } = key;
    const sets = ["#start = :start", "#end = :end"];
    const adds: string[] = [];
    const names: Record<string, string> = { "#start": "windowStart", "#end": "windowEnd" };
    const values: Record<string, AttributeValue> = {
      ":start": { S: windowStart },
      ":end": { S: windowEnd },
    };
    if (vendorId !== undefined) {
      sets.push("#vendor = :vendor");
      names["#vendor"] = "vendorId";
      values[":vendor"] = { S: vendorId };
    }
    for (const [at, [name, value]] of Object.entries(sums).entries()) {
      adds.push(`#a${at} :a${at}`);
      names[`#a${at}`] = name;
      values[`:a${at}`] = { N: String(value) };
    }
    return {
      TableName: table,
      Key: { id: { S: idOf(key) } },
      UpdateExpression: `SET ${sets.join(", ")} ADD ${adds.join(", ")}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    };
  }

  return {
    idOf,
    addition,
    additionOnce(key, sums, { first, last, shardId }) {
      const update = addition(key, sums);
      return {
        ...update,
        UpdateExpression: `SET #shard = :last, ${update.UpdateExpression.slice("SET ".length)}`,
        ConditionExpression: "attribute_not_exists(#shard) OR #shard < :first",
        ExpressionAttributeNames: { ...update.ExpressionAttributeNames, "#shard": shardId },
        ExpressionAttributeValues: {
          ...update.ExpressionAttributeValues,
          ":first": padded(first),
          ":last": padded(last),
        },
      };
    },
    sumsOf: ({ distanceHundredths, fareCents, passengers, totalCents }) => ({
      pickups: 1,
      passengers,
      distanceHundredths,
      fareCents,
      totalCents,
    }),
    droppedFor: (reason) => ({ dropped: 1, [reason]: 1 }),
    windowAt(ms) {
      const startMs = Math.floor(ms / windowMs) * windowMs;
      if (last?.startMs !== startMs) {
        const window = {
          windowStart: isoSeconds(startMs),
          windowEnd: isoSeconds(startMs + windowMs),
        };
        last = { startMs, window };
      }
      return last.window;
    },
  };
}
