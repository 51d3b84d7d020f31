import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import * as aws from "@pulumi/aws";
import type { MappingDecision, Program, SimulatedAws } from "../../../simulator";
import { messagesOf } from "../../drained";
import { createBatchHandler } from "./course-functions";
import { countNames, rangesOf, stepsOf, type Example, type Replayed } from "./example";
import { allowSending, courseFunction, halfAndHalf } from "./resources";

type MappingSettings = Partial<aws.lambda.EventSourceMappingArgs>;

/** What {@link createBatchHandler} is told. */
interface Environment {
  readonly BAD: string;
  readonly REPORT?: string;
  readonly TIMES?: string;
}

interface StreamExample {
  readonly settings: MappingSettings;
  readonly environment: Environment;
  /** How many records are put at once. */
  readonly records: number;
  /** Whether dead letters go to a topic; to a queue if not. */
  readonly topic?: boolean;
  /** What the second version is told, which half of the invocations meet. @default there is one version, and no alias */
  readonly canary?: Environment;
}

const BISECT = { bisectBatchOnFunctionError: true };
const CHECKPOINT = { functionResponseTypes: ["ReportBatchItemFailures"] };
const TWO_RETRIES = { batchSize: 10, maximumRetryAttempts: 2 };
const REPORTS_8 = { BAD: "8", REPORT: "yes" };

export const STREAM_EXAMPLES: readonly Example[] = [
  example("bisect", "batch of 10, record 3 always fails, 2 retries, bisect, dead letters to SNS", {
    settings: { ...TWO_RETRIES, ...BISECT },
    environment: { BAD: "3" },
    records: 10,
    topic: true,
  }),
  example(
    "without-bisect",
    "the same without bisect: batch of 10, record 3 always fails, 2 retries",
    {
      settings: TWO_RETRIES,
      environment: { BAD: "3" },
      records: 10,
    },
  ),
  example("checkpoint", "batch of 10, record 8 is always reported, 2 retries", {
    settings: { ...TWO_RETRIES, ...CHECKPOINT },
    environment: REPORTS_8,
    records: 10,
  }),
  example("checkpoint-once", "batch of 10, record 8 is reported once, 2 retries", {
    settings: { ...TWO_RETRIES, ...CHECKPOINT },
    environment: { ...REPORTS_8, TIMES: "1" },
    records: 10,
  }),
  example("checkpoint-bisect", "batch of 10, record 8 is always reported, 2 retries, bisect", {
    settings: { ...TWO_RETRIES, ...CHECKPOINT, ...BISECT },
    environment: REPORTS_8,
    records: 10,
  }),
  example(
    "checkpoint-counter",
    "6 records in batches of 3, record 6 is always reported, 3 retries",
    {
      settings: { batchSize: 3, maximumRetryAttempts: 3, ...CHECKPOINT },
      environment: { BAD: "6", REPORT: "yes" },
      records: 6,
    },
  ),
  example("record-age", "one record that always fails, retries without end, at most 60 s old", {
    settings: { batchSize: 10, maximumRecordAgeInSeconds: 60 },
    environment: { BAD: "1" },
    records: 1,
  }),
  example(
    "canary",
    "batch of 10, record 3 always fails, 4 retries; version 1 throws, version 2 reports it and gets half of the invocations",
    {
      settings: { batchSize: 10, maximumRetryAttempts: 4, ...CHECKPOINT },
      environment: { BAD: "3" },
      canary: { BAD: "3", REPORT: "yes" },
      records: 10,
    },
  ),
];

function example(name: string, title: string, given: StreamExample): Example {
  return { name, title, program: streamProgram(given), play: (account) => play(account, given) };
}

/**
 * One shard, one function, one mapping with a destination.
 *
 * @param version of the function; the second is deployed over the first
 */
function streamProgram(
  { canary, environment, settings, topic = false }: StreamExample,
  version: 1 | 2 = 1,
): Program {
  return () => {
    const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
    const letters = new aws.sqs.Queue("dead-letters");
    const target = topic ? topicTo(letters) : letters;
    const action = topic ? "sns:Publish" : "sqs:SendMessage";
    const reading = ["DescribeStream", "GetRecords", "GetShardIterator", "ListShards"];
    const { consumer, policy } = courseFunction(createBatchHandler, {
      statements: [
        { actions: reading.map((each) => `kinesis:${each}`), resources: [stream.arn] },
        { actions: [action], resources: [target.arn] },
      ],
      environment: { TIMES: "1000000", ...(version === 2 ? canary : environment) },
      publish: canary !== undefined,
    });
    const entry = canary === undefined ? consumer : halfAndHalf(consumer, version === 1);
    new aws.lambda.EventSourceMapping(
      "mapping",
      {
        eventSourceArn: stream.arn,
        functionName: entry.arn,
        startingPosition: "TRIM_HORIZON",
        destinationConfig: { onFailure: { destinationArn: target.arn } },
        ...settings,
      },
      { dependsOn: [policy] },
    );
    return { streamName: stream.name, lettersUrl: letters.url };
  };
}

function topicTo(queue: aws.sqs.Queue): aws.sns.Topic {
  const topic = new aws.sns.Topic("dead-letters");
  allowSending("dead-letters", queue, "sns.amazonaws.com", topic.arn);
  new aws.sns.TopicSubscription("dead-letters", {
    topic: topic.arn,
    protocol: "sqs",
    endpoint: queue.arn,
  });
  return topic;
}

/** Longer than any of these mappings goes on with its records. */
const SETTLING_S_MAX = 3_600;

async function play(account: SimulatedAws, given: StreamExample): Promise<Replayed> {
  const { canary, records } = given;
  if (canary) await account.update(streamProgram(given, 2));
  const names = Array.from({ length: records }, (_, at) => String(at + 1));
  const { Records = [] } = await account.client(KinesisClient).send(
    new PutRecordsCommand({
      StreamName: String(account.outputs["streamName"]),
      Records: names.map((name) => ({ PartitionKey: "one", Data: Buffer.from(name) })),
    }),
  );
  await account.settle({ withinSeconds: SETTLING_S_MAX });
  const nameOf = new Map(
    Records.map(({ SequenceNumber, ShardId }, at) => [`${ShardId}:${SequenceNumber}`, names[at]!]),
  );
  const { decisions } = account.mappings()[0]!;
  const namesIn = ({ recordIds }: MappingDecision): string[] =>
    recordIds.map((id) => nameOf.get(id)!);
  const letters = await messagesOf(account, String(account.outputs["lettersUrl"]));
  const sent = decisions.filter(({ kind }) => kind === "send");
  return {
    steps: stepsOf(timedSteps(runsOf(account, canary !== undefined), decisions, namesIn)),
    facts: [...discards(decisions, namesIn), ...lettersIn(letters.map(({ Body }) => Body!))],
    deliveries: countNames(sent.map(namesIn)),
  };
}

/** An invocation, and what to call it. */
type Run = (requestId: string | undefined) => { readonly isOk: boolean; readonly name: string };

/** @param isNamed whether there is more than one version, so that it matters which one ran */
function runsOf(account: SimulatedAws, isNamed: boolean): Run {
  const runs = new Map(account.invocations("consumer").map((run) => [run.requestId, run]));
  return (requestId) => {
    const run = requestId === undefined ? undefined : runs.get(requestId);
    return { isOk: run?.outcome === "ok", name: isNamed ? `version ${run?.version}: ` : "" };
  };
}

/** A step per invocation, and one per discard that no invocation led to. */
function timedSteps(
  run: Run,
  decisions: readonly MappingDecision[],
  namesIn: (decision: MappingDecision) => string[],
): { atMs: number; text: string }[] {
  const steps: { atMs: number; text: string }[] = [];
  decisions.forEach((decision, at) => {
    const { atMs, kind } = decision;
    const before = decisions[at - 1];
    if (kind === "send") {
      const after = decisions[at + 1];
      const names = namesIn(decision);
      const ended = after === undefined ? "running" : ending(run, names, after, namesIn);
      const { name } = run(after?.requestId);
      steps.push({ atMs, text: `[${rangesOf(names)}] ${name}${ended}` });
    } else if (kind === "discard" && before?.kind !== "send") {
      steps.push({ atMs, text: `[${rangesOf(namesIn(decision))}] ${gaveUp(decision)}` });
    }
  });
  return steps;
}

/** How an invocation ended, and what its mapping did then. */
function ending(
  run: Run,
  sent: readonly string[],
  after: MappingDecision,
  namesIn: (decision: MappingDecision) => string[],
): string {
  if (after.kind === "ok") return "ok";
  const names = namesIn(after);
  if (after.kind === "checkpoint") {
    const reported = sent[names.length]!;
    return `reported ${reported} → ${rangesOf(names)} done, ${reported} and after again`;
  }
  const failed = run(after.requestId).isOk ? `reported ${sent[0]!}` : "failed";
  if (after.kind === "split") return `${failed} → split`;
  if (after.kind === "retry") return `${failed} → retry`;
  const part = names.length < sent.length ? `${rangesOf(names)} ` : "";
  return `${failed} → ${part}${gaveUp(after)}`;
}

const gaveUp = ({ reason }: MappingDecision): string => `given up: ${reason}`;

function discards(
  decisions: readonly MappingDecision[],
  namesIn: (decision: MappingDecision) => string[],
): string[] {
  const given = decisions.filter(({ kind }) => kind === "discard");
  if (given.length === 0) return ["Nothing is given up."];
  return given.map((decision) => {
    const names = namesIn(decision);
    const many = names.length === 1 ? "record" : "records";
    return `Given up: ${many} ${rangesOf(names)} (${decision.reason}).`;
  });
}

/** What a dead letter says of its batch. */
interface Letter {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly KinesisBatchInfo: { readonly batchSize: number; readonly startSequenceNumber: string };
}

/** In the order of the stream: a standard queue promises none. */
function lettersIn(bodies: readonly string[]): string[] {
  return bodies
    .map((body) => {
      // A topic wraps what it delivers.
      const { Message } = JSON.parse(body) as { Message?: string };
      return JSON.parse(Message ?? body) as Letter;
    })
    .sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
    .map(({ KinesisBatchInfo: { batchSize }, requestContext }) => {
      const { approximateInvokeCount, condition } = requestContext;
      const count = `approximateInvokeCount ${approximateInvokeCount}`;
      return `Dead letter: ${condition}, ${count}, batchSize ${batchSize}.`;
    });
}

const startOf = ({ KinesisBatchInfo }: Letter): bigint =>
  BigInt(KinesisBatchInfo.startSequenceNumber);
