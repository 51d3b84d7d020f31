import { createHash } from "node:crypto";
import { GetItemCommand, UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KinesisStreamRecord } from "aws-lambda";
import { textFrom } from "./environment";

/** What came of a record. */
export type ThingOutcome = "ok" | "timeout" | "bad-format" | "infrastructure";

/** What is known of each record: a row with its last `outcome` and how many `times` it had an effect. */
export interface ThingLedger {
  /**
   * Whether a record is to be left alone, for it had its effect. Always false without idempotency.
   *
   * @param isRedriven taken out of the queue that it had been put into: that effect is had no more
   */
  readonly isDone: (record: KinesisStreamRecord, isRedriven: boolean) => Promise<boolean>;
  /** Notes an effect. */
  readonly note: (record: KinesisStreamRecord, outcome: ThingOutcome) => Promise<void>;
}

/**
 * An effect is noted after it was had. An invocation that ends between the two has it again: that, too, is to be seen
 * in the queues.
 *
 * Environment: `THING_TABLE_NAME`, `IDEMPOTENCY`.
 */
export function createThingLedger(client: DynamoDBClient): ThingLedger {
  const TableName = textFrom("THING_TABLE_NAME");
  const idempotency = textFrom("IDEMPOTENCY");
  const Get = GetItemCommand;
  const Update = UpdateItemCommand;
  const hash = createHash;

  function keyOf({ eventID, kinesis }: KinesisStreamRecord): { id: { S: string } } {
    if (idempotency !== "payload-hash") return { id: { S: eventID } };
    return { id: { S: `md5#${hash("md5").update(kinesis.data).digest("hex")}` } };
  }

  return {
    async isDone(record, isRedriven) {
      if (idempotency === "none") return false;
      const Key = keyOf(record);
      const { Item } = await client.send(new Get({ TableName, Key, ConsistentRead: true }));
      return Item !== undefined && (!isRedriven || Item["outcome"]?.S === "ok");
    },
    async note(record, outcome) {
      await client.send(
        new Update({
          TableName,
          Key: keyOf(record),
          UpdateExpression: "SET #o = :outcome, #e = :event ADD #t :one",
          ExpressionAttributeNames: { "#o": "outcome", "#e": "eventId", "#t": "times" },
          ExpressionAttributeValues: {
            ":outcome": { S: outcome },
            ":event": { S: record.eventID },
            ":one": { N: "1" },
          },
        }),
      );
    },
  };
}
