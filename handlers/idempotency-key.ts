import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { textFrom, wholeFrom } from "./environment";
import { contentHashOf, sha256, type OrderRequest } from "./order-messages";

/** A client's `Idempotency-Key`, with what it was used for. */
export interface OrderKey {
  /** Of its row. */
  readonly id: string;
  readonly contentHash: string;
}

/** What a key's row says. */
export interface KnownKey {
  readonly orderId: string;
  readonly contentHash: string;
  /** Whether the order's event is known to be on the bus; kept by `direct` publishing alone. */
  readonly published: boolean;
}

export interface OrderKeys {
  /**
   * The key of a request, if it has one. Keys belong to whom the gateway authenticated: nobody can learn of another's
   * orders by guessing. Without authorisation all callers are one.
   */
  readonly keyOf: (event: APIGatewayProxyEvent, order: OrderRequest) => OrderKey | undefined;
  /** Takes a key for an order, unless it is taken. */
  readonly claim: (key: OrderKey, orderId: string) => TransactWriteItem;
  /** A key's row. */
  readonly read: (row: Readonly<Record<string, AttributeValue>> | undefined) => KnownKey;
}

/** Environment: `OUTBOX_TABLE_NAME`, `KEY_RETENTION_SECONDS`. */
export function createOrderKeys(): OrderKeys {
  const table = textFrom("OUTBOX_TABLE_NAME");
  const retentionS = wholeFrom("KEY_RETENTION_SECONDS");

  function headerOf({ headers }: APIGatewayProxyEvent): string | undefined {
    for (const name in headers) {
      if (name.toLowerCase() === "idempotency-key") return headers[name];
    }
    return undefined;
  }

  return {
    keyOf(event, order) {
      const key = headerOf(event);
      if (key === undefined || key === "") return undefined;
      const { caller, userArn } = event.requestContext.identity;
      const principal = userArn ?? caller ?? "anonymous";
      return { id: `key#${sha256(`${principal}\n${key}`)}`, contentHash: contentHashOf(order) };
    },
    claim(key, orderId) {
      const nowS = Math.floor(Date.now() / 1000);
      return {
        Put: {
          TableName: table,
          Item: {
            id: { S: key.id },
            orderId: { S: orderId },
            contentHash: { S: key.contentHash },
            ttl: { N: String(nowS + retentionS) },
          },
          // DynamoDB removes expired rows within days: one that is still there is forgotten all the same.
          ConditionExpression: "attribute_not_exists(id) OR #t < :now",
          ExpressionAttributeNames: { "#t": "ttl" },
          ExpressionAttributeValues: { ":now": { N: String(nowS) } },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        },
      };
    },
    read: (row) => ({
      orderId: row?.["orderId"]?.S ?? "",
      contentHash: row?.["contentHash"]?.S ?? "",
      published: row?.["published"]?.BOOL ?? false,
    }),
  };
}
