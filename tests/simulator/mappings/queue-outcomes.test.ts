import { expect } from "chai";
import { type Reply, messages, QueueMappingWorld } from "./queue-world";

const REPORTING = { settings: { reportBatchItemFailures: true } };

describe("queue mapping: outcomes", () => {
  it("deletes the messages of a batch that succeeds", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld();
    expect(await world.process("a", "b")).to.deep.equal(["a b"]);
    expect(world.held("jobs")).to.deep.equal([]);
    expect(world.decided).to.deep.equal(["send a b", "ok a b"]);
    expect(world.mapping.lastProcessingResult).to.equal("OK");
  });

  for (const outcome of ["error", "timeout", "killed"] as const) {
    it(`deletes nothing, and sends all again after the visibility timeout (${outcome})`, async () => {
      const world: QueueMappingWorld = new QueueMappingWorld({
        reply: (_, call) => (call === 1 ? outcome : "ok"),
      });
      expect(await world.process("a", "b")).to.deep.equal(["a b", "a b"]);
      expect(world.seconds).to.deep.equal([0, 30]);
      const counts = world.attempts.map(({ records }) =>
        records.map(({ attributes }) => attributes.ApproximateReceiveCount),
      );
      expect(counts).to.deep.equal([
        ["1", "1"],
        ["2", "2"],
      ]);
      expect(world.decided).to.deep.equal(["send a b", "returned a b", "send a b", "ok a b"]);
      expect(world.mapping.decisions[1]).to.include({ reason: outcome, requestId: "request-1" });
    });
  }

  it("invokes twice, then finds the message in the dead-letter queue (maxReceiveCount 2)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      maxReceiveCount: 2,
      reply: () => "error",
    });
    expect(await world.process("a")).to.deep.equal(["a", "a"]);
    expect(world.seconds).to.deep.equal([0, 30]);
    expect(world.held("dead")).to.deep.equal(["a"]);
    expect(world.held("jobs")).to.deep.equal([]);
    const [letter] = await world.receive("dead");
    expect(letter!.Attributes).to.include({ ApproximateReceiveCount: "3" });
    expect(letter!.MessageId).to.equal(world.attempts[0]!.records[0]!.messageId);
  });

  it("sends again only what was reported", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      ...REPORTING,
      reply: (_, call, records) => (call === 1 ? world.report(records, "b", "d") : "ok"),
    });
    expect(await world.process("a", "b", "c", "d")).to.deep.equal(["a b c d", "b d"]);
    expect(world.decided).to.deep.equal([
      ...["send a b c d", "ok a c", "returned b d"],
      ...["send b d", "ok b d"],
    ]);
    expect(world.mapping.decisions[2]!.reason).to.equal("reported by the function");
  });

  it("ignores a report (ReportBatchItemFailures not switched on)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      reply: (_, __, records) => world.report(records, "a"),
    });
    expect(await world.process("a", "b")).to.deep.equal(["a b"]);
    expect(world.held("jobs")).to.deep.equal([]);
  });

  const successes: unknown[] = [
    "",
    null,
    {},
    [],
    { batchItemFailures: [] },
    { batchItemFailures: null },
  ];
  for (const response of successes) {
    it(`takes ${JSON.stringify(response)} for a complete success`, async () => {
      const world: QueueMappingWorld = new QueueMappingWorld({
        ...REPORTING,
        reply: () => ({ response }),
      });
      expect(await world.process("a", "b")).to.deep.equal(["a b"]);
    });
  }

  const failures: unknown[] = [
    "not an object",
    { batchItemFailures: [{ itemIdentifier: "" }] },
    { batchItemFailures: [{ itemIdentifier: null }] },
    { batchItemFailures: [{ itemIdentifier: "unknown" }] },
    { batchItemFailures: [{ foo: "a" }] },
    { batchItemFailures: [{ foo: null }] },
    { batchItemFailures: "a" },
  ];
  for (const response of failures) {
    it(`takes ${JSON.stringify(response)} for a complete failure`, async () => {
      const reply = (_: unknown, call: number): Reply => (call === 1 ? { response } : "ok");
      const world: QueueMappingWorld = new QueueMappingWorld({ ...REPORTING, reply });
      expect(await world.process("a", "b")).to.deep.equal(["a b", "a b"]);
      expect(world.seconds).to.deep.equal([0, 30]);
    });
  }

  it("fails the whole batch for one unknown identifier among good ones", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      ...REPORTING,
      reply: (_, call, records) =>
        call > 1
          ? "ok"
          : {
              response: {
                batchItemFailures: [
                  { itemIdentifier: records[0]!.messageId },
                  { itemIdentifier: "unknown" },
                ],
              },
            },
    });
    expect(await world.process("a", "b")).to.deep.equal(["a b", "a b"]);
  });

  it("counts a request for each ten messages deleted, and one for each receive", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 25, maximumBatchingWindowInSeconds: 1 },
    });
    await world.put(...messages(25));
    const before = world.usage.snapshot()["sqs.requests"]!;
    world.mapping.enable();
    await world.settle();
    expect(world.batches).to.have.length(1);
    // Ten, ten and five, received and deleted.
    expect(world.usage.snapshot()["sqs.requests"]! - before).to.equal(6);
  });
});

describe("queue mapping: messages that went back to the queue", () => {
  it("are processed twice (the function is slower than the visibility timeout)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      queue: { visibilityTimeoutSeconds: 5 },
      replyMs: (bodies) => (bodies[0] === "slow" && world.attempts.length === 1 ? 8000 : 100),
    });
    expect(await world.process("slow")).to.deep.equal(["slow", "slow"]);
    expect(world.seconds).to.deep.equal([0, 5]);
    // The second invocation ended first, so that the first had nothing left to delete.
    expect(world.decided).to.deep.equal([
      ...["send slow", "send slow", "ok slow"],
      ...["ok slow", "undeleted slow"],
    ]);
    expect(world.held("jobs")).to.deep.equal([]);
  });

  it("are not deleted with an outdated receipt handle", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      queue: { visibilityTimeoutSeconds: 5 },
      maxReceiveCount: 2,
      reply: (_, call) => (call === 1 ? "ok" : "error"),
      replyMs: () => (world.attempts.length === 1 ? 8000 : 100),
    });
    await world.process("slow");
    expect(world.decided).to.include("undeleted slow");
    expect(world.held("dead")).to.deep.equal(["slow"]);
  });

  it("are deleted late, if nobody has received them since", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      queue: { visibilityTimeoutSeconds: 5 },
      settings: { maximumConcurrency: 2 },
      replyMs: () => 6000,
    });
    await world.put("a");
    world.mapping.enable();
    await world.advance(1);
    world.mapping.disable();
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
    expect(world.held("jobs")).to.deep.equal([]);
    expect(world.decided).to.deep.equal(["send a", "ok a"]);
  });
});

describe("queue mapping: rights of the role", () => {
  it("leaves messages where they are (may not receive)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({ actions: ["DeleteMessage"] });
    await world.process("a");
    expect(world.batches).to.deep.equal([]);
    expect(world.mapping.lastProcessingResult).to.equal(
      "PROBLEM: The role may not receive from the queue",
    );
  });

  it("processes again and again (may not delete)", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      actions: ["ReceiveMessage"],
      maxReceiveCount: 3,
    });
    expect(await world.process("a")).to.deep.equal(["a", "a", "a"]);
    expect(world.decided.slice(0, 3)).to.deep.equal(["send a", "ok a", "undeleted a"]);
    expect(world.held("dead")).to.deep.equal(["a"]);
  });
});
