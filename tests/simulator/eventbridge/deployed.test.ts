import {
  DescribeReplayCommand,
  EventBridgeClient,
  InvalidEventPatternException,
  PutEventsCommand,
  StartReplayCommand,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { synthesize, type Deployment, type Fault, type SimulatedAws } from "../../../simulator";
import { rejection } from "../face/rejection";
import { shopProgram } from "./shop-program";

const START_AT = Date.UTC(2026, 0, 1);

describe("a deployed bus", function () {
  this.timeout(60_000);
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(shopProgram);
  });

  const output = (account: SimulatedAws, name: string): string => String(account.outputs[name]);

  /** Has the publisher put orders; resolves to what it answers. */
  async function publish(
    account: SimulatedAws,
    orders: number[],
  ): Promise<Record<string, unknown>> {
    const { Payload } = await account
      .client(LambdaClient)
      .send(new InvokeCommand({ FunctionName: "publisher", Payload: JSON.stringify({ orders }) }));
    return JSON.parse(Payload!.transformToString()) as Record<string, unknown>;
  }

  async function waiting(account: SimulatedAws, queue: "inboxUrl" | "deadUrl"): Promise<number> {
    const { Attributes } = await account.client(SQSClient).send(
      new GetQueueAttributesCommand({
        QueueUrl: output(account, queue),
        AttributeNames: ["ApproximateNumberOfMessages"],
      }),
    );
    return Number(Attributes!["ApproximateNumberOfMessages"]);
  }

  /** The orders that reached the function. */
  const consumed = (account: SimulatedAws): number[] =>
    account
      .invocations("consumer")
      .map(({ event }) => (event as { detail: { order: number } }).detail.order)
      .sort((a, b) => a - b);

  it("takes a function's events to all targets, and is settled then", async () => {
    const account = await deployment.start();
    expect(await publish(account, [1, 2, 3])).to.deep.equal({ failed: [], FailedEntryCount: 0 });
    await account.settle({ withinSeconds: 10 });
    expect(consumed(account)).to.deep.equal([1, 2, 3]);
    expect(await waiting(account, "inboxUrl")).to.equal(3);
    expect(await waiting(account, "deadUrl")).to.equal(0);
    expect(await account.destroy()).to.deep.equal([]);
  });

  it("replays its archive through the SDK", async () => {
    const account = await deployment.start();
    const client = account.client(EventBridgeClient);
    await publish(account, [1, 2]);
    await account.settle({ withinSeconds: 10 });
    await client.send(
      new StartReplayCommand({
        ReplayName: "again",
        EventSourceArn: output(account, "archiveArn"),
        Destination: { Arn: output(account, "busArn") },
        EventStartTime: new Date(START_AT),
        EventEndTime: new Date(account.now),
      }),
    );
    await account.settle({ withinSeconds: 60 });
    expect(consumed(account)).to.deep.equal([1, 1, 2, 2]);
    const { State } = await client.send(new DescribeReplayCommand({ ReplayName: "again" }));
    expect(State).to.equal("COMPLETED");
  });

  it("throws the SDK's own exceptions", async () => {
    const client = (await deployment.start()).client(EventBridgeClient);
    const test = new TestEventPatternCommand({
      EventPattern: "[]",
      Event: JSON.stringify({
        ...{ id: "1", "detail-type": "t", source: "s", account: "1", time: "t", region: "r" },
        resources: [],
      }),
    });
    expect(await rejection(client.send(test))).to.be.instanceOf(InvalidEventPatternException);
  });

  it("is refused to a role that may not put events there", async () => {
    const account = await deployment.start();
    const consumer = String(
      deployment.resources.find(({ name }) => name === "consumer-role")!.outputs["arn"],
    );
    const client = account.client(EventBridgeClient, { as: consumer });
    const Entries = [{ EventBusName: "shop", Source: "s", DetailType: "t", Detail: "{}" }];
    const error = await rejection(client.send(new PutEventsCommand({ Entries })));
    expect(error.name).to.equal("AccessDeniedException");
  });

  describe("under faults", () => {
    const entries = (probability: number): Fault => ({
      ...{ function: "publisher", kind: "entries", probability },
    });

    it("refuses some events of a request (entries): the request succeeds", async () => {
      const account = await deployment.start({ faults: [entries(0.5)] });
      const orders = Array.from({ length: 10 }, (_, order) => order);
      const { failed, FailedEntryCount } = await publish(account, orders);
      const missing = failed as number[];
      expect(missing.length).to.be.within(1, 9);
      expect(FailedEntryCount).to.equal(missing.length);
      await account.settle({ withinSeconds: 10 });
      const arrived = orders.filter((order) => !missing.includes(order));
      expect(consumed(account)).to.deep.equal(arrived);
      const [count] = account.faults();
      expect(count).to.deep.include({ planned: missing.length, hit: missing.length });
    });

    it("draws by what an event says and how often it came, not by the order", async () => {
      const refused = async (requests: number[][]): Promise<number[]> => {
        const account = await deployment.start({ faults: [entries(0.5)] });
        const answers = [];
        for (const orders of requests) answers.push((await publish(account, orders)).failed);
        return (answers as number[][]).flat().sort((a, b) => a - b);
      };
      const together = await refused([[1, 2, 3, 4, 5, 6, 7, 8]]);
      expect(
        await refused([
          [8, 7, 6, 5],
          [4, 3],
          [2, 1],
        ]),
      ).to.deep.equal(together);
      const again = await refused([[1], [1], [1], [1], [1], [1], [1], [1]]);
      expect(again.length).to.be.within(1, 7);
    });

    it("tries targets again after an outage (delivery), and keeps what it gives up", async () => {
      const until = START_AT + 60_000;
      const fault: Fault = { function: "y-placed", kind: "delivery", from: START_AT, until };
      const account = await deployment.start({ faults: [fault] });
      await publish(account, [1]);
      await account.advance({ seconds: 30 });
      expect(consumed(account)).to.deep.equal([]);
      await account.settle({ withinSeconds: 600 });
      expect(consumed(account)).to.deep.equal([1]);
      expect(account.faults()[0]!.hit).to.be.above(8);
    });

    it("runs the same again, trace and all", async () => {
      const hash = async (): Promise<string> => {
        const account = await deployment.start({ faults: [entries(0.3)] });
        await publish(account, [1, 2, 3, 4]);
        await account.settle({ withinSeconds: 60 });
        return account.trace.hash;
      };
      expect(await hash()).to.equal(await hash());
    });
  });
});
