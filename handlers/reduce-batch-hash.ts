import { createHash } from "node:crypto";
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import { additions } from "./apply-rows";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import type { Delta } from "./entity";
import { isOn, textFrom } from "./environment";
import { createFailureInjection, injectedFailure } from "./failure-injection";
import { logLine } from "./log";
import { decodeRow } from "./outbox";
import { contentionBudget, invocationOf, transact } from "./transact";

/**
 * The workshop's Reduce, kept to be compared: adds the sums of the whole batch in one transaction whose client
 * request token is a hash of the batch. Right only while a failed batch comes back with the same rows, and
 * within the ten minutes that DynamoDB remembers a token.
 *
 * Environment: `AGGREGATE_TABLE_NAME`, `REPORT_BATCH_ITEM_FAILURES`, [`PARAMETER_TABLE_NAME`].
 */
export function createReduceBatchHashHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const table = textFrom("AGGREGATE_TABLE_NAME");
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const injection = createFailureInjection(client, "reduce");

  return async (event: DynamoDBStreamEvent, context: Context): Promise<BatchOutcome> => {
    const failAfterCommit = await injection.planned();
    const hash = createHash("sha256");
    const sum: Delta = new Map();
    const inserts = event.Records.filter(({ eventName }) => eventName === "INSERT");
    try {
      for (const { dynamodb, eventID } of inserts) {
        const row = decodeRow(dynamodb?.NewImage as Record<string, AttributeValue> | undefined);
        for (const [group, value] of row.delta) sum.set(group, (sum.get(group) ?? 0n) + value);
        hash.update(`${eventID}\n`);
      }
      const items = additions(table, sum, 0);
      const token = hash.digest("hex").slice(0, 36);
      if (items.length > 0) {
        await transact(client, items, token, invocationOf(context), contentionBudget());
      }
    } catch (cause) {
      return stopAt(inserts[0]?.dynamodb?.SequenceNumber, cause, partialResponses, "reduce");
    }
    if (failAfterCommit) throw injectedFailure("reduce");
    if (inserts.length > 0) logLine("info", "reduce done", { rows: inserts.length });
    return allDone();
  };
}
