import { UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { createAttemptOf } from "./attempt";
import { connectDynamoDb } from "./connect-dynamodb";
import { textFrom } from "./environment";
import { codeOf, failure } from "./failure";
import { createOrderKeys, type KnownKey, type OrderKey } from "./idempotency-key";
import { createLogLine } from "./log";
import { createOrderAnswers } from "./order-answers";
import { createDrawOrderId, createPlace, type OrderRequest } from "./order-messages";
import { createPutOrderEvents, type PutOrderEvents } from "./put-order-events";
import { contentionBudget, createTransact, type Invocation } from "./transact";

/**
 * PublishOrder without an outbox: answers 202 once the order is on the bus, 500 when the attempts run out. A request
 * whose answer is lost leaves an order that its client does not know of; only a key makes the next attempt the same
 * order, though its event may then be on the bus twice.
 *
 * Environment: `OUTBOX_TABLE_NAME` (keys), `KEY_RETENTION_SECONDS`, and that of {@link createPutOrderEvents}.
 */
export function createPublishOrderDirectHandler(
  connect: () => DynamoDBClient = connectDynamoDb,
  connectBus: () => PutOrderEvents = createPutOrderEvents,
) {
  const client = connect();
  const publish = connectBus();
  const table = textFrom("OUTBOX_TABLE_NAME");
  const transact = createTransact(client);
  const attemptOf = createAttemptOf();
  const keys = createOrderKeys();
  const answers = createOrderAnswers();
  const drawOrderId = createDrawOrderId();
  const place = createPlace();
  const log = createLogLine();

  return async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const read = answers.readOrder(event.body);
    if ("refusal" in read) return read.refusal;
    const { order } = read;
    const attempt = attemptOf(context);
    try {
      const key = keys.keyOf(event, order);
      const known = key && (await take(key, attempt));
      if (known && known.contentHash !== key?.contentHash) return answers.keyReused();
      const orderId = known?.orderId ?? drawOrderId();
      if (!known?.published) {
        await publishAs(orderId, order, attempt);
        if (key) await rememberPublished(key);
      }
      log("info", "order accepted", { orderId });
      return answers.accepted(orderId);
    } catch (error) {
      log("error", "order not accepted", { code: codeOf(error) });
      return answers.notAccepted();
    }
  };

  /** Takes a key for a new order, or says what it was taken for. */
  async function take(key: OrderKey, attempt: Invocation): Promise<KnownKey> {
    const orderId = drawOrderId();
    const items = [keys.claim(key, orderId)];
    const reasons = await transact(items, attempt.nextToken(), attempt, contentionBudget());
    if (reasons !== undefined) return keys.read(reasons[0]?.Item);
    return { orderId, contentHash: key.contentHash, published: false };
  }

  async function publishAs(orderId: string, order: OrderRequest, attempt: Invocation) {
    const detail = JSON.stringify(place(order, orderId));
    const open = await publish([detail], () => attempt.remainingMs());
    if (open.length > 0) throw failure("NOT_PUBLISHED", "The order is not on the bus.");
  }

  async function rememberPublished(key: OrderKey): Promise<void> {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: key.id } },
        UpdateExpression: "SET published = :yes",
        ExpressionAttributeValues: { ":yes": { BOOL: true } },
      }),
    );
  }
}
