import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { applyTarget } from "./apply-rows";
import { connectDynamoDb } from "./connect-dynamodb";
import { wholeFrom } from "./environment";
import { logLine } from "./log";
import { drainPendingRows, type Drained } from "./pending-rows";
import { invocationOf } from "./transact";

/**
 * Sweep, on a schedule: applies outbox rows that Reduce did not get to within the sweep's age.
 *
 * Environment: as Reduce, and `SWEEP_AGE_SECONDS`.
 */
export function createSweepHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const target = applyTarget();
  const ageS = wholeFrom("SWEEP_AGE_SECONDS");

  return async (_event: unknown, context: Context): Promise<Omit<Drained, "cause">> => {
    const createdUntilS = Math.floor(Date.now() / 1000) - ageS;
    const { cause, ...counts } = await drainPendingRows(
      client,
      target,
      createdUntilS,
      invocationOf(context),
    );
    if (counts.applied > 0 || counts.failed > 0 || !counts.complete) {
      logLine("warn", "sweep found old pending rows", counts);
    }
    if (cause !== undefined) throw cause as Error; // The others are applied; this one must be seen.
    return counts;
  };
}
