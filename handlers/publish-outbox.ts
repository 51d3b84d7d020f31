import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { textFrom, wholeFrom } from "./environment";
import { createMarkPublished, type OutboxOrder } from "./order-outbox";
import { ENTRIES_LIMIT, type PutOrderEvents } from "./put-order-events";

/** EventBridge's limit on one request is 1 MiB; an entry is little more than its detail. */
const REQUEST_BYTES = 1_000_000;

type Clock = { getRemainingTimeInMillis(): number };

export interface PublishOutbox {
  /** Cuts orders into what one request takes, in order. */
  readonly requestsOf: <T extends OutboxOrder>(orders: readonly T[]) => T[][];
  /** Publishes one request's worth. Resolves to the first order that is not published, if there is one. */
  readonly publish: <T extends OutboxOrder>(
    orders: readonly T[],
    context: Clock,
  ) => Promise<T | undefined>;
}

/** Environment: `OUTBOX_TABLE_NAME`, `OUTBOX_RETENTION_SECONDS`. */
export function createPublishOutbox(client: DynamoDBClient, put: PutOrderEvents): PublishOutbox {
  const table = textFrom("OUTBOX_TABLE_NAME");
  const markPublished = createMarkPublished(client, table, wholeFrom("OUTBOX_RETENTION_SECONDS"));

  return {
    requestsOf<T extends OutboxOrder>(orders: readonly T[]): T[][] {
      const requests: T[][] = [];
      let bytes = 0;
      for (const order of orders) {
        const size = Buffer.byteLength(order.detail) + 100;
        const last = requests.at(-1);
        if (last === undefined || last.length === ENTRIES_LIMIT || bytes + size > REQUEST_BYTES) {
          requests.push([order]);
          bytes = size;
        } else {
          last.push(order);
          bytes += size;
        }
      }
      return requests;
    },
    async publish(orders, context) {
      const details = orders.map(({ detail }) => detail);
      const open = await put(details, () => context.getRemainingTimeInMillis());
      const done = orders.filter((_, at) => !open.includes(at));
      // All of them are awaited: what is still on its way when a handler answers is cut short.
      const marks = await Promise.allSettled(done.map((order) => markPublished(order)));
      const refused = marks.find((mark) => mark.status === "rejected");
      if (refused !== undefined) throw refused.reason;
      return open[0] === undefined ? undefined : orders[open[0]];
    },
  };
}
