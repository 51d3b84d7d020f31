import { expect } from "chai";
import type { Fault } from "../../../simulator/kernel/faults";
import { documentOf, START_MS, trusting } from "../iam/account-fixture";
import { arnOf as queueArn } from "../sqs/world";
import { BUS, BusWorld, FUNCTION, mayWrite, PLACED, RULE, TOPIC } from "./world";

const DEAD = { deadLetterConfig: { arn: queueArn("dead") } };
const HOUR_MS = 3_600_000;

describe("a rule's targets", () => {
  it("get the event once each, after the bus's latency", async () => {
    const bus = new BusWorld();
    bus.target("inbox", queueArn("inbox"));
    bus.target("function", FUNCTION);
    const [id] = await bus.put({ order: 1 });
    await bus.advance(0.049);
    expect([bus.parsed("inbox"), bus.lambda.requests]).to.deep.equal([[], []]);
    await bus.arrive();
    expect(bus.parsed("inbox")).to.have.length(1);
    const [request, ...others] = bus.lambda.requests;
    expect(others).to.deep.equal([]);
    expect(request).to.include({ functionName: FUNCTION, identity: id, source: "rule placed" });
    expect(request!.event()).to.deep.equal(bus.parsed("inbox")[0]);
    expect(bus.services.cloudwatch.counters()).to.deep.equal({
      "Invocations placed": 2,
      "TriggeredRules placed": 1,
    });
    expect(bus.kernel.quiet).to.equal(true);
  });

  it("get them in no particular order", async () => {
    const bus = new BusWorld();
    bus.target("inbox", queueArn("inbox"));
    const ids = await bus.put(...Array.from({ length: 10 }, (_, order) => ({ order })));
    await bus.arrive();
    const arrived = bus.parsed("inbox").map(({ id }) => id);
    expect(arrived).to.have.members(ids).and.not.deep.equal(ids);
  });

  it("get nothing from rules that do not match or are disabled, nor from other buses", async () => {
    const bus = new BusWorld();
    bus.target("inbox", queueArn("inbox"));
    bus.deploy("aws:cloudwatch/eventBus:EventBus", "other", { name: "other" });
    await bus.putEntries([
      { EventBusName: "orders", Source: "shop", DetailType: "paid", Detail: "{}" },
      { EventBusName: "other", Source: "shop", DetailType: "placed", Detail: "{}" },
    ]);
    bus.update(bus.rule, {
      ...{ name: "placed", eventBusName: "orders", state: "DISABLED" },
      eventPattern: JSON.stringify(PLACED),
    });
    await bus.put({});
    await bus.arrive();
    expect(bus.parsed("inbox")).to.deep.equal([]);
  });

  it("may be a topic", async () => {
    const bus = new BusWorld();
    bus.deploy("aws:sns/topic:Topic", "news", { name: "news" });
    const policy = mayWrite("sns:Publish", TOPIC, RULE);
    bus.deploy("aws:sns/topicPolicy:TopicPolicy", "policy", { arn: TOPIC, policy });
    bus.target("topic", TOPIC);
    await bus.put({});
    await bus.arrive();
    expect(bus.usage.snapshot()["sns.publishes"]).to.equal(1);
  });

  it("may be a FIFO queue, with one group for all", async () => {
    const bus = new BusWorld();
    const policy = mayWrite("sqs:SendMessage", queueArn("line.fifo"));
    bus.queue("line.fifo", { fifoQueue: true, contentBasedDeduplication: true, policy });
    bus.target("line", queueArn("line.fifo"), { sqsTarget: { messageGroupId: "all" } });
    await bus.put({ n: 1 });
    await bus.arrive();
    const [message] = bus.services.sqs.messagesOf(queueArn("line.fifo"));
    expect(message).to.include({ groupId: "all" });
  });

  it("may be another bus, whose role may put events there; the event stays what it is", async () => {
    const bus = new BusWorld();
    bus.deploy("aws:cloudwatch/eventBus:EventBus", "audit", { name: "audit" });
    const arn = BUS.replace("orders", "audit");
    const name = "forwarder";
    bus.deploy("aws:iam/role:Role", name, {
      name,
      assumeRolePolicy: trusting("events.amazonaws.com"),
    });
    const allow = { Effect: "Allow", Action: "events:PutEvents", Resource: arn };
    bus.deploy("aws:iam/rolePolicy:RolePolicy", "may", {
      ...{ name: "may", role: name, policy: documentOf(allow) },
    });
    bus.target("audit", arn, { roleArn: "arn:aws:iam::123456789012:role/forwarder" });
    bus.deployRule("all", { eventBusName: "audit", eventPattern: '{"source":[{"exists":true}]}' });
    bus.target("copy", queueArn("inbox"), { rule: "all", eventBusName: "audit" });
    const [id] = await bus.put({ order: 1 });
    await bus.arrive();
    await bus.arrive();
    expect(bus.parsed("inbox")).to.have.length(1);
    expect(bus.parsed("inbox")[0]).to.deep.include({ id, detail: { order: 1 } });
  });
});

describe("what a target can never take", () => {
  it("goes to the dead-letter queue at once: NO_PERMISSIONS of a function", async () => {
    const bus = new BusWorld();
    bus.lambda.permitted.clear();
    bus.target("function", FUNCTION, DEAD);
    const [id] = await bus.put({ order: 1 });
    await bus.arrive();
    expect(bus.attributes("dead")).to.deep.equal([
      {
        RULE_ARN: RULE,
        TARGET_ARN: FUNCTION,
        ERROR_CODE: "NO_PERMISSIONS",
        ERROR_MESSAGE:
          "User: events.amazonaws.com is not authorized to perform: lambda:InvokeFunction on " +
          `resource: ${FUNCTION} because no resource-based policy allows the ` +
          "lambda:InvokeFunction action",
        RETRY_ATTEMPTS: "0",
      },
    ]);
    expect(bus.parsed("dead")[0]).to.deep.include({ id, detail: { order: 1 } });
    expect(bus.eventbridge.undelivered).to.deep.equal([
      {
        ...{ atMs: bus.eventbridge.undelivered[0]!.atMs, eventId: id, rule: "placed" },
        ...{ targetArn: FUNCTION, code: "NO_PERMISSIONS", exhausted: undefined },
        ...{ retries: 0, isKept: true },
      },
    ]);
    expect(bus.services.cloudwatch.counters()).to.include({
      "FailedInvocations placed": 1,
      "InvocationsSentToDlq placed": 1,
    });
  });

  for (const [what, code, spoil] of [
    ["a queue's policy is gone", "NO_PERMISSIONS", "policy"],
    ["a queue is gone", "NO_RESOURCE", "queue"],
    ["a function is gone", "NO_RESOURCE", "function"],
    ["a topic is gone", "NO_RESOURCE", "topic"],
    ["a bus's role is gone", "NO_PERMISSIONS", "role"],
  ] as const) {
    it(`goes there with the right code (${what}: ${code})`, async () => {
      const bus = new BusWorld();
      const role = { roleArn: "arn:aws:iam::123456789012:role/gone" };
      if (spoil === "policy") {
        bus.queue("closed");
        bus.target("t", queueArn("closed"), DEAD);
      } else if (spoil === "queue") bus.target("t", queueArn("gone"), DEAD);
      else if (spoil === "function") bus.target("t", FUNCTION.replace("process", "gone"), DEAD);
      else if (spoil === "topic") {
        bus.target("t", TOPIC, DEAD);
        const allow = mayWrite("sns:Publish", TOPIC);
        bus.services.iam.putResourcePolicy(TOPIC, allow);
      } else bus.target("t", BUS, { ...DEAD, ...role });
      await bus.put({});
      await bus.arrive();
      expect(bus.attributes("dead")[0]).to.include({ ERROR_CODE: code, RETRY_ATTEMPTS: "0" });
      expect(bus.kernel.quiet).to.equal(true);
    });
  }

  it("goes there if the queue's policy names another rule", async () => {
    const bus = new BusWorld();
    const policy = mayWrite("sqs:SendMessage", queueArn("mine"), `${RULE}-other`);
    bus.queue("mine", { policy });
    bus.target("t", queueArn("mine"), DEAD);
    await bus.put({});
    await bus.arrive();
    expect(bus.attributes("dead")[0]).to.include({ ERROR_CODE: "NO_PERMISSIONS" });
  });

  it("is lost without a dead-letter queue, or if that refuses it (counted)", async () => {
    const bus = new BusWorld();
    bus.lambda.functions.clear();
    bus.queue("closed");
    bus.target("without", FUNCTION);
    bus.target("refused", FUNCTION, { deadLetterConfig: { arn: queueArn("closed") } });
    await bus.put({});
    await bus.arrive();
    expect(bus.eventbridge.undelivered.map(({ isKept }) => isKept)).to.deep.equal([false, false]);
    expect(bus.services.cloudwatch.counters()).to.deep.equal({
      "FailedInvocations placed": 2,
      "InvocationsFailedToBeSentToDlq placed": 1,
      "TriggeredRules placed": 1,
    });
  });
});

describe("a target that cannot be reached", () => {
  const outage = (minutes = Infinity): Fault => ({
    ...{ function: "placed", kind: "delivery", from: START_MS },
    until: START_MS + minutes * 60_000,
  });

  it("is tried again, with growing waits, until it can", async () => {
    const bus = new BusWorld({ faults: [outage(5)] });
    bus.target("inbox", queueArn("inbox"), DEAD);
    await bus.put({ order: 1 });
    await bus.advance(2 * 3600);
    expect(bus.parsed("inbox")).to.have.length(1);
    expect(bus.parsed("dead")).to.deep.equal([]);
    const retries = bus.services.cloudwatch.counter("RetryInvocationAttempts", "placed");
    // 1, 2, 4 … seconds, each ± 50 %: five minutes take about eight of them.
    expect(retries).to.be.within(7, 10);
    const [count] = bus.faults.counts();
    expect(count).to.deep.include({ planned: retries, hit: retries });
  });

  it("is given up after the default policy's 185 retries or 24 hours", async () => {
    const bus = new BusWorld({ faults: [outage()] });
    bus.target("inbox", queueArn("inbox"), DEAD);
    await bus.put({});
    await bus.advance(20 * 3600);
    expect(bus.parsed("dead")).to.deep.equal([]);
    await bus.advance(5 * 3600);
    const [attributes] = bus.attributes("dead");
    expect(attributes!["EXHAUSTED_RETRY_CONDITION"]).to.match(/^Maximum/);
    expect(Number(attributes!["RETRY_ATTEMPTS"])).to.be.within(150, 185);
  });

  it("is given up after maximumRetryAttempts retries", async () => {
    const bus = new BusWorld({ faults: [outage()] });
    const retryPolicy = { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 86_400 };
    bus.target("inbox", queueArn("inbox"), { ...DEAD, retryPolicy });
    await bus.put({});
    await bus.advance(60);
    expect(bus.attributes("dead")).to.deep.equal([
      {
        ...{ RULE_ARN: RULE, TARGET_ARN: queueArn("inbox"), ERROR_CODE: "INTERNAL_ERROR" },
        ERROR_MESSAGE: "A fault of the plan (delivery).",
        EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
        RETRY_ATTEMPTS: "3",
      },
    ]);
    expect(bus.faults.counts()[0]).to.deep.include({ planned: 4, hit: 4 });
  });

  it("is not tried again with 0 retries", async () => {
    const bus = new BusWorld({ faults: [outage()] });
    const retryPolicy = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };
    bus.target("inbox", queueArn("inbox"), { ...DEAD, retryPolicy });
    await bus.put({});
    await bus.arrive();
    expect(bus.attributes("dead")[0]).to.include({
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      RETRY_ATTEMPTS: "0",
    });
  });

  for (const [ageTest, seconds] of [
    ["ahead", 60],
    ["at-attempt", 180],
  ] as const) {
    it(`is given up once the event is too old (eventbridge.ageTest=${ageTest})`, async () => {
      const assumptions = {
        "eventbridge.ageTest": ageTest,
        "eventbridge.backoff": "constant-60s",
      } as const;
      const bus = new BusWorld({ faults: [outage()], assumptions });
      const retryPolicy = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 90 };
      bus.target("inbox", queueArn("inbox"), { ...DEAD, retryPolicy });
      await bus.put({});
      await bus.advance(seconds + 91);
      const [attributes] = bus.attributes("dead");
      expect(attributes).to.include({ EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds" });
      const { atMs } = bus.eventbridge.undelivered[0]!;
      const tooOldMs = START_MS + 90_000;
      expect(atMs).to[ageTest === "ahead" ? "below" : "least"](tooOldMs);
    });
  }

  it("leaves the same event to the other rule's targets", async () => {
    const bus = new BusWorld({ faults: [outage()] });
    bus.target("dead", queueArn("dead"));
    bus.deployRule("also", { eventPattern: JSON.stringify(PLACED) });
    bus.target("inbox", queueArn("inbox"), { rule: "also" });
    await bus.put({});
    await bus.arrive();
    expect([bus.parsed("inbox").length, bus.parsed("dead").length]).to.deep.equal([1, 0]);
  });

  it("waits the same whatever else is on the bus", async () => {
    const arrivals = async (others: number): Promise<number> => {
      const bus = new BusWorld({ faults: [outage(1)] });
      bus.target("inbox", queueArn("inbox"));
      if (others > 0) await bus.put(...Array.from({ length: others }, (_, n) => ({ n })));
      const [id] = await bus.put({ order: "mine" });
      await bus.advance(HOUR_MS / 1000);
      const messages = bus.services.sqs.messagesOf(queueArn("inbox"));
      return messages.find(({ body }) => body.includes(id!))!.sentAtMs;
    };
    expect(await arrivals(0)).to.equal(await arrivals(5));
  });
});
