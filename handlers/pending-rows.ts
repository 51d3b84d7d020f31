import { QueryCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { applyRows, chunksOfRows, drawLane, type ApplyTarget } from "./apply-rows";
import { decodeRow, PENDING_INDEX, type OutboxRow } from "./outbox";
import type { Invocation } from "./transact";

/** Time that one page may take: a drain ends in good order rather than in a timeout. */
const PAGE_MS = 5_000;

export interface Drained {
  /** Rows that this drain added to the aggregates. */
  readonly applied: number;
  /** Rows that could not be read or applied; they stay pending. */
  readonly failed: number;
  /** What went wrong first. */
  readonly cause?: unknown;
  /** False if time ran out first: the next drain goes on. */
  readonly complete: boolean;
}

/**
 * Applies outbox rows that are pending although they are old: their stream record was given up, expired, or
 * went to a dead letter.
 *
 * @param createdUntilS rows created up to then, in seconds since the epoch
 */
export async function drainPendingRows(
  client: DynamoDBClient,
  target: ApplyTarget,
  createdUntilS: number,
  invocation: Invocation,
): Promise<Drained> {
  const lane = drawLane(target.lanes);
  let applied = 0;
  let failed = 0;
  let cause: unknown;
  let startKey: Record<string, AttributeValue> | undefined;
  do {
    if (invocation.remainingMs() < PAGE_MS) return { applied, failed, cause, complete: false };
    const page = await client.send(
      new QueryCommand({
        TableName: target.outbox,
        IndexName: PENDING_INDEX,
        KeyConditionExpression: "#p = :y AND #c <= :until",
        ExpressionAttributeNames: { "#p": "pending", "#c": "createdAt" },
        ExpressionAttributeValues: { ":y": { S: "y" }, ":until": { N: String(createdUntilS) } },
        ExclusiveStartKey: startKey,
      }),
    );
    // One bad row must not keep the others from the aggregates.
    const rows: OutboxRow[] = [];
    for (const item of page.Items ?? []) {
      try {
        rows.push(decodeRow(item));
      } catch (error) {
        failed += 1;
        cause ??= error;
      }
    }
    for (const chunk of chunksOfRows(rows)) {
      try {
        applied += await applyRows(client, target, chunk, lane, invocation);
      } catch (error) {
        failed += chunk.length;
        cause ??= error;
      }
    }
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
  return { applied, failed, cause, complete: true };
}
