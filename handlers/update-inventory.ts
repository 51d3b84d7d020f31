import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, SQSRecord } from "aws-lambda";
import { connectDynamoDb } from "./connect-dynamodb";
import { createMarkEffect } from "./effect-marker";
import { createInventoryBatch, type InventoryWork } from "./inventory-batch";
import { createReserveStock } from "./stock-effect";

/**
 * UpdateInventory: takes each order's products from the stock.
 *
 * Environment: that of {@link createInventoryBatch}, {@link createReserveStock} and {@link createMarkEffect}.
 */
export function createUpdateInventoryHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  return createInventoryBatch({ reserve: createMarkedReserve(connect()) });
}

/** Reserves with a marker in the transaction. */
export function createMarkedReserve(client: DynamoDBClient): InventoryWork["reserve"] {
  const reserveStock = createReserveStock(client, createMarkEffect("inventory"));
  return (order, { body, messageId }: SQSRecord, context: Context) => {
    const delivery = { orderId: order.orderId, messageId, payload: body };
    return reserveStock(order, delivery, context);
  };
}
