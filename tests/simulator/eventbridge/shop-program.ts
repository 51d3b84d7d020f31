import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { lambdaFunction } from "../face/lambda-function";

export interface PublisherEvent {
  /** Orders, one entry each. */
  readonly orders: readonly number[];
}

/** Puts all orders with one request; answers which of them failed. */
export function createPublisher() {
  const client = new EventBridgeClient({ maxAttempts: 1 });
  return async ({ orders }: PublisherEvent) => {
    const { Entries = [], FailedEntryCount } = await client.send(
      new PutEventsCommand({
        Entries: orders.map((order) => ({
          EventBusName: process.env.BUS_NAME,
          Source: "shop",
          DetailType: "placed",
          Detail: JSON.stringify({ order }),
        })),
      }),
    );
    const failed = orders.filter((_, at) => Entries[at]?.ErrorCode === "InternalFailure");
    return { failed, FailedEntryCount };
  };
}

/** A bus with a short name, a rule, a function and a queue as its targets, and dead letters. */
export function shopProgram(): Record<string, pulumi.Output<string>> {
  // Names that are declared before what they belong to: the account has to find the order by itself.
  const bus = new aws.cloudwatch.EventBus("z-bus", { name: "shop" });
  const rule = new aws.cloudwatch.EventRule("y-placed", {
    name: "placed",
    eventBusName: bus.name,
    eventPattern: JSON.stringify({ source: ["shop"], "detail-type": ["placed"] }),
  });
  const inbox = new aws.sqs.Queue("inbox");
  const dead = new aws.sqs.Queue("dead");
  for (const [name, queue] of Object.entries({ inbox, dead })) {
    new aws.sqs.QueuePolicy(`${name}-policy`, {
      queueUrl: queue.url,
      policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: queue.arn,
            Condition: { ArnEquals: { "aws:SourceArn": rule.arn } },
          },
        ],
      }),
    });
  }
  const consumer = lambdaFunction("consumer", () => async (event: unknown) => event);
  new aws.lambda.Permission("a-permission", {
    action: "lambda:InvokeFunction",
    function: consumer.lambda.name,
    principal: "events.amazonaws.com",
    sourceArn: rule.arn,
  });
  for (const [name, arn] of Object.entries({ consumer: consumer.lambda.arn, inbox: inbox.arn })) {
    new aws.cloudwatch.EventTarget(`a-${name}`, {
      ...{ rule: rule.name, eventBusName: bus.name, arn },
      deadLetterConfig: { arn: dead.arn },
    });
  }
  const archive = new aws.cloudwatch.EventArchive("a-archive", { eventSourceArn: bus.arn });
  const publisher = lambdaFunction("publisher", createPublisher, {
    statements: [{ actions: ["events:PutEvents"], resources: [bus.arn] }],
    environment: { BUS_NAME: bus.name },
  });
  return {
    ...{ busArn: bus.arn, inboxUrl: inbox.url, deadUrl: dead.url, archiveArn: archive.arn },
    publisher: publisher.lambda.name,
  };
}
