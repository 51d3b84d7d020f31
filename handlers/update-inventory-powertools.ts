import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, SQSRecord } from "aws-lambda";
import { connectDynamoDb } from "./connect-dynamodb";
import { createInventoryBatch, type InventoryWork } from "./inventory-batch";
import { createPowertoolsOnce } from "./powertools-once";
import { createReserveStock } from "./stock-effect";

/**
 * UpdateInventory, idempotent by Powertools: to be compared with a marker in the transaction.
 *
 * Environment: that of {@link createInventoryBatch}, {@link createReserveStock} and {@link createPowertoolsOnce}.
 */
export function createPowertoolsInventoryHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  return createInventoryBatch({ reserve: createPowertoolsReserve(connect()) });
}

/** Reserves with a marker beside the transaction. */
export function createPowertoolsReserve(client: DynamoDBClient): InventoryWork["reserve"] {
  const reserveStock = createReserveStock(client, () => []);
  const once = createPowertoolsOnce(client, "inventory");
  return (order, { messageId }: SQSRecord, context: Context) => {
    const delivery = { orderId: order.orderId, messageId, payload: "" };
    return once(order, context, () => reserveStock(order, delivery, context));
  };
}
