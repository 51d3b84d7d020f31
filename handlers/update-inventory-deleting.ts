import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { connectDynamoDb } from "./connect-dynamodb";
import { createDeleteMessage } from "./delete-message";
import { createInventoryBatch } from "./inventory-batch";
import { createMarkedReserve } from "./update-inventory";

/**
 * UpdateInventory that deletes each message it finished, and fails if one failed.
 *
 * Environment: that of `createUpdateInventoryHandler` and {@link createDeleteMessage}.
 */
export function createDeletingInventoryHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const reserve = createMarkedReserve(connect());
  return createInventoryBatch({ reserve, finished: createDeleteMessage() });
}
