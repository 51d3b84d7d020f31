import { DynamoDBClient, PutItemCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Deployment, type SimulatedAws, type Synthesis } from "../../../simulator";
import { Refusal } from "../../failure";
import type { Given, SampleEvent } from "./sample-events";

/** What would invoke functions beside the one invocation that is asked for. */
const FEEDERS = [
  "aws:lambda/eventSourceMapping:EventSourceMapping",
  "aws:cloudwatch/eventTarget:EventTarget",
];

/** The same program, with nothing in it that feeds a function. */
export function unfed({ synthesis }: Deployment): Deployment {
  const resources = synthesis.resources.filter(({ type }) => !FEEDERS.includes(type));
  return new Deployment({ ...synthesis, resources });
}

/**
 * Puts into the account what an event finds there, and answers the event with its placeholders filled in.
 *
 * @throws Refusal if it names something that the stack has not
 */
export async function prepareAccount(
  account: SimulatedAws,
  { resources }: Synthesis,
  { given, text }: SampleEvent,
): Promise<unknown> {
  const resource = (name: string) => {
    const found = resources.find((each) => each.name === name);
    if (found) return found;
    throw new Refusal(`The event needs ${name}, which this stack has not.`);
  };
  const physical = (name: string): string => resource(name).id;
  await putItems(account, given, physical);
  await putObjects(account, given, physical);
  const values = new Map<string, string>();
  for (const [stream, texts] of Object.entries(given.records ?? {})) {
    // Pulumi's id of a stream is its ARN.
    const StreamARN = String(resource(stream).outputs["arn"]);
    values.set(`${stream}.arn`, StreamARN);
    for (const [at, data] of texts.entries()) {
      const { SequenceNumber } = await account.client(KinesisClient).send(
        new PutRecordCommand({
          StreamARN,
          PartitionKey: "sample",
          Data: Buffer.from(data),
        }),
      );
      values.set(`${stream}.${at + 1}`, SequenceNumber!);
    }
  }
  return JSON.parse(
    text.replace(/\{\{([\w.-]+)\}\}/g, (placeholder, name: string) => {
      const value = values.get(name);
      if (value !== undefined) return value;
      throw new Refusal(`The event holds ${placeholder}, which nothing beside it gives.`);
    }),
  ) as unknown;
}

async function putItems(
  account: SimulatedAws,
  { tables = {} }: Given,
  physical: (name: string) => string,
): Promise<void> {
  const client = account.client(DynamoDBClient);
  for (const [table, items] of Object.entries(tables)) {
    for (const item of items) {
      const Item = item as Record<string, AttributeValue>;
      await client.send(new PutItemCommand({ TableName: physical(table), Item }));
    }
  }
}

async function putObjects(
  account: SimulatedAws,
  { objects = {} }: Given,
  physical: (name: string) => string,
): Promise<void> {
  const client = account.client(S3Client);
  for (const [bucket, contents] of Object.entries(objects)) {
    for (const [Key, content] of Object.entries(contents)) {
      const Body = typeof content === "string" ? content : JSON.stringify(content);
      await client.send(new PutObjectCommand({ Bucket: physical(bucket), Key, Body }));
    }
  }
}
