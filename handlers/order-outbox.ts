import {
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { failure } from "./failure";
import type { OrderPlaced } from "./order-messages";

/**
 * An accepted order, which is its own outbox event: `pending` says that it is still to be published. One row, so
 * that there is no order without its event and no event without its order.
 */
export interface OutboxOrder {
  /** `order#` and the order id. */
  readonly id: string;
  /** The event's detail, as JSON. */
  readonly detail: string;
}

type Row = Record<string, AttributeValue>;

/** Makes the function that makes an order's row. */
export function createOutboxItem(): (order: OrderPlaced) => Row {
  return (order) => ({
    id: { S: `order#${order.orderId}` },
    orderId: { S: order.orderId },
    detail: { S: JSON.stringify(order) },
    pending: { S: "y" },
    createdAt: { N: String(Math.floor(Date.now() / 1000)) },
  });
}

/**
 * Makes the function that reads an order from a stream image or a query; undefined for the table's other rows, the
 * clients' keys. It throws an Error with code `UNDECODABLE_ROW`.
 */
export function createReadOutboxItem(): (
  image: Readonly<Row> | undefined,
) => OutboxOrder | undefined {
  return (image) => {
    const id = image?.["id"]?.S;
    if (id !== undefined && !id.startsWith("order#")) return undefined;
    const detail = image?.["detail"]?.S;
    if (id === undefined || detail === undefined) {
      throw failure("UNDECODABLE_ROW", "A row of the outbox lacks its id or its detail.");
    }
    return { id, detail };
  };
}

/** Makes the function that notes that an order is on the bus. Doing so twice is harmless. */
export function createMarkPublished(
  client: DynamoDBClient,
  table: string,
  retentionS: number,
): (order: OutboxOrder) => Promise<void> {
  const Command = UpdateItemCommand;
  return async (order) => {
    const nowS = Math.floor(Date.now() / 1000);
    const update = new Command({
      TableName: table,
      Key: { id: { S: order.id } },
      UpdateExpression: "SET publishedAt = :now, #t = :ttl REMOVE pending",
      ConditionExpression: "attribute_exists(pending)",
      ExpressionAttributeNames: { "#t": "ttl" },
      ExpressionAttributeValues: {
        ":now": { N: String(nowS) },
        ":ttl": { N: String(nowS + retentionS) },
      },
    });
    try {
      await client.send(update);
    } catch (error) {
      // Sweep and stream met over this order, or our own update's answer was lost.
      if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
    }
  };
}
