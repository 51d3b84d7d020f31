import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as aws from "@pulumi/aws";
import type { Program, SimulatedAws } from "../../../simulator";
import { messagesOf } from "../../drained";
import { inWords } from "../../words";
import { createFailingHandler } from "./course-functions";
import { stepsOf, type Example, type Replayed } from "./example";
import { allowSending, courseFunction } from "./resources";

interface AsynchronousExample {
  /** @default the function's defaults: 2 retries, 6 hours */
  readonly config?: Partial<aws.lambda.FunctionEventInvokeConfigArgs>;
  readonly reservedConcurrentExecutions?: number;
}

export const ASYNCHRONOUS_EXAMPLES: readonly Example[] = [
  asynchronous("async-retries", "an asynchronous event that always fails, 2 retries", {}),
  asynchronous("async-age-60", "the same, at most 60 s old", {
    config: { maximumEventAgeInSeconds: 60 },
  }),
  asynchronous("async-age-90", "the same, at most 90 s old", {
    config: { maximumEventAgeInSeconds: 90 },
  }),
  asynchronous(
    "zero-concurrency",
    "an asynchronous event for a function with reserved concurrency 0",
    {
      reservedConcurrentExecutions: 0,
    },
  ),
  {
    name: "target-refused",
    title: "a rule's target refuses EventBridge, which may try 185 times",
    program: targetProgram(),
    play: playTarget,
  },
];

function asynchronous(name: string, title: string, given: AsynchronousExample): Example {
  return { name, title, program: asynchronousProgram(given), play: playAsynchronous };
}

function asynchronousProgram({ config, ...settings }: AsynchronousExample): Program {
  return () => {
    const failures = new aws.sqs.Queue("failures");
    const { consumer } = courseFunction(createFailingHandler, {
      statements: [{ actions: ["sqs:SendMessage"], resources: [failures.arn] }],
      ...settings,
    });
    new aws.lambda.FunctionEventInvokeConfig("consumer", {
      functionName: consumer.name,
      destinationConfig: { onFailure: { destination: failures.arn } },
      ...config,
    });
    return { failuresUrl: failures.url };
  };
}

/** What the destination is told. */
interface Told {
  readonly requestContext: {
    readonly condition: string;
    readonly approximateInvokeCount: number;
  };
}

async function playAsynchronous(account: SimulatedAws): Promise<Replayed> {
  const sentAtMs = account.now;
  await account.client(LambdaClient).send(
    new InvokeCommand({
      FunctionName: "consumer",
      InvocationType: "Event",
      Payload: Buffer.from("{}"),
    }),
  );
  await account.settle({ withinSeconds: 7 * 3_600 });
  const runs = account.invocations("consumer");
  const [event] = account.asynchronousEvents("consumer");
  const [letter] = await messagesOf(account, String(account.outputs["failuresUrl"]));
  const { approximateInvokeCount, condition } = (JSON.parse(letter!.Body!) as Told).requestContext;
  const steps = runs.map(({ endedAt, outcome, startedAt }, at) => {
    const next = runs[at + 1];
    const failed = outcome === "throttled" ? "throttled, not run" : "failed";
    if (next === undefined) return { atMs: startedAt, text: `${failed} → given up: ${condition}` };
    const wait = inWords(Math.round((next.startedAt - (endedAt ?? startedAt)) / 1000));
    return { atMs: startedAt, text: `${failed} → again in ${wait}` };
  });
  const ended = inWords(Math.round(((event?.endedAtMs ?? sentAtMs) - sentAtMs) / 1000));
  return {
    steps: stepsOf(steps),
    facts: [
      `Given up ${ended} after it was sent.`,
      `The destination is told: ${condition}, approximateInvokeCount ${approximateInvokeCount}.`,
    ],
  };
}

/** A rule whose target, a queue, has no policy that would let EventBridge send to it. */
function targetProgram(): Program {
  return () => {
    const bus = new aws.cloudwatch.EventBus("orders");
    const rule = new aws.cloudwatch.EventRule("placed", {
      eventBusName: bus.name,
      eventPattern: JSON.stringify({ source: ["shop"] }),
    });
    const inbox = new aws.sqs.Queue("inbox");
    const dead = new aws.sqs.Queue("dead");
    allowSending("dead", dead, "events.amazonaws.com", rule.arn);
    new aws.cloudwatch.EventTarget("inbox", {
      rule: rule.name,
      eventBusName: bus.name,
      arn: inbox.arn,
      deadLetterConfig: { arn: dead.arn },
    });
    return { busName: bus.name, deadUrl: dead.url };
  };
}

async function playTarget(account: SimulatedAws): Promise<Replayed> {
  await account.client(EventBridgeClient).send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: String(account.outputs["busName"]),
          Source: "shop",
          DetailType: "placed",
          Detail: "{}",
        },
      ],
    }),
  );
  await account.settle({ withinSeconds: 25 * 3_600 });
  const [letter] = await messagesOf(account, String(account.outputs["deadUrl"]));
  const told = (name: string): string => letter?.MessageAttributes?.[name]?.StringValue ?? "none";
  const refusals = account.trace.entries.filter(({ label }) => label.startsWith("rule "));
  const last = refusals.filter(({ label }) => label.includes(told("ERROR_CODE")));
  return {
    steps: stepsOf(
      last.map(({ atMs }, at) => ({
        atMs,
        text: `refused: ${told("ERROR_CODE")} → ${at === last.length - 1 ? "dead-letter queue" : "retry"}`,
      })),
    ),
    facts: [
      `The dead letter says: ${told("ERROR_CODE")}, RETRY_ATTEMPTS ${told("RETRY_ATTEMPTS")}.`,
    ],
  };
}
