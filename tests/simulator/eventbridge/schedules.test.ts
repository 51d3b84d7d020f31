import { expect } from "chai";
import { FaultPlan } from "../../../simulator/kernel/faults";
import { documentOf, refusal, START_MS } from "../iam/account-fixture";
import { arnOf as queueArn, QueueWorld } from "../sqs/world";

const FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:sweep";
const RULE = "arn:aws:events:eu-west-1:123456789012:rule/tick";
const QUIET_MINUTES = 15;

interface WorldOptions {
  readonly idle?: "sleep" | "run";
  readonly rule?: Record<string, unknown>;
  readonly target?: Record<string, unknown>;
  readonly permitted?: boolean;
}

/** A rule `tick`, once a minute, with a function that a stub stands for. */
class ScheduleWorld extends QueueWorld {
  constructor({ idle = "sleep", permitted = true, rule = {}, target = {} }: WorldOptions = {}) {
    super({ "schedule.idle": idle });
    this.lambda.functions.add(FUNCTION);
    if (permitted) this.lambda.permitted.add(`${FUNCTION} events.amazonaws.com ${RULE}`);
    this.queue("dead", {
      policy: documentOf({
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queueArn("dead"),
      }),
    });
    this.rule = this.deploy("aws:cloudwatch/eventRule:EventRule", "tick", {
      name: "tick",
      scheduleExpression: "rate(1 minute)",
      ...rule,
    });
    this.target = this.deploy("aws:cloudwatch/eventTarget:EventTarget", "sweep", {
      rule: "tick",
      arn: FUNCTION,
      ...target,
    });
  }

  readonly faults = new FaultPlan([], this.random);
  readonly rule;
  readonly target;

  /** How often it was invoked. */
  get runs(): number {
    return this.lambda.requests.length;
  }

  get skipped(): number {
    this.services.eventbridge.accountForSkipped();
    return this.usage.snapshot()["schedule.skippedInvocations"] ?? 0;
  }

  minutes(count: number): Promise<void> {
    return this.advance(count * 60);
  }
}

const UNSETTLED = "tick: has not yet run without effect after a quiet time";

describe("a scheduled rule", () => {
  it("fires at each multiple of its period, in the background", async () => {
    const world = new ScheduleWorld();
    expect(world.kernel.quiet).to.equal(true);
    await world.advance(59.999);
    expect(world.runs).to.equal(0);
    await world.advance(0.001);
    expect(world.runs).to.equal(1);
    await world.minutes(3);
    expect(world.runs).to.equal(4);
  });

  it("sends AWS's scheduled event", async () => {
    const world = new ScheduleWorld();
    await world.minutes(1);
    const [request] = world.lambda.requests;
    expect(request).to.deep.include({
      functionName: FUNCTION,
      recordCount: 1,
      identity: `tick at ${START_MS + 60_000}`,
      source: "rule tick",
    });
    const event = request!.event() as Record<string, unknown>;
    expect(event["id"]).to.match(/^[0-9a-f-]{36}$/);
    expect({ ...event, id: "" }).to.deep.equal({
      version: "0",
      id: "",
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: "123456789012",
      time: "2026-01-01T00:01:00Z",
      region: "eu-west-1",
      resources: [RULE],
      detail: {},
    });
  });

  it("sends the target's constant input instead (if it has one)", async () => {
    const world = new ScheduleWorld({ target: { input: '{"mode":"all"}' } });
    await world.minutes(1);
    expect(world.lambda.requests[0]!.event()).to.deep.equal({ mode: "all" });
  });

  it("fires whatever its earlier runs are doing", async () => {
    const world = new ScheduleWorld();
    world.lambda.durationMs = 150_000;
    await world.minutes(3);
    expect(world.runs).to.equal(3);
  });

  it("does not fire while disabled, nor once deleted (a run under way does not bring it back)", async () => {
    const disabled = new ScheduleWorld({ rule: { state: "DISABLED" } });
    await disabled.minutes(5);
    expect(disabled.runs).to.equal(0);
    expect(disabled.services.eventbridge.unsettled()).to.deep.equal([]);
    const deleted = new ScheduleWorld();
    deleted.lambda.durationMs = 90_000;
    await deleted.minutes(1);
    deleted.destroy(deleted.target);
    deleted.destroy(deleted.rule);
    deleted.write();
    await deleted.minutes(30);
    expect(deleted.runs).to.equal(1);
    expect(deleted.services.eventbridge.remaining()).to.deep.equal([]);
  });

  it("keeps to its phase when its period changes", async () => {
    const world = new ScheduleWorld();
    await world.advance(90);
    world.update(world.rule, { name: "tick", scheduleExpression: "rate(2 minutes)" });
    await world.advance(29.999);
    expect(world.runs).to.equal(1);
    await world.advance(0.001);
    expect(world.runs).to.equal(2);
  });
});

describe("an idle schedule", () => {
  it("sleeps after a run without effect in a quiet time, and counts the runs left out", async () => {
    const world = new ScheduleWorld();
    await world.minutes(QUIET_MINUTES);
    expect(world.runs).to.equal(QUIET_MINUTES);
    const events = world.trace.entries.length;
    await world.minutes(24 * 60);
    expect(world.runs).to.equal(QUIET_MINUTES);
    expect(world.trace.entries.length).to.equal(events);
    expect(world.skipped).to.equal(24 * 60);
    expect(world.skipped).to.equal(24 * 60);
  });

  it("wakes at a write, at the next multiple of its period", async () => {
    const world = new ScheduleWorld();
    await world.minutes(60);
    await world.advance(30);
    world.write();
    expect(world.skipped).to.equal(60 - QUIET_MINUTES);
    await world.advance(29.999);
    expect(world.runs).to.equal(QUIET_MINUTES);
    await world.advance(0.001);
    expect(world.runs).to.equal(QUIET_MINUTES + 1);
    expect(world.skipped).to.equal(60 - QUIET_MINUTES);
  });

  it("wakes at a message or an object too", async () => {
    const world = new ScheduleWorld();
    await world.minutes(30);
    await world.send("dead", "hello");
    await world.minutes(1);
    expect(world.runs).to.equal(QUIET_MINUTES + 1);
    await world.minutes(60);
    const runs = world.runs;
    world.deploy("aws:s3/bucket:Bucket", "box", { bucket: "box" });
    await world.call(world.services.s3, "PutObject", { Bucket: "box", Key: "a" });
    await world.minutes(1);
    expect(world.runs).to.equal(runs + 1);
  });

  it("does not sleep while its runs write, find something, or fail", async () => {
    for (const change of [
      { effects: { writes: 1, itemsRead: 0 } },
      { effects: { writes: 0, itemsRead: 1 } },
      { outcome: "error" as const },
    ]) {
      const world = new ScheduleWorld();
      Object.assign(world.lambda, change);
      await world.minutes(40);
      expect(world.runs).to.equal(40);
      expect(world.services.eventbridge.unsettled()).to.deep.equal([UNSETTLED]);
    }
  });

  it("does not sleep over a write that came while its run was under way", async () => {
    const world = new ScheduleWorld();
    world.lambda.durationMs = 10_000;
    await world.minutes(QUIET_MINUTES);
    world.write();
    await world.minutes(1);
    expect(world.runs).to.equal(QUIET_MINUTES + 1);
    expect(world.services.eventbridge.unsettled()).to.deep.equal([UNSETTLED]);
  });

  it("is settled once it ran without effect after a quiet time, until the next write", async () => {
    const world = new ScheduleWorld();
    expect(world.services.eventbridge.unsettled()).to.deep.equal([UNSETTLED]);
    await world.minutes(QUIET_MINUTES - 1);
    expect(world.services.eventbridge.unsettled()).to.deep.equal([UNSETTLED]);
    await world.minutes(1);
    expect(world.services.eventbridge.unsettled()).to.deep.equal([]);
    world.write();
    expect(world.services.eventbridge.unsettled()).to.deep.equal([UNSETTLED]);
  });

  it("goes on firing with schedule.idle=run, and is settled all the same", async () => {
    const world = new ScheduleWorld({ idle: "run" });
    await world.minutes(60);
    expect(world.runs).to.equal(60);
    expect(world.skipped).to.equal(0);
    expect(world.services.eventbridge.unsettled()).to.deep.equal([]);
  });
});

describe("a target", () => {
  it("that does not permit the rule is never invoked (the event is lost, and counted)", async () => {
    const world = new ScheduleWorld({ permitted: false });
    await world.minutes(1);
    expect(world.runs).to.equal(0);
    expect(world.services.cloudwatch.counters()).to.deep.equal({ "FailedInvocations tick": 1 });
  });

  it("sends such events to its dead-letter queue at once (if it has one)", async () => {
    const deadLetterConfig = { arn: queueArn("dead") };
    const world = new ScheduleWorld({ permitted: false, target: { deadLetterConfig } });
    await world.minutes(1);
    const [dead] = await world.receive("dead");
    expect(JSON.parse(dead!.Body)).to.deep.include({ "detail-type": "Scheduled Event" });
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    expect(dead!.MessageAttributes).to.deep.include({
      RULE_ARN: text(RULE),
      TARGET_ARN: text(FUNCTION),
      ERROR_CODE: text("NO_PERMISSIONS"),
    });
    world.lambda.functions.clear();
    await world.minutes(1);
    const [, gone] = await world.receive("dead");
    expect(gone!.MessageAttributes).to.deep.include({ ERROR_CODE: text("NO_RESOURCE") });
  });

  it("is one of five at most", async () => {
    const world = new ScheduleWorld();
    const add = (targetId: string): unknown =>
      world.deploy("aws:cloudwatch/eventTarget:EventTarget", targetId, {
        rule: "tick",
        arn: FUNCTION,
        targetId,
      });
    for (const id of ["2", "3", "4", "5"]) add(id);
    expect(await refusal(() => add("6"))).to.equal(
      "LimitExceededException: The requested resource exceeds the maximum number allowed.",
    );
  });

  it("keeps its rule from being deleted", async () => {
    const world = new ScheduleWorld();
    expect(await refusal(() => world.destroy(world.rule))).to.equal(
      "ValidationException: Rule can't be deleted since it has targets.",
    );
  });
});

describe("rules refuse", () => {
  const problem = (inputs: Record<string, unknown>): string | undefined =>
    new QueueWorld().problems("aws:cloudwatch/eventRule:EventRule", "tick", inputs)[0];

  it("cron expressions, and schedules of other buses", () => {
    expect(problem({ scheduleExpression: "cron(0 12 * * ? *)" })).to.match(
      /scheduleExpression: must be rate\(1 minute\), rate\(5 hours\), …: cron expressions are not modelled/,
    );
    expect(problem({ scheduleExpression: "rate(1 minutes)" })).to.match(/must be rate/);
    expect(problem({ scheduleExpression: "rate(5 minute)" })).to.match(/must be rate/);
    expect(problem({})).to.match(/eventPattern: is needed, or scheduleExpression/);
    expect(problem({ eventBusName: "orders", scheduleExpression: "rate(1 day)" })).to.match(
      /scheduleExpression: is supported on the default event bus only/,
    );
  });
});
