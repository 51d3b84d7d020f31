import { expect } from "chai";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { DeadThing, GoneThings } from "../../handlers/dead-thing";
import { thingText, type ThingId } from "../../handlers/thing-messages";
import program = require("../../index");
import { synthesize, type Deployment, type SimulatedAws, type StartOptions } from "../../simulator";

const START_AT = "2026-01-01T00:00:00Z";

/** Nothing is drawn: no dependency times out, no infrastructure recovers. */
const CERTAIN = { timeoutPercent: 0, infrastructureRecoversPercent: 0 };

const deploymentOf = (errorlab: object): Promise<Deployment> =>
  synthesize(program, {
    config: { "redrive:systems": ["errorlab"], "redrive:errorlab": { ...CERTAIN, ...errorlab } },
  });

type Message = Partial<Omit<DeadThing & GoneThings, "reason">> & {
  readonly reason: (DeadThing | GoneThings)["reason"];
  readonly eventId: string;
  readonly record: DeadThing["record"];
};

/** A started error lab. */
async function lab(deployment: Deployment, options: StartOptions = {}) {
  const account = await deployment.start({ startAt: START_AT, ...options });
  const outputs = account.outputs as Readonly<Record<string, string>>;

  async function put(...things: readonly ThingId[]): Promise<void> {
    const Records = things.map((thing_id, n) => ({
      PartitionKey: "one",
      Data: Buffer.from(thingText({ thing_id, row_id: `row-${n}` })),
    }));
    const StreamName = outputs["errorlabStreamName"];
    await account.client(KinesisClient).send(new PutRecordsCommand({ StreamName, Records }));
  }

  /** All messages of a queue. */
  async function messagesIn(queue: "Dlq" | "TimeoutQueue" | "InfraQueue"): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const { Messages = [] } = await account.client(SQSClient).send(
        new ReceiveMessageCommand({
          QueueUrl: outputs[`errorlab${queue}Url`],
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 3_600,
        }),
      );
      if (Messages.length === 0) return messages;
      messages.push(...Messages.map(({ Body }) => JSON.parse(Body!) as Message));
    }
  }

  /** `reason text` of each message, in order of arrival in the stream. */
  async function told(queue: "Dlq" | "TimeoutQueue" | "InfraQueue"): Promise<string[]> {
    const messages = await messagesIn(queue);
    return messages
      .sort((a, b) => (a.eventId < b.eventId ? -1 : 1))
      .map(({ reason, record }) => `${reason} ${textOf(record)}`);
  }

  /** `outcome times` of each record that had an effect. */
  async function effects(): Promise<string[]> {
    const { Items = [] } = await account
      .client(DynamoDBClient)
      .send(new ScanCommand({ TableName: outputs["errorlabThingTableName"] }));
    return Items.map(({ outcome, times }) => `${outcome!.S} ${times!.N}`).sort();
  }
  return { account, put, messagesIn, told, effects };
}

const textOf = ({ data }: { data: string }): string => Buffer.from(data, "base64").toString();
const text = (thing_id: ThingId, n: number): string => thingText({ thing_id, row_id: `row-${n}` });

const settled = (account: SimulatedAws) => account.settle({ withinSeconds: 86_400 });

describe("The error lab in the account", function () {
  this.timeout(120_000);

  let standard: Deployment;
  before(async () => {
    standard = await deploymentOf({});
  });

  it("puts what it cannot parse into DLQ, whole, and goes on", async () => {
    const { account, effects, put, told } = await lab(standard);
    await put("aa-OK", "aa-badformat", "aa-OK");
    await settled(account);
    expect(await told("Dlq")).to.deep.equal([`bad-format ${text("aa-badformat", 1)}`]);
    expect(await effects()).to.deep.equal(["bad-format 1", "ok 1", "ok 1"]);
  });

  it("puts what times out into TIMEOUT, and takes as long as it waits", async () => {
    const { account, effects, put, told } = await lab(
      await deploymentOf({ timeoutPercent: 100, dependencyTimeoutMs: 700 }),
    );
    await put("aa-OK", "aa-OK");
    await settled(account);
    expect(await told("TimeoutQueue")).to.deep.equal([
      `timeout ${text("aa-OK", 0)}`,
      `timeout ${text("aa-OK", 1)}`,
    ]);
    expect(await effects()).to.deep.equal(["timeout 1", "timeout 1"]);
    const [{ endedAt = 0, startedAt } = { startedAt: 0 }] =
      account.invocations("errorlab-consumer");
    expect(endedAt - startedAt).to.be.within(1_400, 2_000);
  });

  it("times out once in five, by the seed", async () => {
    const deployment = await deploymentOf({ timeoutPercent: 20 });
    const shares = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const { account, messagesIn, put } = await lab(deployment, { seed });
        for (let round = 0; round < 10; round += 1) await put(...Array<"aa-OK">(20).fill("aa-OK"));
        await settled(account);
        return (await messagesIn("TimeoutQueue")).map(({ eventId }) => eventId).sort();
      }),
    );
    expect(shares[1]).to.deep.equal(shares[0]);
    expect(shares[2]).to.not.deep.equal(shares[0]);
    expect(shares[0]!.length).to.be.within(25, 55);
  });

  describe("with an infrastructure that does not recover", () => {
    for (const onFailure of ["sqs", "sns", "s3"] as const) {
      it(`brings back whole what the mapping gave up (${onFailure})`, async () => {
        const { account, effects, put, told } = await lab(await deploymentOf({ onFailure }));
        await put("aa-OK", "aa-infra", "aa-OK");
        await settled(account);
        const runs = account.invocations("errorlab-consumer").map(({ outcome }) => outcome);
        expect(runs).to.deep.equal(["error", "error", "error"]);
        expect(await told("InfraQueue")).to.deep.equal([`infrastructure ${text("aa-infra", 1)}`]);
        expect(await told("Dlq")).to.deep.equal([
          `given-up ${text("aa-OK", 0)}`,
          `given-up ${text("aa-OK", 2)}`,
        ]);
        // Before the record that failed, one was done, three times.
        expect(await effects()).to.deep.equal(["ok 3"]);
        expect(await account.destroy()).to.deep.equal([]);
      });
    }

    it("loses them without a destination", async () => {
      const { account, messagesIn, put } = await lab(await deploymentOf({ onFailure: "none" }));
      await put("aa-OK", "aa-infra");
      await settled(account);
      expect(await messagesIn("Dlq")).to.deep.equal([]);
      expect(await messagesIn("InfraQueue")).to.deep.equal([]);
    });

    it("gives up the record alone, and repeats nothing (partial responses, bisect)", async () => {
      const deployment = await deploymentOf({
        reportBatchItemFailures: true,
        bisectBatchOnFunctionError: true,
        idempotency: "sequence-number",
      });
      const { account, effects, messagesIn, put } = await lab(deployment);
      await put("aa-OK", "aa-infra", "aa-OK");
      await settled(account);
      expect(await messagesIn("Dlq")).to.deep.equal([]);
      const [message, ...others] = await messagesIn("InfraQueue");
      expect(others).to.deep.equal([]);
      expect(message).to.include({ condition: "RetryAttemptsExhausted", certain: true });
      expect(await effects()).to.deep.equal(["ok 1", "ok 1"]);
    });

    it("puts it into INFRA itself, after its own attempts (infrastructure handler)", async () => {
      const { account, effects, put, told } = await lab(
        await deploymentOf({ infrastructure: "handler" }),
      );
      await put("aa-OK", "aa-infra", "aa-OK");
      await settled(account);
      expect(account.invocations("errorlab-consumer").map(({ outcome }) => outcome)).to.deep.equal([
        "ok",
      ]);
      expect(await told("InfraQueue")).to.deep.equal([`infrastructure ${text("aa-infra", 1)}`]);
      expect(await effects()).to.deep.equal(["infrastructure 1", "ok 1", "ok 1"]);
    });
  });

  it("is through with an infrastructure that recovers", async () => {
    const { account, effects, messagesIn, put } = await lab(
      await deploymentOf({ infrastructureRecoversPercent: 100 }),
    );
    await put("aa-infra", "aa-OK");
    await settled(account);
    expect(await effects()).to.deep.equal(["ok 1", "ok 1"]);
    expect(await messagesIn("InfraQueue")).to.deep.equal([]);
  });

  it("says what is gone when the stream has forgotten it", async () => {
    const until = Date.parse(START_AT) + 30 * 3_600_000;
    const faults = [{ function: "errorlab-fetch", kind: "down", until }] as const;
    const { account, messagesIn, put } = await lab(standard, { faults, startAt: START_AT });
    await put("aa-infra", "aa-OK");
    await account.settle({ withinSeconds: 40 * 3_600 });
    const messages = await messagesIn("Dlq");
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include({ reason: "gone", missing: 2 });
  });

  for (const [idempotency, times] of [
    ["none", ["ok 1", "ok 1"]],
    ["sequence-number", ["ok 1", "ok 1"]],
    ["payload-hash", ["ok 1"]],
  ] as const) {
    it(`knows a copy by what it goes by (${idempotency})`, async () => {
      const { account, effects, put } = await lab(await deploymentOf({ idempotency }));
      await put("aa-OK");
      await put("aa-OK");
      await settled(account);
      expect(await effects()).to.deep.equal([...times]);
    });
  }
});
