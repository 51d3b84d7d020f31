import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { MappingDecision, Program, SimulatedAws } from "../../../simulator";
import { messagesOf } from "../../drained";
import { createMessageHandler } from "./course-functions";
import { countNames, rangesOf, stepsOf, type Example, type Replayed } from "./example";
import { courseFunction } from "./resources";

interface QueueExample {
  readonly fifo?: boolean;
  /** By message: how often it fails. */
  readonly failures: Readonly<Record<string, number>>;
  /** Whether the function reports what failed; it throws if not. */
  readonly reports?: boolean;
}

/** Receives before a message goes to the dead-letter queue. */
const RECEIVES_MAX = 2;

export const QUEUE_EXAMPLES: readonly Example[] = [
  example("receive-count", "one message that always fails, maxReceiveCount 2", {
    failures: { 1: 1_000 },
  }),
  example(
    "fifo",
    "one message group, 4 messages that fail 0, 1, 1 and 2 times and are reported, maxReceiveCount 2",
    { fifo: true, failures: { 1: 0, 2: 1, 3: 1, 4: 2 }, reports: true },
  ),
];

function example(name: string, title: string, given: QueueExample): Example {
  return { name, title, program: queueProgram(given), play: (account) => play(account, given) };
}

function queueProgram({ failures, fifo = false, reports = false }: QueueExample): Program {
  return () => {
    const kind = fifo ? { fifoQueue: true, contentBasedDeduplication: true } : {};
    const dead = new aws.sqs.Queue("dead", kind);
    const jobs = new aws.sqs.Queue("jobs", {
      ...kind,
      redrivePolicy: pulumi.jsonStringify({
        deadLetterTargetArn: dead.arn,
        maxReceiveCount: RECEIVES_MAX,
      }),
    });
    const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    const { consumer, policy } = courseFunction(createMessageHandler, {
      statements: [{ actions, resources: [jobs.arn] }],
      environment: { FAILURES: JSON.stringify(failures), ...(reports && { REPORT: "yes" }) },
    });
    new aws.lambda.EventSourceMapping(
      "mapping",
      {
        eventSourceArn: jobs.arn,
        functionName: consumer.arn,
        ...(reports && { functionResponseTypes: ["ReportBatchItemFailures"] }),
      },
      { dependsOn: [policy] },
    );
    return { jobsUrl: jobs.url, deadUrl: dead.url };
  };
}

async function play(account: SimulatedAws, { failures, fifo }: QueueExample): Promise<Replayed> {
  const client = account.client(SQSClient);
  const nameOf = new Map<string, string>();
  for (const name of Object.keys(failures)) {
    const { MessageId } = await client.send(
      new SendMessageCommand({
        QueueUrl: String(account.outputs["jobsUrl"]),
        MessageBody: name,
        ...(fifo && { MessageGroupId: "one" }),
      }),
    );
    nameOf.set(MessageId!, name);
  }
  await account.settle({ withinSeconds: 3_600 });
  const { decisions } = account.mappings()[0]!;
  const namesIn = ({ recordIds }: MappingDecision): string[] =>
    recordIds.map((id) => nameOf.get(id)!);
  const dead = await messagesOf(account, String(account.outputs["deadUrl"]));
  const names = dead.map(({ Body }) => Body!).sort();
  const sent = decisions.filter(({ kind }) => kind === "send");
  return {
    steps: stepsOf(timedSteps(account, decisions, namesIn, nameOf)),
    facts: [`In the dead-letter queue: ${names.length === 0 ? "nothing" : rangesOf(names)}.`],
    deliveries: countNames(sent.map(namesIn)),
  };
}

function timedSteps(
  account: SimulatedAws,
  decisions: readonly MappingDecision[],
  namesIn: (decision: MappingDecision) => string[],
  nameOf: ReadonlyMap<string, string>,
): { atMs: number; text: string }[] {
  const steps = decisions.flatMap((decision, at) => {
    if (decision.kind !== "send") return [];
    const after: MappingDecision[] = [];
    // One batch at a time: what follows is about it, up to the next.
    for (let next = at + 1; decisions[next] && decisions[next]!.kind !== "send"; next += 1) {
      after.push(decisions[next]!);
    }
    // Which of them is only worth saying where they end differently.
    const ended = after
      .map((each) => (after.length > 1 ? `${rangesOf(namesIn(each))} ` : "") + endingOf(each))
      .join(", ");
    return [{ atMs: decision.atMs, text: `[${rangesOf(namesIn(decision))}] ${ended}` }];
  });
  // A message is moved when it would be received once too often.
  for (const { atMs, label } of account.trace.entries) {
    const id = / (\S+) moves to /.exec(label)?.[1];
    const name = id === undefined ? undefined : nameOf.get(id);
    if (name !== undefined) steps.push({ atMs, text: `[${name}] not sent → dead-letter queue` });
  }
  return steps.sort((a, b) => a.atMs - b.atMs);
}

function endingOf({ kind, reason }: MappingDecision): string {
  if (kind === "ok") return "ok";
  const failed = reason === "reported by the function" ? "reported" : "failed";
  return `${failed} → back to the queue`;
}
