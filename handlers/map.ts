import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { isOn, textFrom } from "./environment";
import type { Failure } from "./failure";
import { createFailureInjection, injectedFailure } from "./failure-injection";
import { foldSteps, STEPS_PER_CHUNK, type FoldTables } from "./fold";
import { logLine } from "./log";
import { planSteps, type PlannedSteps } from "./state-changes";
import { invocationOf, type Invocation } from "./transact";

/**
 * Map: folds the state table's changes into the ledger, and puts what they add to the aggregates in the
 * outbox. Exact under any retry, split, order or replay, because a change is known by its entity and version,
 * not by the batch that brought it.
 *
 * Environment: `LEDGER_TABLE_NAME`, `OUTBOX_TABLE_NAME`, `REPORT_BATCH_ITEM_FAILURES`, [`PARAMETER_TABLE_NAME`].
 */
export function createMapHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const tables = { ledger: textFrom("LEDGER_TABLE_NAME"), outbox: textFrom("OUTBOX_TABLE_NAME") };
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const injection = createFailureInjection(client, "map");

  return async (event: DynamoDBStreamEvent, context: Context): Promise<BatchOutcome> => {
    const records = event.Records;
    const failAfterCommit = await injection.planned();
    const invocation = invocationOf(context);
    for (let start = 0; start < records.length; start += STEPS_PER_CHUNK) {
      const chunk = records.slice(start, start + STEPS_PER_CHUNK);
      const bad = await foldRecords(client, tables, chunk, invocation);
      if (bad !== undefined) {
        const sequenceNumber = chunk[bad.index]?.dynamodb?.SequenceNumber;
        return stopAt(sequenceNumber, bad.cause, partialResponses, "map");
      }
    }
    if (failAfterCommit) throw injectedFailure("map");
    logLine("info", "map done", { records: records.length });
    return allDone();
  };
}

/**
 * Folds one chunk up to its first bad record, and returns that one. Where DynamoDB names the entity that it
 * refuses, the records before it are folded on their own; a fault without a name counts against the first.
 */
async function foldRecords(
  client: DynamoDBClient,
  tables: FoldTables,
  records: readonly DynamoDBRecord[],
  invocation: Invocation,
): Promise<PlannedSteps["bad"]> {
  const { steps, bad } = planSteps(records);
  try {
    await foldSteps(client, tables, steps, invocation);
    return bad;
  } catch (cause) {
    const { entityId } = cause as Failure;
    const index = records.findIndex(({ dynamodb }) => dynamodb?.Keys?.["id"]?.S === entityId);
    if (entityId === undefined || index <= 0) return { index: 0, cause };
    return (
      (await foldRecords(client, tables, records.slice(0, index), invocation)) ?? { index, cause }
    );
  }
}
