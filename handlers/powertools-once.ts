import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { textFrom, wholeFrom } from "./environment";
import type { PlacedLines } from "./order-messages";

/** Runs a consumer's work for an order, unless it was done. */
export type Once = (
  order: PlacedLines,
  context: Context,
  work: () => Promise<void>,
) => Promise<void>;

/**
 * Powertools' idempotency: a marker of the order, written before the work and completed after it. It is no part of
 * the effect's transaction: between the two writes the effect can be had without the marker knowing.
 *
 * Environment: `MARKER_TABLE_NAME`, `MARKER_RETENTION_SECONDS`.
 *
 * @param consumer begins the marker's id, `<consumer>#<hash of the order id>`
 */
export function createPowertoolsOnce(client: DynamoDBClient, consumer: string): Once {
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName: textFrom("MARKER_TABLE_NAME"),
    expiryAttr: "ttl",
    awsSdkV3Client: client,
  });
  const config = new IdempotencyConfig({
    expiresAfterSeconds: wholeFrom("MARKER_RETENTION_SECONDS"),
  });

  return async (order, context, work) => {
    // The time left decides when a marker whose work never ended is given up.
    config.registerLambdaContext(context);
    const { orderId } = order;
    const run = makeIdempotent(
      async (done: { readonly orderId: string }) => {
        await work();
        return done;
      },
      { persistenceStore, config, keyPrefix: consumer },
    );
    await run({ orderId });
  };
}
