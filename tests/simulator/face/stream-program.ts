import * as aws from "@pulumi/aws";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import * as pulumi from "@pulumi/pulumi";
import type { KinesisStreamEvent } from "aws-lambda";
import type { Program, SimulatedAws } from "../../../simulator";
import { lambdaFunction, readsStream, type Statement } from "./lambda-function";

export type DestinationKind = "sqs" | "sns" | "s3";

/** The properties of a mapping that a test chooses. */
export type MappingSettings = Partial<
  Pick<
    aws.lambda.EventSourceMappingArgs,
    | "batchSize"
    | "bisectBatchOnFunctionError"
    | "functionResponseTypes"
    | "maximumRecordAgeInSeconds"
    | "maximumRetryAttempts"
  >
>;

/**
 * Fails for every batch that holds the record BAD: by throwing, or by reporting it if REPORT is set; at
 * most TIMES times in one environment.
 */
export function createBatchHandler() {
  let failures = 0;
  return (event: KinesisStreamEvent) => {
    const bad = event.Records.find(
      ({ kinesis }) => Buffer.from(kinesis.data, "base64").toString() === process.env.BAD,
    );
    if (!bad || failures >= Number(process.env.TIMES)) return Promise.resolve(null);
    failures++;
    if (!process.env.REPORT) return Promise.reject(new Error(`cannot process ${process.env.BAD}`));
    const itemIdentifier = bad.kinesis.sequenceNumber;
    return Promise.resolve({ batchItemFailures: [{ itemIdentifier }] });
  };
}

/** One shard, one function, one mapping with a destination of the wanted kind. */
export function streamProgram(
  settings: MappingSettings,
  environment: { BAD: string; REPORT?: string; TIMES?: string },
  kind: DestinationKind = "sqs",
): Program {
  return () => {
    const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
    const { outputs, permission, target } = destination(kind);
    const { lambda, policy } = lambdaFunction("consumer", createBatchHandler, {
      statements: [readsStream(stream), permission],
      environment: { TIMES: "1000000", ...environment },
    });
    new aws.lambda.EventSourceMapping(
      "mapping",
      {
        eventSourceArn: stream.arn,
        functionName: lambda.arn,
        startingPosition: "TRIM_HORIZON",
        destinationConfig: { onFailure: { destinationArn: target } },
        ...settings,
      },
      { dependsOn: [policy] },
    );
    return { ...outputs, streamName: stream.name, streamArn: stream.arn, functionArn: lambda.arn };
  };
}

interface Destination {
  readonly target: pulumi.Output<string>;
  readonly permission: Statement;
  readonly outputs: Record<string, pulumi.Output<string>>;
}

function destination(kind: DestinationKind): Destination {
  if (kind === "s3") {
    const bucket = new aws.s3.Bucket("dead-letters", { forceDestroy: true });
    const resources = [bucket.arn, pulumi.interpolate`${bucket.arn}/*`];
    const permission = { actions: ["s3:PutObject", "s3:ListBucket"], resources };
    return { target: bucket.arn, permission, outputs: { bucket: bucket.bucket } };
  }
  const queue = new aws.sqs.Queue("dead-letters", {});
  const outputs = { queueUrl: queue.url };
  if (kind === "sqs") {
    const permission = { actions: ["sqs:SendMessage"], resources: [queue.arn] };
    return { target: queue.arn, permission, outputs };
  }
  const topic = new aws.sns.Topic("dead-letters", {});
  new aws.sqs.QueuePolicy("dead-letters", {
    queueUrl: queue.url,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queue.arn,
          Condition: { ArnEquals: { "aws:SourceArn": topic.arn } },
        },
      ],
    }),
  });
  new aws.sns.TopicSubscription("dead-letters", {
    topic: topic.arn,
    protocol: "sqs",
    endpoint: queue.arn,
  });
  const permission = { actions: ["sns:Publish"], resources: [topic.arn] };
  return { target: topic.arn, permission, outputs };
}

/** Puts all texts at once, so that they come in one batch. Answers their sequence numbers. */
export async function putTexts(account: SimulatedAws, texts: readonly string[]): Promise<string[]> {
  const { Records = [] } = await account.client(KinesisClient).send(
    new PutRecordsCommand({
      StreamName: String(account.outputs.streamName),
      Records: texts.map((text) => ({ PartitionKey: "one", Data: Buffer.from(text) })),
    }),
  );
  return Records.map(({ SequenceNumber }) => SequenceNumber!);
}

/** The texts in an event from Kinesis. */
export function textsIn(event: unknown): string {
  return (event as KinesisStreamEvent).Records.map(({ kinesis }) =>
    Buffer.from(kinesis.data, "base64").toString(),
  ).join(" ");
}

/** Per invocation of the consumer: the texts in it and how it ended. */
export const batches = (account: SimulatedAws): string[] =>
  account.invocations("consumer").map(({ event, outcome }) => `${textsIn(event)}: ${outcome}`);
