import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { createAcceptOrder } from "./accept-order";
import { createAttemptOf } from "./attempt";
import { connectDynamoDb } from "./connect-dynamodb";
import { codeOf } from "./failure";
import { createOrderKeys } from "./idempotency-key";
import { createLogLine } from "./log";
import { createOrderAnswers } from "./order-answers";

/**
 * PublishOrder with an outbox: answers 202 once the order is stored; Relay publishes it.
 *
 * Environment: `OUTBOX_TABLE_NAME`, `KEY_RETENTION_SECONDS`.
 */
export function createPublishOrderHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const keys = createOrderKeys();
  const accept = createAcceptOrder(connect(), keys);
  const attemptOf = createAttemptOf();
  const answers = createOrderAnswers();
  const log = createLogLine();

  return async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const read = answers.readOrder(event.body);
    if ("refusal" in read) return read.refusal;
    const { order } = read;
    try {
      const orderId = await accept(order, keys.keyOf(event, order), attemptOf(context));
      if (orderId === undefined) return answers.keyReused();
      log("info", "order accepted", { orderId });
      return answers.accepted(orderId);
    } catch (error) {
      log("error", "order not accepted", { code: codeOf(error) });
      return answers.notAccepted();
    }
  };
}
