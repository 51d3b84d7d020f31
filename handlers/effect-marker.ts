import { createHash } from "node:crypto";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { textFrom, wholeFrom } from "./environment";

/** What came to a consumer, by the names that an idempotency may go by. */
export interface Delivery {
  readonly orderId: string;
  /** The event's id on the bus, or the queue's message id: another one if the same order is published again. */
  readonly messageId: string;
  /** All that was delivered, as text. */
  readonly payload: string;
}

/** Makes the write that fails if a delivery's effect was had before; none without idempotency. */
export type MarkEffect = (delivery: Delivery, part?: number) => TransactWriteItem[];

/**
 * A marker is put in the transaction of the effect: both happen, or neither. What it is named by decides what it
 * recognises: `order` knows the order whoever brings it, `message-id` and `payload-hash` only the same message.
 *
 * Environment: `IDEMPOTENCY`, `MARKER_TABLE_NAME`, `MARKER_RETENTION_SECONDS`.
 *
 * @param consumer whose effect it is
 */
export function createMarkEffect(consumer: "process" | "inventory"): MarkEffect {
  const idempotency = textFrom("IDEMPOTENCY");
  const table = textFrom("MARKER_TABLE_NAME");
  const retentionS = wholeFrom("MARKER_RETENTION_SECONDS");

  function nameOf({ messageId, orderId, payload }: Delivery): string | undefined {
    if (idempotency === "order") return orderId;
    if (idempotency === "message-id") return messageId;
    if (idempotency === "payload-hash") return createHash("md5").update(payload).digest("hex");
    return undefined;
  }

  return (delivery, part = 0) => {
    const name = nameOf(delivery);
    if (name === undefined) return [];
    const endsAtS = Math.floor(Date.now() / 1000) + retentionS;
    const id = part === 0 ? `${consumer}#${name}` : `${consumer}#${name}#${part}`;
    return [
      {
        Put: {
          TableName: table,
          Item: { id: { S: id }, ttl: { N: String(endsAtS) } },
          ConditionExpression: "attribute_not_exists(id)",
        },
      },
    ];
  };
}
