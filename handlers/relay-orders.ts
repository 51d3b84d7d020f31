import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import { stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { failure } from "./failure";
import { createLogLine } from "./log";
import { createReadOutboxItem, type OutboxOrder } from "./order-outbox";
import { createPublishOutbox } from "./publish-outbox";
import { createPutOrderEvents, type PutOrderEvents } from "./put-order-events";
import { createSweepOutbox } from "./sweep-outbox";

/** An order, and where it stands in the stream. */
interface Streamed extends OutboxOrder {
  readonly sequenceNumber: string | undefined;
}

/**
 * Relay: publishes what the outbox holds. Fed by the table's stream; on a schedule it sweeps for orders that the
 * stream did not bring, so that an accepted order is published however long that takes. It may be published twice.
 *
 * Environment: that of {@link createPublishOutbox}, {@link createSweepOutbox} and {@link createPutOrderEvents}.
 */
export function createRelayOrdersHandler(
  connect: () => DynamoDBClient = connectDynamoDb,
  connectBus: () => PutOrderEvents = createPutOrderEvents,
) {
  const client = connect();
  const outbox = createPublishOutbox(client, connectBus());
  const sweep = createSweepOutbox(client, outbox);
  const readOrder = createReadOutboxItem();
  const log = createLogLine();

  return async (
    event: DynamoDBStreamEvent | { readonly source: string },
    context: Context,
  ): Promise<BatchOutcome> => {
    if ("Records" in event) return relay(event, context);
    await sweep(context);
    return { batchItemFailures: [] };
  };

  async function relay(event: DynamoDBStreamEvent, context: Context): Promise<BatchOutcome> {
    const { bad, orders } = decodeInserts(event);
    for (const request of outbox.requestsOf(orders)) {
      let position = request[0]?.sequenceNumber;
      try {
        const missed = await outbox.publish(request, context);
        if (missed === undefined) continue;
        position = missed.sequenceNumber;
        throw failure("NOT_PUBLISHED", "An order is not on the bus.");
      } catch (cause) {
        return stopAt(position, cause, true, "relay");
      }
    }
    if (bad !== undefined) return stopAt(bad.sequenceNumber, bad.cause, true, "relay");
    if (orders.length > 0) log("info", "relay done", { orders: orders.length });
    return { batchItemFailures: [] };
  }

  /** Only inserts are orders to publish; the first row that cannot be read ends the list. */
  function decodeInserts(event: DynamoDBStreamEvent): {
    readonly orders: Streamed[];
    readonly bad?: { readonly sequenceNumber: string | undefined; readonly cause: unknown };
  } {
    const orders: Streamed[] = [];
    for (const { dynamodb, eventName } of event.Records) {
      if (eventName !== "INSERT") continue;
      const sequenceNumber = dynamodb?.SequenceNumber;
      try {
        const order = readOrder(dynamodb?.NewImage as Record<string, AttributeValue> | undefined);
        if (order !== undefined) orders.push({ ...order, sequenceNumber });
      } catch (cause) {
        return { orders, bad: { sequenceNumber, cause } };
      }
    }
    return { orders };
  }
}
