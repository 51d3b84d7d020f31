import { createHash } from "node:crypto";
import { PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { contribute, type Delta } from "./entity";
import { isOn, textFrom } from "./environment";
import { createFailureInjection, injectedFailure } from "./failure-injection";
import { logLine } from "./log";
import { encodeDelta } from "./outbox";
import { decodeChange } from "./state-changes";

/**
 * The workshop's Map, kept to be compared: the sums of the whole batch in one row, named by a hash of the
 * batch. Right only while a failed batch comes back with the same records; a split or a checkpoint after the
 * row is written counts records again.
 *
 * Environment: `OUTBOX_TABLE_NAME`, `REPORT_BATCH_ITEM_FAILURES`, [`PARAMETER_TABLE_NAME`].
 */
export function createMapBatchHashHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const table = textFrom("OUTBOX_TABLE_NAME");
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const injection = createFailureInjection(client, "map");

  return async (event: DynamoDBStreamEvent): Promise<BatchOutcome> => {
    const failAfterCommit = await injection.planned();
    const hash = createHash("sha256");
    const delta: Delta = new Map();
    try {
      for (const record of event.Records) {
        const { next, previous } = decodeChange(record);
        contribute(delta, next, 1n);
        contribute(delta, previous, -1n);
        hash.update(`${record.eventID}\n`);
      }
      await putOnce(client, table, hash.digest("hex"), delta);
    } catch (cause) {
      // The row stands for the whole batch, so the batch's first record is where it stops.
      return stopAt(event.Records[0]?.dynamodb?.SequenceNumber, cause, partialResponses, "map");
    }
    if (failAfterCommit) throw injectedFailure("map");
    logLine("info", "map done", { records: event.Records.length });
    return allDone();
  };
}

async function putOnce(
  client: DynamoDBClient,
  table: string,
  id: string,
  delta: Delta,
): Promise<void> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: { id: { S: id }, d: encodeDelta(delta) },
        ConditionExpression: "attribute_not_exists(id)",
      }),
    );
  } catch (error) {
    if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
  }
}
