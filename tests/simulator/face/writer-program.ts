import {
  DynamoDBClient,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as aws from "@pulumi/aws";
import type { KinesisStreamEvent } from "aws-lambda";
import type { Program } from "../../../simulator";
import { itemsTable } from "./items-table";
import { lambdaFunction, readsStream } from "./lambda-function";

/** What the writer is asked to do. */
export interface WriterEvent {
  /** Writes as transactions, which carry a token. */
  readonly transactions?: boolean;
  /** Goes on after a call that fails, and answers with the names of the errors it saw. */
  readonly tolerant?: boolean;
}

/** Adds 1 to the items `a`, `b` and `c`, one call each: three calls, unless the SDK repeats some. */
export function createWriter() {
  const client = new DynamoDBClient({});
  return async (event: WriterEvent | KinesisStreamEvent) => {
    const { tolerant, transactions } = event as WriterEvent;
    const seen: string[] = [];
    for (const id of ["a", "b", "c"]) {
      const update = {
        TableName: process.env.TABLE_NAME,
        Key: { id: { S: id } },
        UpdateExpression: "ADD hits :one",
        ExpressionAttributeValues: { ":one": { N: "1" } },
      };
      try {
        if (transactions) {
          await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: update }] }));
        } else await client.send(new UpdateItemCommand(update));
        seen.push("ok");
      } catch (cause) {
        if (!tolerant) throw cause;
        seen.push((cause as Error).name);
      }
    }
    return seen;
  };
}

/** The writer with its table, to be invoked directly or through a stream of one shard. */
export const writerProgram: Program = () => {
  const table = itemsTable();
  const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
  const { lambda, policy } = lambdaFunction("writer", createWriter, {
    statements: [{ actions: ["dynamodb:UpdateItem"], resources: [table.arn] }, readsStream(stream)],
    environment: { TABLE_NAME: table.name },
    timeout: 2,
  });
  new aws.lambda.EventSourceMapping(
    "mapping",
    { eventSourceArn: stream.arn, functionName: lambda.arn, startingPosition: "TRIM_HORIZON" },
    { dependsOn: [policy] },
  );
  return { tableName: table.name, streamName: stream.name };
};
