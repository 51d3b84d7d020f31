import { QueryCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { textFrom, wholeFrom } from "./environment";
import { codeOf, failure } from "./failure";
import { logLine } from "./log";
import { createReadOutboxItem } from "./order-outbox";
import { PENDING_INDEX } from "./outbox";
import type { PublishOutbox } from "./publish-outbox";

/** Time that one page of the sweep may take. */
const PAGE_MS = 15_000;

/**
 * Publishes orders that are pending although they are old: their stream record was given up, or expired. Rejects, after
 * all others are published, if one is left behind.
 *
 * Environment: `OUTBOX_TABLE_NAME`, `SWEEP_AGE_SECONDS`.
 */
export function createSweepOutbox(
  client: DynamoDBClient,
  { publish, requestsOf }: PublishOutbox,
): (context: Context) => Promise<void> {
  const table = textFrom("OUTBOX_TABLE_NAME");
  const sweepAgeS = wholeFrom("SWEEP_AGE_SECONDS");
  const readOrder = createReadOutboxItem();

  return async (context) => {
    const createdUntilS = Math.floor(Date.now() / 1000) - sweepAgeS;
    let found = 0;
    let cause: unknown;
    let startKey: Record<string, AttributeValue> | undefined;
    do {
      if (context.getRemainingTimeInMillis() < PAGE_MS) break; // The next sweep goes on.
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: PENDING_INDEX,
          KeyConditionExpression: "#p = :y AND #c <= :until",
          ExpressionAttributeNames: { "#p": "pending", "#c": "createdAt" },
          ExpressionAttributeValues: { ":y": { S: "y" }, ":until": { N: String(createdUntilS) } },
          Limit: 100,
          ExclusiveStartKey: startKey,
        }),
      );
      const orders = (page.Items ?? []).map(readOrder).filter((order) => order !== undefined);
      for (const request of requestsOf(orders)) {
        found += request.length;
        // One bad row must not keep the others from the bus.
        const missed = await publish(request, context).catch((error: unknown) => {
          cause ??= error;
        });
        if (missed) cause ??= failure("NOT_PUBLISHED", "Orders are still not on the bus.");
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    if (found === 0) return;
    const code = cause === undefined ? undefined : codeOf(cause);
    logLine("warn", "sweep found old pending orders", { orders: found, code });
    if (cause !== undefined) throw cause as Error;
  };
}
