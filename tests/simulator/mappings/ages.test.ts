import { expect } from "chai";
import { World } from "./world";

describe("stream mapping: record age", () => {
  for (const [policy, count] of [
    ["n+1", 8],
    ["max(1,n)", 7],
  ] as const) {
    it(`discards after seven invocations within 60 s, count ${count} (stream.ageExceededCount ${policy})`, async () => {
      const world = new World({
        assumptions: { "kinesis.pollMs": 1, "stream.ageExceededCount": policy },
        settings: { maximumRecordAgeInSeconds: 60 },
        reply: () => "error",
      });
      await world.process("r1");
      expect(world.seconds).to.deep.equal([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
      expect(world.discarded).to.deep.equal([`r1: RecordAgeExceeded ${count}`]);
      expect(world.deadLetters[0]!.record).not.to.have.property("responseContext");
    });
  }

  for (const policy of ["n+1", "max(1,n)"]) {
    it(`discards only the expired records at the front, never invoked, count 1 (${policy})`, async () => {
      const world = new World({
        assumptions: { "stream.ageExceededCount": policy },
        settings: { maximumRecordAgeInSeconds: 60 },
      });
      world.put("old");
      await world.advance(61);
      expect(await world.process("r1", "r2", "r3", "r4", "r5")).to.deep.equal(["r1 r2 r3 r4 r5"]);
      expect(world.discarded).to.deep.equal(["old: RecordAgeExceeded 1"]);
      expect(world.deadLetters[0]!.record.KinesisBatchInfo!.batchSize).to.equal(1);
    });
  }

  it("still delivers a record that is exactly as old as it may be", async () => {
    const world = new World({
      assumptions: { "kinesis.pollMs": 1 },
      settings: { maximumRecordAgeInSeconds: 60 },
    });
    world.put("r1");
    await world.advance(59.999);
    world.mapping.enable();
    await world.settle();
    expect(world.batches).to.deep.equal(["r1"]);
  });

  it("goes by the age before the quota, and writes a dead letter for each reason", async () => {
    const world = new World({
      assumptions: { "stream.backoff": "constant-1s" },
      settings: { maximumRecordAgeInSeconds: 60, maximumRetryAttempts: 0 },
      replyMs: 20_000,
      reply: () => "error",
    });
    world.put("old");
    await world.advance(45);
    world.put("new");
    world.mapping.enable();
    await world.settle();
    expect(world.batches).to.deep.equal(["old new"]);
    expect(world.discarded).to.deep.equal([
      "old: RecordAgeExceeded 2",
      "new: RetryAttemptsExhausted 1",
    ]);
  });

  it("tests the age before throttled attempts, too", async () => {
    const world = new World({
      settings: { maximumRecordAgeInSeconds: 60, maximumRetryAttempts: 0 },
      reply: () => "throttled",
    });
    await world.process("r1");
    expect(world.discarded).to.deep.equal(["r1: RecordAgeExceeded 1"]);
  });

  const splitting = (policy: string) =>
    new World({
      assumptions: { "bisect.recordAge": policy, "kinesis.pollMs": 1 },
      settings: { bisectBatchOnFunctionError: true, maximumRecordAgeInSeconds: 60 },
      replyMs: 50_000,
      reply: () => "error",
    });

  it("keeps the age when a batch is split (bisect.recordAge keep)", async () => {
    const world = splitting("keep");
    // One invocation of 50 s, a second one of the first half, then both halves are too old.
    expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2", "r1"]);
    expect(world.discarded).to.deep.equal(["r1: RecordAgeExceeded 2", "r2: RecordAgeExceeded 1"]);
  });

  it("starts the age anew at the split (bisect.recordAge reset)", async () => {
    const world = splitting("reset");
    expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2", "r1", "r1"]);
    expect(world.discarded).to.deep.equal(["r1: RecordAgeExceeded 3", "r2: RecordAgeExceeded 1"]);
  });
});

describe("stream mapping: retention", () => {
  it("loses good records behind a blocked one in silence (defaults: a day)", async () => {
    const world = new World({
      settings: { batchSize: 1 },
      reply: (texts) => (texts.includes("bad") ? "error" : "ok"),
    });
    await world.process("bad", "good");
    expect(new Set(world.batches)).to.deep.equal(new Set(["bad"]));
    expect(world.deadLetters).to.deep.equal([]);
    const expired = world.mapping.decisions.filter(({ kind }) => kind === "expired");
    expect(expired.map(({ recordIds }) => recordIds.length)).to.deep.equal([1, 1]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
    // A retry a minute, and next to nothing besides.
    expect(world.trace.entries.length).to.be.lessThan(6 * 1450);
  });

  it("drops the expired front of a batch and goes on with the rest", async () => {
    const world = new World({ reply: (texts) => (texts.includes("bad") ? "error" : "ok") });
    world.put("bad");
    await world.advance(3600);
    world.put("good");
    world.mapping.enable();
    await world.settle();
    expect(world.batches.at(-1)).to.equal("good");
    expect(world.batches.filter((batch) => batch === "bad good").length).to.be.greaterThan(1300);
  });
});
