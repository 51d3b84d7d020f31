import { expect } from "chai";
import { QueueConcurrency } from "../../../simulator/services/lambda/mappings/queue-concurrency";
import { messages, QueueMappingWorld } from "./queue-world";

function concurrency({ maximum = undefined as number | undefined, scaleUp = "every-second" } = {}) {
  return new QueueConcurrency(
    () => maximum,
    () => scaleUp,
  );
}

describe("queue concurrency", () => {
  it("starts at five and grows by 300 a minute while messages wait, up to 1,250", () => {
    const limits = concurrency();
    limits.backlog(0);
    const at = [0, 999, 1000, 30_000, 60_000, 120_000, 248_000, 249_000, 3_600_000];
    expect(at.map((ms) => limits.limit(ms))).to.deep.equal([
      5, 5, 10, 155, 305, 605, 1245, 1250, 1250,
    ]);
  });

  it("grows once a minute with the other assumption", () => {
    const limits = concurrency({ scaleUp: "every-minute" });
    limits.backlog(0);
    expect([0, 59_999, 60_000, 120_000, 300_000].map((ms) => limits.limit(ms))).to.deep.equal([
      5, 5, 305, 605, 1250,
    ]);
  });

  it("stays at five while no messages wait, and goes back to five when none do", () => {
    const limits = concurrency();
    expect(limits.limit(600_000)).to.equal(5);
    limits.backlog(600_000);
    expect(limits.limit(660_000)).to.equal(305);
    limits.drained();
    expect(limits.limit(660_000)).to.equal(5);
  });

  it("never exceeds the mapping's maximum", () => {
    const limits = concurrency({ maximum: 7 });
    limits.backlog(0);
    expect([0, 1000, 60_000].map((ms) => limits.limit(ms))).to.deep.equal([5, 7, 7]);
    expect(concurrency({ maximum: 2 }).limit(0)).to.equal(2);
    expect(limits.nextGrowthMs(1000)).to.equal(undefined);
  });

  it("gives one up for each failure, keeps two, and gets one back for each success", () => {
    const limits = concurrency();
    for (let failures = 0; failures < 9; failures++) limits.failed(0);
    expect(limits.limit(0)).to.equal(2);
    limits.succeeded();
    expect(limits.limit(0)).to.equal(3);
    limits.succeeded();
    limits.succeeded();
    limits.succeeded();
    expect(limits.limit(0)).to.equal(5);
  });

  it("does not grow until successes have made up for the failures", () => {
    const limits = concurrency();
    limits.backlog(0);
    limits.failed(60_000);
    limits.backlog(60_000);
    expect(limits.limit(120_000)).to.equal(304);
    limits.succeeded();
    limits.backlog(120_000);
    expect(limits.limit(121_000)).to.equal(310);
  });
});

describe("queue mapping: scaling", () => {
  it("runs five at once, then five more each second while messages wait", async () => {
    const world = new QueueMappingWorld({
      settings: { batchSize: 1 },
      queue: { visibilityTimeoutSeconds: 900 },
      replyMs: 600_000,
    });
    await world.put(...messages(400));
    world.mapping.enable();
    const running: number[] = [];
    for (const seconds of [0.5, 1, 1, 57.5]) {
      await world.advance(seconds);
      running.push(world.running);
    }
    expect(running).to.deep.equal([5, 10, 15, 305]);
    await world.settle();
    expect(world.runningMax).to.equal(400);
    expect(world.held("jobs")).to.deep.equal([]);
  });

  it("takes up to ten messages with each of five pollers (a burst of 60)", async () => {
    const world = new QueueMappingWorld({ replyMs: 500 });
    await world.process(...messages(60));
    expect(world.attempts.map(({ bodies }) => bodies.length)).to.deep.equal([
      10, 10, 10, 10, 10, 10,
    ]);
    expect(world.seconds).to.deep.equal([0, 0, 0, 0, 0, 0.5]);
  });

  it("keeps within a maximum that is lowered while invocations run", async () => {
    const world = new QueueMappingWorld({ settings: { batchSize: 1 }, replyMs: 1000 });
    await world.put(...messages(20));
    world.mapping.enable();
    await world.advance(0.5);
    expect(world.running).to.equal(5);
    world.mapping.update({ ...world.settings, maximumConcurrency: 2 });
    await world.advance(1);
    expect(world.running).to.equal(2);
    await world.settle();
    expect(world.held("jobs")).to.deep.equal([]);
  });
});

describe("queue mapping: an idle queue", () => {
  it("schedules nothing, and counts the empty polls of five pollers", async () => {
    const world = new QueueMappingWorld();
    world.mapping.enable();
    expect(world.kernel.quiet).to.equal(true);
    await world.advance(3600);
    expect(world.trace.entries.filter(({ label }) => !label.startsWith("deploy"))).to.deep.equal(
      [],
    );
    world.mapping.accountForIdlePolls();
    // Five pollers, each with an empty answer every 20 s.
    expect(world.usage.snapshot()).to.include({ "sqs.emptyReceives": 900 });
    await world.advance(30);
    world.mapping.accountForIdlePolls();
    world.mapping.accountForIdlePolls();
    expect(world.usage.snapshot()).to.include({ "sqs.emptyReceives": 907 });
  });

  it("counts none while all pollers work, or while the mapping is disabled", async () => {
    const world = new QueueMappingWorld({
      settings: { batchSize: 1 },
      queue: { visibilityTimeoutSeconds: 900 },
      replyMs: 100_000,
    });
    await world.put(...messages(5));
    world.mapping.enable();
    await world.advance(100);
    world.mapping.disable();
    await world.advance(3600);
    world.mapping.accountForIdlePolls();
    expect(world.usage.snapshot()).not.to.have.property("sqs.emptyReceives");
  });

  it("counts those of a FIFO queue apart, and as many pollers as are assumed", async () => {
    const world = new QueueMappingWorld({
      queue: { fifoQueue: true },
      assumptions: { "sqs.idlePollers": 2 },
    });
    world.mapping.enable();
    await world.advance(200);
    world.mapping.delete();
    await world.advance(200);
    expect(world.usage.snapshot()).to.include({ "sqs.fifoEmptyReceives": 20 });
  });
});
