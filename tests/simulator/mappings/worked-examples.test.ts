import { expect } from "chai";
import { type Reply, World, type WorldOptions, tenRecords } from "./world";

const whole = "r1 r2 r3 r4 r5 r6 r7 r8 r9 r10";

/** r3 always throws. */
function exampleA(assumptions: WorldOptions["assumptions"] = {}, bisect = true): World {
  return new World({
    assumptions,
    settings: { bisectBatchOnFunctionError: bisect, maximumRetryAttempts: 2 },
    reply: (texts) => (texts.includes("r3") ? "error" : "ok"),
  });
}

/** r8 is always reported. */
function exampleB(assumptions: WorldOptions["assumptions"] = {}, bisect = false): World {
  const world: World = new World({
    assumptions,
    settings: {
      bisectBatchOnFunctionError: bisect,
      maximumRetryAttempts: 2,
      reportBatchItemFailures: true,
    },
    reply: (texts): Reply => (texts.includes("r8") ? world.report("r8") : "ok"),
  });
  return world;
}

describe("worked example A (10 records, r3 always throws, bisect, retry 2)", () => {
  it("takes nine invocations and discards r3 alone (default policies)", async () => {
    const world = exampleA();
    expect(await world.process(...tenRecords)).to.deep.equal([
      whole,
      "r1 r2 r3 r4 r5",
      "r1 r2",
      "r3 r4 r5",
      "r3",
      "r3",
      "r3",
      "r4 r5",
      "r6 r7 r8 r9 r10",
    ]);
    expect(world.discarded).to.deep.equal(["r3: RetryAttemptsExhausted 3"]);
    const { batchSize, endSequenceNumber, startSequenceNumber } =
      world.deadLetters[0]!.record.KinesisBatchInfo!;
    expect(batchSize).to.equal(1);
    expect([startSequenceNumber, endSequenceNumber]).to.deep.equal([
      world.sequenceOf("r3"),
      world.sequenceOf("r3"),
    ]);
  });

  it("delivers r1 and r2 three times, r3 six, r4 and r5 four, the others twice", async () => {
    const world = exampleA();
    await world.process(...tenRecords);
    const counts = tenRecords.map(
      (text) => world.deliveries.filter(({ texts }) => texts.includes(text)).length,
    );
    expect(counts).to.deep.equal([3, 3, 6, 4, 4, 2, 2, 2, 2, 2]);
  });

  it("cuts after the larger half (bisect.left ceil)", async () => {
    const world = exampleA({ "bisect.left": "ceil" });
    expect(await world.process(...tenRecords)).to.deep.equal([
      whole,
      "r1 r2 r3 r4 r5",
      "r1 r2 r3",
      "r1 r2",
      "r3",
      "r3",
      "r3",
      "r4 r5",
      "r6 r7 r8 r9 r10",
    ]);
    expect(world.discarded).to.deep.equal(["r3: RetryAttemptsExhausted 3"]);
  });

  it("uses the quota up by splitting (bisect.retryCounter inherit)", async () => {
    const world = exampleA({ "bisect.retryCounter": "inherit" });
    expect(await world.process(...tenRecords)).to.deep.equal([
      whole,
      "r1 r2 r3 r4 r5",
      "r1 r2",
      "r3 r4 r5",
      "r6 r7 r8 r9 r10",
    ]);
    expect(world.discarded).to.deep.equal(["r3 r4 r5: RetryAttemptsExhausted 3"]);
  });

  it("delivers the same batches whether or not a split makes records young again", async () => {
    const world = exampleA({ "bisect.recordAge": "reset" });
    expect(await world.process(...tenRecords)).to.have.length(9);
    expect(world.discarded).to.deep.equal(["r3: RetryAttemptsExhausted 3"]);
  });

  it("discards all ten after three invocations (without bisect)", async () => {
    const world = exampleA({}, false);
    expect(await world.process(...tenRecords)).to.deep.equal([whole, whole, whole]);
    expect(world.discarded).to.deep.equal([`${whole}: RetryAttemptsExhausted 3`]);
    expect(world.deadLetters[0]!.record.KinesisBatchInfo!.batchSize).to.equal(10);
  });
});

describe("worked example B (10 records, r8 always reported, retry 2)", () => {
  it("discards r8 and the records after it (checkpoint.exhausted remaining)", async () => {
    const world = exampleB();
    expect(await world.process(...tenRecords)).to.deep.equal([
      whole,
      "r8 r9 r10",
      "r8 r9 r10",
      "r8 r9 r10",
    ]);
    expect(world.discarded).to.deep.equal(["r8 r9 r10: RetryAttemptsExhausted 3"]);
    const { record } = world.deadLetters[0]!;
    expect(record.KinesisBatchInfo!.batchSize).to.equal(3);
    expect(record.responseContext!.functionError).to.equal(null);
  });

  it("discards r8 alone (checkpoint.exhausted failed-record)", async () => {
    const world = exampleB({ "checkpoint.exhausted": "failed-record" });
    expect(await world.process(...tenRecords)).to.deep.equal([
      whole,
      "r8 r9 r10",
      "r8 r9 r10",
      "r8 r9 r10",
      "r9 r10",
    ]);
    expect(world.discarded).to.deep.equal(["r8: RetryAttemptsExhausted 3"]);
  });

  for (const policy of ["remaining", "failed-record"]) {
    it(`discards r8 alone (with bisect, checkpoint.exhausted ${policy})`, async () => {
      const world = exampleB({ "checkpoint.exhausted": policy }, true);
      expect(await world.process(...tenRecords)).to.deep.equal([
        whole,
        "r8 r9 r10",
        "r8",
        "r8",
        "r8",
        "r9 r10",
      ]);
      expect(world.discarded).to.deep.equal(["r8: RetryAttemptsExhausted 3"]);
    });
  }

  it("takes two invocations (r8 fails once)", async () => {
    const world: World = new World({
      settings: { maximumRetryAttempts: 2, reportBatchItemFailures: true },
      reply: (_texts, call): Reply => (call === 1 ? world.report("r8") : "ok"),
    });
    expect(await world.process(...tenRecords)).to.deep.equal([whole, "r8 r9 r10"]);
    expect(world.discarded).to.deep.equal([]);
  });
});
