import { expect } from "chai";
import { type Reply, World, tenRecords } from "./world";

const six = ["r1", "r2", "r3", "r4", "r5", "r6"];

/** The one record's batch fails until it is given up. */
function failing(reply: Reply, maximumRetryAttempts: number): World {
  return new World({ settings: { maximumRetryAttempts }, reply: () => reply });
}

describe("stream mapping: what each outcome does", () => {
  for (const outcome of ["error", "timeout", "killed"] as const) {
    it(`retries a batch whose invocation ended as ${outcome}, once more than the quota says`, async () => {
      const world = failing(outcome, 3);
      expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2", "r1 r2", "r1 r2", "r1 r2"]);
      expect(world.discarded).to.deep.equal(["r1 r2: RetryAttemptsExhausted 4"]);
      expect(world.deadLetters[0]!.record.responseContext).to.deep.equal({
        statusCode: 200,
        executedVersion: "$LATEST",
        functionError: "Unhandled",
      });
      expect(world.mapping.lastProcessingResult).to.equal("PROBLEM: Function call failed");
    });
  }

  for (const attempts of [0, 1, 2, 3]) {
    it(`counts ${attempts + 1} invocations in the dead letter (${attempts} retries)`, async () => {
      const world = failing("error", attempts);
      await world.process("r1");
      expect(world.deliveries).to.have.length(attempts + 1);
      expect(world.discarded).to.deep.equal([`r1: RetryAttemptsExhausted ${attempts + 1}`]);
    });
  }

  it("waits 0.5 s, then twice as long each time, at most a minute", async () => {
    const world = failing("error", 9);
    await world.process("r1");
    expect(world.seconds).to.deep.equal([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5, 123.5, 183.5]);
  });

  it("waits a second each time (stream.backoff constant-1s)", async () => {
    const world = new World({
      assumptions: { "stream.backoff": "constant-1s" },
      settings: { maximumRetryAttempts: 3 },
      reply: () => "error",
    });
    await world.process("r1");
    expect(world.seconds).to.deep.equal([0, 1, 2, 3]);
  });

  it("uses no retry for throttles, however many", async () => {
    const replies: Reply[] = ["throttled", "throttled", "error", "throttled", "throttled", "error"];
    const world = new World({
      settings: { maximumRetryAttempts: 1 },
      reply: (_texts, call) => replies[call - 1] ?? "ok",
    });
    await world.process("r1");
    expect(world.seconds).to.deep.equal([0, 0.5, 1.5, 2, 2.5, 3.5]);
    expect(world.discarded).to.deep.equal(["r1: RetryAttemptsExhausted 2"]);
    const kinds = world.mapping.decisions.map(({ attempt, kind }) => `${kind} ${attempt}`);
    expect(kinds).to.deep.equal([
      "send 1",
      "throttled 1",
      "send 1",
      "throttled 1",
      "send 1",
      "retry 1",
      "send 2",
      "throttled 2",
      "send 2",
      "throttled 2",
      "send 2",
      "discard 2",
    ]);
  });

  it("goes on with the records behind a discarded batch", async () => {
    const world = new World({
      settings: { batchSize: 2, maximumRetryAttempts: 1 },
      reply: (texts) => (texts.includes("r3") ? "error" : "ok"),
    });
    expect(await world.process(...six)).to.deep.equal(["r1 r2", "r3 r4", "r3 r4", "r5 r6"]);
    expect(world.discarded).to.deep.equal(["r3 r4: RetryAttemptsExhausted 2"]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("splits without any retry (retry 0, bisect)", async () => {
    const world = new World({
      settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 },
      reply: (texts) => (texts.includes("r2") ? "error" : "ok"),
    });
    expect(await world.process("r1", "r2", "r3")).to.deep.equal([
      "r1 r2 r3",
      "r1",
      "r2 r3",
      "r2",
      "r3",
    ]);
    expect(world.discarded).to.deep.equal(["r2: RetryAttemptsExhausted 1"]);
  });

  it("loses no good record to one bad among nine (bisect, retry 2)", async () => {
    const world = new World({
      settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 2 },
      reply: (texts) => (texts.includes("r7") ? "error" : "ok"),
    });
    await world.process(...tenRecords.slice(0, 9));
    expect(world.discarded).to.deep.equal(["r7: RetryAttemptsExhausted 3"]);
    expect(world.deadLetters[0]!.record.KinesisBatchInfo!.batchSize).to.equal(1);
  });
});

describe("stream mapping: partial responses", () => {
  const successes = ["", [], null, undefined, {}, { batchItemFailures: [] }];
  for (const response of [...successes, { batchItemFailures: null }]) {
    it(`takes ${JSON.stringify(response)} as complete success`, async () => {
      const world = new World({
        settings: { reportBatchItemFailures: true },
        reply: () => ({ response }),
      });
      expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2"]);
      expect(world.mapping.lastProcessingResult).to.equal("OK");
    });
  }

  const identifiers: unknown[] = ["", null, 123, "123", undefined, {}];
  const responses: unknown[] = [
    ...identifiers.map((itemIdentifier) => ({ batchItemFailures: [{ itemIdentifier }] })),
    { batchItemFailures: [{ foo: 123 }] },
    { batchItemFailures: [{ foo: null }] },
    { batchItemFailures: [null] },
    { batchItemFailures: "r1" },
    "nonsense",
    7,
  ];
  for (const response of responses) {
    it(`fails the whole batch for ${JSON.stringify(response)}`, async () => {
      const world = new World({
        settings: { maximumRetryAttempts: 1, reportBatchItemFailures: true },
        reply: () => ({ response }),
      });
      expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2", "r1 r2"]);
      expect(world.discarded).to.deep.equal(["r1 r2: RetryAttemptsExhausted 2"]);
      expect(world.deadLetters[0]!.record.responseContext!.functionError).to.equal(null);
    });
  }

  it("fails the whole batch for one bad identifier beside a good one", async () => {
    const world: World = new World({
      settings: { maximumRetryAttempts: 0, reportBatchItemFailures: true },
      reply: () => ({
        response: {
          batchItemFailures: [{ itemIdentifier: world.sequenceOf("r2") }, { itemIdentifier: "" }],
        },
      }),
    });
    expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2"]);
    expect(world.discarded).to.deep.equal(["r1 r2: RetryAttemptsExhausted 1"]);
  });

  it("ignores reports that were not asked for", async () => {
    const world: World = new World({ reply: () => world.report("r1") });
    expect(await world.process("r1", "r2")).to.deep.equal(["r1 r2"]);
  });

  it("goes back to the lowest number reported, and delivers good records after it again", async () => {
    const world: World = new World({
      settings: { reportBatchItemFailures: true },
      reply: (_texts, call) => (call === 1 ? world.report("r5", "r3") : "ok"),
    });
    expect(await world.process(...six)).to.deep.equal(["r1 r2 r3 r4 r5 r6", "r3 r4 r5 r6"]);
    const done = world.mapping.decisions.find(({ kind }) => kind === "checkpoint")!;
    expect(done.recordIds).to.have.length(2);
  });

  it("starts the counter afresh on progress (recorded: r6 five times, count 4)", async () => {
    const world: World = new World({
      settings: { batchSize: 3, maximumRetryAttempts: 3, reportBatchItemFailures: true },
      reply: (texts): Reply => (texts.includes("r6") ? world.report("r6") : "ok"),
    });
    expect(await world.process(...six)).to.deep.equal([
      "r1 r2 r3",
      "r4 r5 r6",
      "r6",
      "r6",
      "r6",
      "r6",
    ]);
    expect(world.discarded).to.deep.equal(["r6: RetryAttemptsExhausted 4"]);
  });

  it("never gives up a record for failures before its checkpoint (retry 1, progress each time)", async () => {
    const world: World = new World({
      settings: { maximumRetryAttempts: 1, reportBatchItemFailures: true },
      reply: (texts): Reply => (texts.length > 1 ? world.report(texts[1]!) : "ok"),
    });
    await world.process(...six);
    expect(world.deliveries).to.have.length(6);
    expect(world.discarded).to.deep.equal([]);
  });

  it("discards a whole batch that throws at the end (checkpoint.exhausted failed-record)", async () => {
    const world = new World({
      assumptions: { "checkpoint.exhausted": "failed-record" },
      settings: { maximumRetryAttempts: 0, reportBatchItemFailures: true },
      reply: () => "error",
    });
    await world.process("r1", "r2");
    expect(world.discarded).to.deep.equal(["r1 r2: RetryAttemptsExhausted 1"]);
  });
});
