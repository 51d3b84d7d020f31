import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { SQSEvent } from "aws-lambda";
import type { Program, SimulatedAws } from "../../../simulator";
import { lambdaFunction } from "../face/lambda-function";

export interface QueueProgramArgs {
  readonly mapping?: Partial<aws.lambda.EventSourceMappingArgs>;
  readonly queue?: Partial<aws.sqs.QueueArgs>;
  /** Seconds. @default 3 */
  readonly timeout?: number;
  readonly reservedConcurrentExecutions?: number;
  /** What the role may do with the queue. Default: all that a mapping needs. */
  readonly actions?: readonly string[];
}

/** Tells a queue of each message; throws afterwards for `bad`. */
function createWorker() {
  const sqs = new SQSClient({});
  return async ({ Records }: SQSEvent): Promise<void> => {
    for (const { body } of Records) {
      await sqs.send(new SendMessageCommand({ QueueUrl: process.env.DONE, MessageBody: body }));
      if (body === "bad") throw new Error("cannot process this");
    }
  };
}

const MAPPING_ACTIONS = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

/** A queue with a dead-letter queue after two receives, and a function `worker` that consumes it. */
export function queueProgram(args: QueueProgramArgs = {}): Program {
  const { actions = MAPPING_ACTIONS, reservedConcurrentExecutions, timeout } = args;
  return () => {
    const dead = new aws.sqs.Queue("dead");
    const done = new aws.sqs.Queue("done");
    const jobs = new aws.sqs.Queue("jobs", {
      redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 }),
      ...args.queue,
    });
    const { lambda, policy } = lambdaFunction("worker", createWorker, {
      statements: [
        { actions: actions.map((action) => `sqs:${action}`), resources: [jobs.arn] },
        { actions: ["sqs:SendMessage"], resources: [done.arn] },
      ],
      environment: { DONE: done.url },
      timeout,
      reservedConcurrentExecutions,
    });
    new aws.lambda.EventSourceMapping(
      "jobs-mapping",
      { eventSourceArn: jobs.arn, functionName: lambda.arn, ...args.mapping },
      { dependsOn: [policy] },
    );
    return { jobs: jobs.url, dead: dead.url, done: done.url, jobsArn: jobs.arn };
  };
}

/** Sends all bodies with one request. */
export async function sendJobs(account: SimulatedAws, ...bodies: string[]): Promise<void> {
  await account.client(SQSClient).send(
    new SendMessageBatchCommand({
      QueueUrl: String(account.outputs.jobs),
      Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  );
}

/** What can be received from one of the program's queues. */
export async function received(
  account: SimulatedAws,
  queue: "jobs" | "dead" | "done",
): Promise<string[]> {
  const { Messages = [] } = await account.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: String(account.outputs[queue]),
      MaxNumberOfMessages: 10,
    }),
  );
  return Messages.map(({ Body }) => Body!);
}

/** Per invocation: the bodies in it and how it ended. */
export const runs = (account: SimulatedAws): string[] =>
  account
    .invocations("worker")
    .map(
      ({ event, outcome }) =>
        `${(event as SQSEvent).Records.map(({ body }) => body).join(" ")}: ${outcome}`,
    );
