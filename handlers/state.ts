import { UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KinesisStreamEvent } from "aws-lambda";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { isOn, textFrom } from "./environment";
import { createFailureInjection, injectedFailure } from "./failure-injection";
import { logLine } from "./log";
import { createMessageReader } from "./messages";

/**
 * State: keeps the newest version of each entity, one conditional update per message, in order. It stops at
 * the first record that fails, of whatever age: nothing is skipped and reported as done.
 *
 * Environment: `STATE_TABLE_NAME`, `REPORT_BATCH_ITEM_FAILURES`, [`PARAMETER_TABLE_NAME`].
 */
export function createStateHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const table = textFrom("STATE_TABLE_NAME");
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const injection = createFailureInjection(client, "state");
  const accept = createAcceptor(client, table);

  return async (event: KinesisStreamEvent): Promise<BatchOutcome> => {
    const records = event.Records;
    const failAt = (await injection.planned()) ? Math.floor(Math.random() * records.length) : -1;
    let superseded = 0;
    for (const [index, { kinesis }] of records.entries()) {
      if (index === failAt) throw injectedFailure("state");
      try {
        if (!(await accept(kinesis.data))) superseded += 1;
      } catch (cause) {
        return stopAt(kinesis.sequenceNumber, cause, partialResponses, "state");
      }
    }
    logLine("info", "state done", { records: records.length, superseded });
    return allDone();
  };
}

/** Makes the function that writes one message. It resolves to whether the message is the newest of its entity. */
function createAcceptor(client: DynamoDBClient, table: string): (data: string) => Promise<boolean> {
  const { contentHashOf, decode, leafOf } = createMessageReader();
  const Update = UpdateItemCommand;
  const fixed = {
    TableName: table,
    UpdateExpression: "SET #v = :v, #h = :h, #g = :g, #m = :m, #d = :d",
    ConditionExpression: "attribute_not_exists(id) OR #v < :v OR (#v = :v AND #h < :h)",
    ExpressionAttributeNames: {
      "#v": "version",
      "#h": "contentHash",
      "#g": "group",
      "#m": "valueMinor",
      "#d": "deleted",
    },
  };

  return async (data) => {
    const { id, hierarchy, version, valueMinor, deleted = false } = decode(data);
    const leaf = leafOf(hierarchy);
    const update = new Update({
      ...fixed,
      Key: { id: { S: id } },
      ExpressionAttributeValues: {
        ":v": { N: `${version}` },
        ":h": { S: contentHashOf(leaf, valueMinor, deleted) },
        ":g": { S: leaf },
        ":m": { N: `${valueMinor}` },
        ":d": { BOOL: deleted },
      },
    });
    try {
      await client.send(update);
      return true;
    } catch (error) {
      // Also how a resend of our own update ends whose answer was lost: the item is there, which is what counts.
      if ((error as Error).name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  };
}
