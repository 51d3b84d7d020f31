import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, EventBridgeEvent } from "aws-lambda";
import { createChargePayment, type ChargePayment } from "./charge-payment";
import { connectDynamoDb } from "./connect-dynamodb";
import { createMarkEffect } from "./effect-marker";
import { codeOf } from "./failure";
import { logLine } from "./log";
import { createOrderReader } from "./order-messages";
import { createRecordProcessed } from "./process-effect";

/**
 * ProcessOrder: has an order paid and writes it down. Whatever fails, the event is to come again.
 *
 * Environment: `PROCESSED_TABLE_NAME`, and that of {@link createMarkEffect} and {@link createChargePayment}.
 */
export function createProcessOrderHandler(
  connect: () => DynamoDBClient = connectDynamoDb,
  connectPayment: () => ChargePayment = createChargePayment,
) {
  const charge = connectPayment();
  const { readPlaced } = createOrderReader();
  const record = createRecordProcessed(connect(), createMarkEffect("process"));

  return async (event: EventBridgeEvent<string, unknown>, context: Context): Promise<void> => {
    try {
      const order = readPlaced(event.detail);
      const { orderId } = order;
      await charge(orderId);
      const delivery = { orderId, messageId: event.id, payload: JSON.stringify(event) };
      await record(order, delivery, context);
    } catch (error) {
      logLine("error", "order not processed", { eventId: event.id, code: codeOf(error) });
      throw error;
    }
  };
}
