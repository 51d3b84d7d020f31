import { expect } from "chai";
import { messages, QueueMappingWorld } from "./queue-world";

/** Attempts that were refused, in seconds from the start. */
const refusedAt = (world: QueueMappingWorld): number[] =>
  world.attempts.filter(({ reply }) => reply === "throttled").map(({ atMs }) => atMs / 1000);

describe("queue mapping: throttling", () => {
  it("tries again inside the visibility timeout, then the message goes back", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      reply: (_, call) => (call <= 5 ? "throttled" : "ok"),
    });
    expect(await world.process("a")).to.deep.equal(["a"]);
    // Waits of 1, 2, 4 and 8 s; sixteen more would be past the 30 s for which the message is ours.
    expect(refusedAt(world)).to.deep.equal([0, 1, 3, 7, 15]);
    expect(world.seconds).to.deep.equal([30]);
    expect(world.attempts.at(-1)!.records[0]!.attributes.ApproximateReceiveCount).to.equal("2");
    expect(world.decided.slice(-4)).to.deep.equal(["throttled a", "unsent a", "send a", "ok a"]);
    const { attempt, reason, requestId } = world.mapping.decisions.at(-3)!;
    expect({ attempt, reason, requestId }).to.deep.equal({
      attempt: 5,
      reason: "throttled until the visibility timeout",
      requestId: undefined,
    });
  });

  it("every second with the other assumption", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      queue: { visibilityTimeoutSeconds: 4 },
      assumptions: { "sqs.throttleBackoff": "constant-1s" },
      reply: (_, call) => (call <= 4 ? "throttled" : "ok"),
    });
    expect(await world.process("a")).to.deep.equal(["a"]);
    expect(refusedAt(world)).to.deep.equal([0, 1, 2, 3]);
    expect(world.seconds).to.deep.equal([4]);
  });

  it("uses up receives, so that messages are dead-lettered without the function ever running", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      maxReceiveCount: 2,
      reply: () => "throttled",
    });
    expect(await world.process("a", "b")).to.deep.equal([]);
    expect(world.held("dead")).to.deep.equal(["a", "b"]);
    expect(world.held("jobs")).to.deep.equal([]);
    const kinds = new Set(world.mapping.decisions.map(({ kind }) => kind));
    expect([...kinds]).to.deep.equal(["send", "throttled", "unsent"]);
    expect(world.kernel.now - world.attempts[0]!.atMs).to.be.greaterThan(60_000);
  });

  it("uses up no receive while the batch is still ours", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      maxReceiveCount: 1,
      reply: (_, call) => (call <= 3 ? "throttled" : "ok"),
    });
    expect(await world.process("a")).to.deep.equal(["a"]);
    expect(world.held("dead")).to.deep.equal([]);
    expect(world.mapping.decisions.at(-1)).to.include({ kind: "ok", attempt: 4 });
  });

  it("runs late, and twice (invoked just before the visibility timeout)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      queue: { visibilityTimeoutSeconds: 8 },
      replyMs: 3000,
      reply: (_, call) => (call <= 3 ? "throttled" : "ok"),
    });
    expect(await world.process("a")).to.deep.equal(["a", "a"]);
    expect(world.seconds).to.deep.equal([7, 8]);
  });

  it("waits with five batches at most, whatever the function's reserved concurrency", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1 },
      replyMs: 2000,
      reply: () => (world.running >= 1 ? "throttled" : "ok"),
    });
    await world.put(...messages(8));
    world.mapping.enable();
    await world.advance(0.5);
    // One runs, four hold their messages and are refused: what a small reservation does to receives.
    expect(world.runningMax).to.equal(1);
    expect(world.mapping.concurrency).to.equal(5);
    expect(refusedAt(world)).to.have.length(4);
    await world.settle();
    expect(world.runningMax).to.equal(1);
    expect(world.held("jobs")).to.deep.equal([]);
  });

  it("never refuses anything (maximum concurrency not above the reservation)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1, maximumConcurrency: 2 },
      replyMs: 2000,
      reply: () => (world.running >= 2 ? "throttled" : "ok"),
    });
    await world.process(...messages(8));
    expect(refusedAt(world)).to.deep.equal([]);
    expect(world.runningMax).to.equal(2);
    expect(world.seconds).to.deep.equal([0, 0, 2, 2, 4, 4, 6, 6]);
  });
});

describe("queue mapping: failures and concurrency", () => {
  const failing = (reportBatchItemFailures: boolean, errorBackoff = "one-for-one") =>
    new QueueMappingWorld({
      assumptions: { "sqs.errorBackoff": errorBackoff },
      settings: { batchSize: 1, reportBatchItemFailures },
      queue: { visibilityTimeoutSeconds: 1000 },
      reply: (_, call) => (call <= 5 ? "error" : "ok"),
      replyMs: () => (world.attempts.length <= 5 ? 100 : 60_000),
    });
  let world: QueueMappingWorld;

  async function runningAfterFiveErrors(): Promise<number> {
    await world.put(...messages(30));
    world.mapping.enable();
    await world.advance(0.5);
    return world.running;
  }

  it("reads fewer batches at once after errors, but two at least", async () => {
    world = failing(false);
    expect(await runningAfterFiveErrors()).to.equal(2);
  });

  it("reads on as before after errors (ReportBatchItemFailures)", async () => {
    world = failing(true);
    expect(await runningAfterFiveErrors()).to.equal(5);
  });

  it("reads on as before after errors (the other assumption)", async () => {
    world = failing(false, "none");
    expect(await runningAfterFiveErrors()).to.equal(5);
  });
});
