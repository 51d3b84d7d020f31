import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { arnOf as queueArn } from "../sqs/world";
import { BUS, BusWorld, FUNCTION, PLACED, RULE } from "./world";

const PATTERN = JSON.stringify(PLACED);
const PLACED_RULE = { Name: "placed", EventBusName: "orders" };

describe("TestEventPattern", () => {
  const test = (pattern: object, event: object): Promise<Record<string, unknown>> =>
    new BusWorld().events("TestEventPattern", {
      EventPattern: JSON.stringify(pattern),
      Event: JSON.stringify(event),
    });
  const event = {
    ...{ id: "1", "detail-type": "placed", source: "shop", account: "123456789012" },
    ...{ time: "2026-01-01T00:00:00Z", region: "eu-west-1", resources: [] },
  };

  it("tells whether an event matches", async () => {
    expect(await test(PLACED, event)).to.deep.equal({ Result: true });
    expect(await test({ source: ["other"] }, event)).to.deep.equal({ Result: false });
  });

  it("refuses patterns that are none, and events that lack a field of an envelope", async () => {
    expect(await refusal(() => test({ source: "shop" }, event))).to.equal(
      "InvalidEventPatternException: Event pattern is not valid. " +
        'Reason: "source" must be an object or an array',
    );
    expect(await refusal(() => test(PLACED, { ...event, id: undefined }))).to.equal(
      "ValidationException: Parameter Event is not valid. Reason: It lacks id.",
    );
  });
});

describe("rules", () => {
  it("are described and listed, by bus, prefix and page", async () => {
    const bus = new BusWorld();
    bus.deployRule("paid", { eventPattern: '{"source":["shop"]}', description: "money" });
    const described = {
      ...{ Name: "placed", Arn: RULE, EventPattern: PATTERN, State: "ENABLED" },
      EventBusName: "orders",
    };
    const byName = await bus.events("DescribeRule", PLACED_RULE);
    expect(byName).to.deep.include({ ...described, CreatedBy: "123456789012" });
    const byArn = await bus.events("DescribeRule", { Name: "placed", EventBusName: BUS });
    expect(byArn).to.deep.equal(byName);
    const list = (input: object) =>
      bus.events<{ Rules: Record<string, unknown>[]; NextToken?: string }>("ListRules", input);
    const { Rules } = await list({ EventBusName: "orders" });
    expect(Rules.map(({ Name }) => Name)).to.deep.equal(["paid", "placed"]);
    expect(Rules[0]).to.include({ Description: "money" });
    expect((await list({ EventBusName: "orders", NamePrefix: "pl" })).Rules).to.have.length(1);
    expect((await list({})).Rules).to.deep.equal([]);
    const { NextToken } = await list({ EventBusName: "orders", Limit: 1 });
    const next = await list({ EventBusName: "orders", Limit: 1, NextToken });
    expect(next.Rules.map(({ Name }) => Name)).to.deep.equal(["placed"]);
    expect(next).to.not.have.property("NextToken");
  });

  it("are disabled and enabled through the API", async () => {
    const bus = new BusWorld();
    bus.target("inbox", queueArn("inbox"));
    await bus.events("DisableRule", PLACED_RULE);
    await bus.put({ while: "disabled" });
    await bus.events("EnableRule", PLACED_RULE);
    await bus.put({ while: "enabled" });
    await bus.arrive();
    expect(bus.parsed("inbox").map(({ detail }) => detail)).to.deep.equal([{ while: "enabled" }]);
  });

  it("are named in errors, with their bus", async () => {
    const bus = new BusWorld();
    const describe = (input: object) => () => bus.events("DescribeRule", input);
    expect(await refusal(describe({ Name: "no", EventBusName: "orders" }))).to.equal(
      "ResourceNotFoundException: Rule no does not exist on EventBus orders.",
    );
    expect(await refusal(describe({ Name: "placed" }))).to.equal(
      "ResourceNotFoundException: Rule placed does not exist on EventBus default.",
    );
    expect(await refusal(describe({ Name: "placed", EventBusName: "no" }))).to.equal(
      "ResourceNotFoundException: Event bus no does not exist.",
    );
  });

  it("may have the same name on different buses, not on one", async () => {
    const bus = new BusWorld();
    const eventPattern = PATTERN;
    const twice = (): unknown => bus.deployRule("placed", { eventPattern });
    expect(await refusal(twice)).to.equal(
      "ResourceAlreadyExistsException: Rule placed already exists.",
    );
    const rule = bus.deployRule("placed", { eventPattern, eventBusName: "default" });
    expect(rule.id).to.equal("placed");
    expect(rule.outputs["arn"]).to.equal(RULE.replace("orders/", ""));
    expect(bus.rule.id).to.equal("orders/placed");
    expect(bus.rule.outputs["arn"]).to.equal(RULE);
  });

  it("take a change of pattern in place", async () => {
    const bus = new BusWorld();
    bus.target("inbox", queueArn("inbox"));
    const eventPattern = '{"detail":{"order":[{"numeric":[">",5]}]}}';
    bus.update(bus.rule, { name: "placed", eventBusName: "orders", eventPattern });
    await bus.put({ order: 5 }, { order: 6 });
    await bus.arrive();
    expect(bus.parsed("inbox").map(({ detail }) => detail)).to.deep.equal([{ order: 6 }]);
  });

  it("are refused with patterns that are none", () => {
    const [problem] = new BusWorld().problems("aws:cloudwatch/eventRule:EventRule", "r", {
      eventPattern: '{"source":"shop"}',
    });
    expect(problem).to.match(
      /eventPattern: Event pattern is not valid. Reason: "source" must be an object or an array/,
    );
  });
});

describe("targets", () => {
  it("are put, listed and removed through the API", async () => {
    const bus = new BusWorld();
    const Rule = { Rule: "placed", EventBusName: "orders" };
    const target = {
      ...{ Id: "a", Arn: queueArn("inbox"), InputPath: "$.detail" },
      RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 },
      DeadLetterConfig: { Arn: queueArn("dead") },
    };
    const Targets = [target, { Id: "b", Arn: FUNCTION, Input: "{}" }];
    expect(await bus.events("PutTargets", { ...Rule, Targets })).to.deep.equal({
      ...{ FailedEntryCount: 0, FailedEntries: [] },
    });
    expect(await bus.events("ListTargetsByRule", Rule)).to.deep.equal({ Targets });
    await bus.put({ order: 1 });
    await bus.arrive();
    expect(bus.parsed("inbox")).to.deep.equal([{ order: 1 }]);
    expect(await bus.events("RemoveTargets", { ...Rule, Ids: ["a", "x"] })).to.deep.equal({
      FailedEntryCount: 1,
      FailedEntries: [
        {
          ...{ TargetId: "x", ErrorCode: "ResourceNotFoundException" },
          ErrorMessage: "Rule placed does not have target(s) with id: x.",
        },
      ],
    });
    await bus.put({ order: 2 });
    await bus.arrive();
    expect(bus.parsed("inbox")).to.have.length(1);
  });

  it("are five at most, all or none", async () => {
    const bus = new BusWorld();
    const Targets = Array.from({ length: 6 }, (_, at) => ({ Id: `t${at}`, Arn: FUNCTION }));
    const put = (): unknown =>
      bus.events("PutTargets", { Rule: "placed", EventBusName: "orders", Targets });
    expect(await refusal(put)).to.equal(
      "LimitExceededException: The requested resource exceeds the maximum number allowed.",
    );
    expect(
      await bus.events("ListTargetsByRule", { Rule: "placed", EventBusName: "orders" }),
    ).to.deep.equal({ Targets: [] });
  });

  it("are refused if EventBridge could not reach them", () => {
    const bus = new BusWorld();
    const problem = (inputs: object): string | undefined =>
      bus.problems("aws:cloudwatch/eventTarget:EventTarget", "t", {
        ...{ rule: "placed", arn: queueArn("inbox"), targetId: "t" },
        ...inputs,
      })[0];
    expect(problem({})).to.equal(undefined);
    expect(problem({ arn: "arn:aws:states:eu-west-1:1:x" })).to.match(/not in correct format/);
    expect(problem({ arn: queueArn("a.fifo") })).to.match(/SqsParameters must be specified/);
    expect(problem({ sqsTarget: { messageGroupId: "g" } })).to.match(/SqsParameters not valid/);
    expect(problem({ arn: BUS })).to.match(/RoleArn is required/);
    expect(problem({ roleArn: "arn:aws:iam::1:role/r" })).to.match(/RoleArn is not supported/);
    expect(problem({ deadLetterConfig: { arn: queueArn("d.fifo") } })).to.match(/standard queue/);
    for (const retryPolicy of [
      { maximumRetryAttempts: 186 },
      { maximumRetryAttempts: -1 },
      { maximumEventAgeInSeconds: 59 },
      { maximumEventAgeInSeconds: 86_401 },
    ]) {
      expect(problem({ retryPolicy }), JSON.stringify(retryPolicy)).to.match(
        /retryPolicy\.maximum/,
      );
    }
    expect(problem({ ecsTarget: {} })).to.match(/does not model the property ecsTarget/);
  });
});

describe("buses", () => {
  it("are described; the default one is always there", async () => {
    const bus = new BusWorld();
    const Name = "orders";
    expect(await bus.events("DescribeEventBus", { Name })).to.deep.include({ Name, Arn: BUS });
    expect(await bus.events("DescribeEventBus", {})).to.include({ Name: "default" });
    expect(await refusal(() => bus.events("DescribeEventBus", { Name: "no" }))).to.equal(
      "ResourceNotFoundException: Event bus no does not exist.",
    );
  });

  it("have names of their own, and go after their rules", async () => {
    const bus = new BusWorld();
    const twice = (): unknown =>
      bus.deploy("aws:cloudwatch/eventBus:EventBus", "b", { name: "orders" });
    expect(await refusal(twice)).to.equal(
      "ResourceAlreadyExistsException: Event bus orders already exists.",
    );
    expect(await refusal(() => bus.eventbridge.deleteBus("orders"))).to.match(/since it has rules/);
    bus.destroy(bus.rule);
    bus.eventbridge.deleteBus("orders");
    expect(bus.eventbridge.remaining()).to.deep.equal([]);
  });

  it("are read by roles that may", async () => {
    const bus = new BusWorld();
    const allow = { Effect: "Allow", Action: "events:DescribeRule", Resource: RULE };
    const role = bus.role("reader", [allow]);
    expect(await bus.events("DescribeRule", PLACED_RULE, role)).to.include({ Arn: RULE });
    const list = (): unknown => bus.events("ListRules", { EventBusName: "orders" }, role);
    expect(await refusal(list)).to.match(/^AccessDeniedException: .*events:ListRules/);
  });
});
