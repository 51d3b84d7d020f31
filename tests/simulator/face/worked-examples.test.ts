import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import {
  synthesize,
  type AssumptionValues,
  type Deployment,
  type SimulatedAws,
} from "../../../simulator";
import { batches, putTexts, streamProgram, textsIn } from "./stream-program";

interface DeadLetter {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: string;
    readonly approximateInvokeCount: number;
  };
  readonly responseContext?: { readonly functionError: string | null };
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
  readonly payload?: unknown;
}

const TEN = ["r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10"];
const ALL = TEN.join(" ");
const BISECT = { bisectBatchOnFunctionError: true };
const CHECKPOINT = { functionResponseTypes: ["ReportBatchItemFailures"] };
const TWO_RETRIES = { batchSize: 10, maximumRetryAttempts: 2 };

interface Run {
  readonly account: SimulatedAws;
  readonly sequenceNumbers: readonly string[];
  /** Per invocation: the records in it and how it ended. */
  readonly steps: string[];
}

async function run(deployment: Deployment, assumptions: AssumptionValues = {}): Promise<Run> {
  const account = await deployment.start({ assumptions });
  const sequenceNumbers = await putTexts(account, TEN);
  await account.settle({ withinSeconds: 600 });
  return { account, sequenceNumbers, steps: batches(account) };
}

async function queued(account: SimulatedAws): Promise<string[]> {
  const { Messages = [] } = await account.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: String(account.outputs.queueUrl),
      MaxNumberOfMessages: 10,
    }),
  );
  return Messages.map(({ Body }) => Body!);
}

async function stored(account: SimulatedAws): Promise<{ keys: string[]; texts: string[] }> {
  const s3 = account.client(S3Client);
  const Bucket = String(account.outputs.bucket);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const keys = Contents.map(({ Key }) => Key!);
  const texts: string[] = [];
  for (const Key of keys) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    texts.push(await Body!.transformToString());
  }
  return { keys, texts };
}

/** Dead letters in the order of the stream: a standard queue promises none. */
function parsed(texts: readonly string[]): DeadLetter[] {
  const startOf = (letter: DeadLetter): bigint =>
    BigInt(letter.KinesisBatchInfo.startSequenceNumber);
  return texts
    .map((text) => JSON.parse(text) as DeadLetter)
    .sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

/** `first..last (size): condition count`, first and last by their texts. */
function summary({ sequenceNumbers }: Run, letters: readonly DeadLetter[]): string[] {
  const nameOf = (sequenceNumber: string): string => TEN[sequenceNumbers.indexOf(sequenceNumber)]!;
  return letters.map(({ KinesisBatchInfo: batch, requestContext }) => {
    const { approximateInvokeCount, condition } = requestContext;
    const range = `${nameOf(batch.startSequenceNumber)}..${nameOf(batch.endSequenceNumber)}`;
    return `${range} (${batch.batchSize}): ${condition} ${approximateInvokeCount}`;
  });
}

const A_STEPS = [
  `${ALL}: error`,
  "r1 r2 r3 r4 r5: error",
  "r1 r2: ok",
  "r3 r4 r5: error",
  "r3: error",
  "r3: error",
  "r3: error",
  "r4 r5: ok",
  "r6 r7 r8 r9 r10: ok",
];
const ONLY_R3 = ["r3..r3 (1): RetryAttemptsExhausted 3"];
const ONLY_R8 = ["r8..r8 (1): RetryAttemptsExhausted 3"];

describe("worked example A, deployed: r3 always throws, bisect, 2 retries, a topic as destination", () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(
      streamProgram({ ...TWO_RETRIES, ...BISECT }, { BAD: "r3" }, "sns"),
    );
  });

  async function topicLetters(account: SimulatedAws): Promise<DeadLetter[]> {
    const envelopes = await queued(account);
    return parsed(
      envelopes.map((envelope) => (JSON.parse(envelope) as { Message: string }).Message),
    );
  }

  it("takes nine invocations and discards r3 alone", async () => {
    const result = await run(deployment);
    expect(result.steps).to.deep.equal(A_STEPS);
    const letters = await topicLetters(result.account);
    expect(summary(result, letters)).to.deep.equal(ONLY_R3);
  });

  it("writes a dead letter that says which invocation of which function gave up, and nothing of the data", async () => {
    const { account } = await run(deployment);
    const [letter] = await topicLetters(account);
    const last = account
      .invocations("consumer")
      .filter(({ event }) => textsIn(event) === "r3")
      .at(-1)!;
    expect(letter!.requestContext.requestId).to.equal(last.requestId);
    expect(letter!.requestContext.functionArn).to.equal(account.outputs.functionArn);
    expect(letter!.responseContext).to.deep.equal({
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: "Unhandled",
    });
    expect(letter!.KinesisBatchInfo.streamArn).to.equal(account.outputs.streamArn);
    expect(letter).not.to.have.property("payload");
  });

  it("cuts after the larger half (bisect.left: ceil)", async () => {
    const result = await run(deployment, { "bisect.left": "ceil" });
    expect(result.steps).to.deep.equal([
      `${ALL}: error`,
      "r1 r2 r3 r4 r5: error",
      "r1 r2 r3: error",
      "r1 r2: ok",
      "r3: error",
      "r3: error",
      "r3: error",
      "r4 r5: ok",
      "r6 r7 r8 r9 r10: ok",
    ]);
    expect(summary(result, await topicLetters(result.account))).to.deep.equal(ONLY_R3);
  });

  it("counts splits against the quota (bisect.retryCounter: inherit)", async () => {
    const result = await run(deployment, { "bisect.retryCounter": "inherit" });
    expect(result.steps).to.deep.equal([...A_STEPS.slice(0, 4), A_STEPS.at(-1)]);
    expect(summary(result, await topicLetters(result.account))).to.deep.equal([
      "r3..r5 (3): RetryAttemptsExhausted 3",
    ]);
  });

  it("depends on three assumptions of bisection at most, and says so", async () => {
    const { account } = await run(deployment);
    expect(account.assumptionsUsed).to.include.members(["bisect.left", "bisect.retryCounter"]);
    expect(account.assumptionsUsed).not.to.include("checkpoint.exhausted");
  });
});

describe("worked example A without bisect, a queue as destination", () => {
  it("takes three invocations and discards all ten", async () => {
    const result = await run(await synthesize(streamProgram(TWO_RETRIES, { BAD: "r3" })));
    expect(result.steps).to.deep.equal(Array(3).fill(`${ALL}: error`));
    const letters = parsed(await queued(result.account));
    expect(summary(result, letters)).to.deep.equal(["r1..r10 (10): RetryAttemptsExhausted 3"]);
  });
});

describe("worked example A with an age of 65 s in place of a quota", () => {
  let deployment: Deployment;

  before(async () => {
    const age = { batchSize: 10, maximumRecordAgeInSeconds: 65 };
    deployment = await synthesize(streamProgram({ ...BISECT, ...age }, { BAD: "r3" }));
  });

  // r3 alone is tried 0.5, 1, 2, 4, 8, 16, 32 and 64 s after the last split.
  const triesOfR3 = ({ steps }: Run): number => steps.filter((step) => step === "r3: error").length;

  it("gives up by the age of the record, 1.5 s older than its split (bisect.recordAge: keep)", async () => {
    const result = await run(deployment);
    expect(triesOfR3(result)).to.equal(7);
    const letters = parsed(await queued(result.account));
    expect(summary(result, letters)[0]).to.equal("r3..r3 (1): RecordAgeExceeded 8");
    expect(letters[0]).not.to.have.property("responseContext");
    // Behind a record that blocks the shard, good ones grow too old without a single failure.
    expect(summary(result, letters).slice(1)).to.deep.equal([
      "r4..r5 (2): RecordAgeExceeded 1",
      "r6..r10 (5): RecordAgeExceeded 1",
    ]);
  });

  it("gives up by the time since the split (bisect.recordAge: reset)", async () => {
    const result = await run(deployment, { "bisect.recordAge": "reset" });
    expect(triesOfR3(result)).to.equal(8);
    expect(summary(result, parsed(await queued(result.account)))[0]).to.equal(
      "r3..r3 (1): RecordAgeExceeded 9",
    );
    expect(result.account.assumptionsUsed).to.include("bisect.recordAge");
  });
});

const B_STEPS = [`${ALL}: ok`, "r8 r9 r10: ok", "r8 r9 r10: ok", "r8 r9 r10: ok"];
const REPORTS_R8 = { BAD: "r8", REPORT: "yes" };

describe("worked example B, deployed: r8 always reported, 2 retries, a bucket as destination", () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(
      streamProgram({ ...TWO_RETRIES, ...CHECKPOINT }, REPORTS_R8, "s3"),
    );
  });

  it("discards r8 and what follows (checkpoint.exhausted: remaining)", async () => {
    const result = await run(deployment);
    expect(result.steps).to.deep.equal(B_STEPS);
    const { keys, texts } = await stored(result.account);
    const [letter] = parsed(texts);
    expect(summary(result, [letter!])).to.deep.equal(["r8..r10 (3): RetryAttemptsExhausted 3"]);
    expect(letter!.responseContext!.functionError).to.equal(null);
    const { uuid } = result.account.mappings()[0]!;
    const stamp = String.raw`\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}`;
    expect(keys[0]).to.match(
      new RegExp(`^aws/lambda/${uuid}/${letter!.KinesisBatchInfo.shardId}/${stamp}$`),
    );
    expect(keys).to.have.length(1);
  });

  it("stores the event with the dead letter, as a text that holds JSON", async () => {
    const { account } = await run(deployment);
    const [letter] = parsed((await stored(account)).texts);
    expect(letter!.payload).to.be.a("string");
    expect(textsIn(JSON.parse(letter!.payload as string))).to.equal("r8 r9 r10");
  });

  it("discards r8 alone, then delivers the rest (checkpoint.exhausted: failed-record)", async () => {
    const result = await run(deployment, { "checkpoint.exhausted": "failed-record" });
    expect(result.steps).to.deep.equal([...B_STEPS, "r9 r10: ok"]);
    expect(summary(result, parsed((await stored(result.account)).texts))).to.deep.equal(ONLY_R8);
  });

  it("takes two invocations if r8 fails once", async () => {
    const once = streamProgram(
      { ...TWO_RETRIES, ...CHECKPOINT },
      { ...REPORTS_R8, TIMES: "1" },
      "s3",
    );
    const result = await run(await synthesize(once));
    expect(result.steps).to.deep.equal(B_STEPS.slice(0, 2));
    expect((await stored(result.account)).keys).to.deep.equal([]);
  });
});

describe("worked example B with bisect", () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(
      streamProgram({ ...TWO_RETRIES, ...BISECT, ...CHECKPOINT }, REPORTS_R8),
    );
  });

  for (const policy of ["remaining", "failed-record"]) {
    it(`discards r8 alone, whatever the assumption (checkpoint.exhausted: ${policy})`, async () => {
      const result = await run(deployment, { "checkpoint.exhausted": policy });
      expect(result.steps).to.deep.equal([
        `${ALL}: ok`,
        "r8 r9 r10: ok",
        ...Array<string>(3).fill("r8: ok"),
        "r9 r10: ok",
      ]);
      expect(summary(result, parsed(await queued(result.account)))).to.deep.equal(ONLY_R8);
    });
  }
});

describe("the counter of a partial response that makes progress", () => {
  it("starts afresh: the sixth of six, in batches of three, is tried five times with three retries", async () => {
    const settings = { batchSize: 3, maximumRetryAttempts: 3, ...CHECKPOINT };
    const deployment = await synthesize(streamProgram(settings, { BAD: "r6", REPORT: "yes" }));
    const account = await deployment.start();
    await putTexts(account, TEN.slice(0, 6));
    await account.settle({ withinSeconds: 600 });
    const batches = account.invocations("consumer").map(({ event }) => textsIn(event));
    expect(batches).to.deep.equal(["r1 r2 r3", "r4 r5 r6", "r6", "r6", "r6", "r6"]);
    const [letter] = parsed(await queued(account));
    expect(letter!.requestContext.approximateInvokeCount).to.equal(4);
    expect(letter!.KinesisBatchInfo.batchSize).to.equal(1);
  });
});
