import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createCommitEffect } from "./commit-effect";
import type { Delivery, MarkEffect } from "./effect-marker";
import { textFrom } from "./environment";
import { createItemList } from "./item-list";
import { createLogLine } from "./log";
import type { PlacedLines } from "./order-messages";

/** Writes a processed order down, and says so line by line. */
export type RecordProcessed = (
  order: PlacedLines,
  delivery: Delivery,
  context: { getRemainingTimeInMillis(): number },
) => Promise<void>;

/**
 * ProcessOrder's effect: the order's row. It counts how often the order was processed, so that a second time shows.
 *
 * Environment: `PROCESSED_TABLE_NAME`.
 */
export function createRecordProcessed(
  client: DynamoDBClient,
  markEffect: MarkEffect,
): RecordProcessed {
  const table = textFrom("PROCESSED_TABLE_NAME");
  const commit = createCommitEffect(client);
  const itemList = createItemList();
  const log = createLogLine();

  return async ({ items, orderId }, delivery, context) => {
    const effect = {
      Update: {
        TableName: table,
        Key: { orderId: { S: orderId } },
        UpdateExpression: "SET #i = :items ADD processedTimes :one",
        ExpressionAttributeNames: { "#i": "items" },
        ExpressionAttributeValues: { ":items": itemList(items), ":one": { N: "1" } },
      },
    };
    if (!(await commit([effect], markEffect(delivery), context))) {
      log("info", "order was processed before", { orderId });
      return;
    }
    for (const { productId, quantity } of items) {
      log("info", "order item processed", { orderId, productId, quantity });
    }
    log("info", "order processed", { orderId });
  };
}
