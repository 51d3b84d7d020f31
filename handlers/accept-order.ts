import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { textFrom } from "./environment";
import { failure } from "./failure";
import type { OrderKey, OrderKeys } from "./idempotency-key";
import { createDrawOrderId, createPlace, type OrderRequest } from "./order-messages";
import { createOutboxItem } from "./order-outbox";
import { contentionBudget, createTransact, type Invocation } from "./transact";

/** Of 2^32 ids: that so many draws in a row are taken says that something else is wrong. */
const DRAWS = 5;

/**
 * Stores an order to be published, with the client's key if there is one, all or nothing. Resolves to the order id, an
 * earlier one for a key that came with the same order; undefined for a key that came with another order.
 *
 * @throws Error with a code, or the SDK's: the order may be stored all the same
 */
export type AcceptOrder = (
  order: OrderRequest,
  key: OrderKey | undefined,
  invocation: Invocation,
) => Promise<string | undefined>;

/** Environment: `OUTBOX_TABLE_NAME`. */
export function createAcceptOrder(client: DynamoDBClient, keys: OrderKeys): AcceptOrder {
  const table = textFrom("OUTBOX_TABLE_NAME");
  const transact = createTransact(client);
  const { left } = contentionBudget();
  const drawOrderId = createDrawOrderId();
  const place = createPlace();
  const outboxItem = createOutboxItem();

  return async (order, key, invocation) => {
    const budget = { left };
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const orderId = drawOrderId();
      const stored = {
        Put: {
          TableName: table,
          Item: outboxItem(place(order, orderId)),
          ConditionExpression: "attribute_not_exists(id)",
        },
      };
      const items = key === undefined ? [stored] : [stored, keys.claim(key, orderId)];
      const reasons = await transact(items, invocation.nextToken(), invocation, budget);
      if (reasons === undefined) return orderId;
      if (reasons[1]?.Code === "ConditionalCheckFailed") {
        const known = keys.read(reasons[1].Item);
        return known.contentHash === key?.contentHash ? known.orderId : undefined;
      }
    }
    throw failure("NO_ORDER_ID", `${DRAWS} order ids in a row were taken.`);
  };
}
