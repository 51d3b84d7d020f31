import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, EventBridgeEvent } from "aws-lambda";
import { createChargePayment, type ChargePayment } from "./charge-payment";
import { connectDynamoDb } from "./connect-dynamodb";
import { codeOf } from "./failure";
import { logLine } from "./log";
import { createOrderReader } from "./order-messages";
import { createPowertoolsOnce } from "./powertools-once";
import { createRecordProcessed } from "./process-effect";

/**
 * ProcessOrder, idempotent by Powertools: to be compared with a marker in the transaction.
 *
 * Environment: `PROCESSED_TABLE_NAME`, and that of {@link createPowertoolsOnce} and {@link createChargePayment}.
 */
export function createPowertoolsProcessOrderHandler(
  connect: () => DynamoDBClient = connectDynamoDb,
  connectPayment: () => ChargePayment = createChargePayment,
) {
  const client = connect();
  const charge = connectPayment();
  const { readPlaced } = createOrderReader();
  const record = createRecordProcessed(client, () => []);
  const once = createPowertoolsOnce(client, "process");

  return async (event: EventBridgeEvent<string, unknown>, context: Context): Promise<void> => {
    try {
      const order = readPlaced(event.detail);
      const { orderId } = order;
      await once(order, context, async () => {
        await charge(orderId);
        const delivery = { orderId, messageId: event.id, payload: "" };
        await record(order, delivery, context);
      });
    } catch (error) {
      logLine("error", "order not processed", { eventId: event.id, code: codeOf(error) });
      throw error;
    }
  };
}
