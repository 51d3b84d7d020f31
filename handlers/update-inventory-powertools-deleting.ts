import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { connectDynamoDb } from "./connect-dynamodb";
import { createDeleteMessage } from "./delete-message";
import { createInventoryBatch } from "./inventory-batch";
import { createPowertoolsReserve } from "./update-inventory-powertools";

/**
 * UpdateInventory, idempotent by Powertools, that deletes each message it finished, and fails if one failed.
 *
 * Environment: that of `createPowertoolsInventoryHandler` and {@link createDeleteMessage}.
 */
export function createPowertoolsDeletingInventoryHandler(
  connect: () => DynamoDBClient = connectDynamoDb,
) {
  const reserve = createPowertoolsReserve(connect());
  return createInventoryBatch({ reserve, finished: createDeleteMessage() });
}
