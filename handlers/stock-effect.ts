import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { createCommitEffect } from "./commit-effect";
import type { Delivery, MarkEffect } from "./effect-marker";
import { textFrom } from "./environment";
import { createItemList } from "./item-list";
import { createLogLine } from "./log";
import type { PlacedLines } from "./order-messages";
import { TRANSACTION_LIMIT } from "./transact";

/** Takes an order's products from the stock, and says so line by line. */
export type ReserveStock = (
  order: PlacedLines,
  delivery: Delivery,
  context: { getRemainingTimeInMillis(): number },
) => Promise<void>;

/**
 * UpdateInventory's effect: less of each product, and the order's row, which counts how often that was done. An order
 * of more products than a transaction holds takes several, each with a marker of its own.
 *
 * Environment: `STOCK_TABLE_NAME`, `RESERVED_TABLE_NAME`.
 */
export function createReserveStock(client: DynamoDBClient, markEffect: MarkEffect): ReserveStock {
  const stock = textFrom("STOCK_TABLE_NAME");
  const reserved = textFrom("RESERVED_TABLE_NAME");
  const commit = createCommitEffect(client);
  const itemList = createItemList();
  const log = createLogLine();
  // Beside the products, a transaction holds the order's row and the marker.
  const limit = TRANSACTION_LIMIT - 2;

  /** By product: a transaction cannot hold an item twice. */
  function quantities({ items }: PlacedLines): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const { productId, quantity } of items) {
      sums.set(productId, (sums.get(productId) ?? 0n) + BigInt(quantity));
    }
    return sums;
  }

  /** Below zero, if more is ordered than is there: what is oversold is to be seen. */
  function take(productId: string, quantity: bigint): TransactWriteItem {
    return {
      Update: {
        TableName: stock,
        Key: { productId: { S: productId } },
        UpdateExpression: "ADD quantity :less",
        ExpressionAttributeValues: { ":less": { N: (-quantity).toString() } },
      },
    };
  }

  function noteReserved({ items, orderId }: PlacedLines): TransactWriteItem {
    return {
      Update: {
        TableName: reserved,
        Key: { orderId: { S: orderId } },
        UpdateExpression: "SET #i = :items ADD #t :one",
        ExpressionAttributeNames: { "#i": "items", "#t": "times" },
        ExpressionAttributeValues: { ":items": itemList(items), ":one": { N: "1" } },
      },
    };
  }

  return async (order, delivery, context) => {
    const { orderId } = order;
    const products = [...quantities(order)];
    for (let from = 0, part = 0; from < products.length; from += limit, part += 1) {
      const taken = products.slice(from, from + limit);
      const effect = taken.map(([productId, quantity]) => take(productId, quantity));
      if (part === 0) effect.push(noteReserved(order));
      if (!(await commit(effect, markEffect(delivery, part), context))) {
        log("info", "stock was reserved before", { orderId, part });
        continue;
      }
      for (const [productId, quantity] of taken) {
        log("info", "stock reserved", { orderId, productId, quantity: Number(quantity) });
      }
    }
  };
}
