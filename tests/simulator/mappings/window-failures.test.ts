import { expect } from "chai";
import { adding, decided, told, windowWorld } from "./window-world";
import { type Reply, type WindowEvent, World } from "./world";

const failingFinal =
  (times: number, outcome: Reply = "error") =>
  (_: readonly string[], __: number, event: WindowEvent): Reply | undefined =>
    event.isFinalInvokeForWindow && times-- > 0 ? outcome : undefined;

describe("tumbling windows: a failed batch", () => {
  it("is sent again with the state from before it", async () => {
    const world = windowWorld({ settings: { batchSize: 1 } }, (_, call) =>
      call === 2 ? "error" : undefined,
    );
    await world.process("r1", "r2");
    expect(told(world)).to.deep.equal([
      "r1 | -",
      "r2 | r1:1",
      "r2 | r1:1",
      "- | r1:1 r2:1 | final",
    ]);
  });

  for (const response of [{}, { batchItemFailures: [] }, null, "", 5, { State: {} }]) {
    it(`is one whose response has no state: ${JSON.stringify(response)}`, async () => {
      const world = windowWorld({ settings: { maximumRetryAttempts: 0 } }, (texts) =>
        texts.length > 0 ? { response } : undefined,
      );
      await world.process("r1");
      expect(world.discarded).to.deep.equal(["r1: RetryAttemptsExhausted 1"]);
      expect(world.deadLetters[0]!.record.responseContext!.functionError).to.equal(null);
      const discard = world.mapping.decisions.find(({ kind }) => kind === "discard")!;
      expect(discard.reason).to.equal("RetryAttemptsExhausted");
      expect(told(world).at(-1)).to.equal("- | - | final");
    });
  }

  for (const state of [null, [], 5, "text"]) {
    it(`is one whose state is ${JSON.stringify(state)} (windows.stateShape object)`, async () => {
      const reply = (texts: readonly string[]): Reply | undefined =>
        texts.length > 0 ? { response: { state } } : undefined;
      const settings = { maximumRetryAttempts: 0 };
      const world = windowWorld({ settings }, reply);
      await world.process("r1");
      expect(world.discarded).to.deep.equal(["r1: RetryAttemptsExhausted 1"]);
      const any = windowWorld({ settings, assumptions: { "windows.stateShape": "any" } }, reply);
      await any.process("r1");
      expect(any.discarded).to.deep.equal([]);
      expect(any.deliveries[1]!.event.state).to.deep.equal(state);
    });
  }

  it("loses nothing when it is split: each half goes on with the state of the last", async () => {
    const world = windowWorld(
      { settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 } },
      (texts) => (texts.includes("r3") ? "error" : undefined),
    );
    await world.process("r1", "r2", "r3", "r4");
    expect(told(world)).to.deep.equal([
      "r1 r2 r3 r4 | -",
      "r1 r2 | -",
      "r3 r4 | r1:1 r2:1",
      "r3 | r1:1 r2:1",
      "r3 | r1:1 r2:1",
      "r4 | r1:1 r2:1",
      "- | r1:1 r2:1 r4:1 | final",
    ]);
    expect(world.discarded).to.deep.equal(["r3: RetryAttemptsExhausted 2"]);
  });

  it("has its dead letter's event in the window, state included", async () => {
    const world = windowWorld({ settings: { batchSize: 1, maximumRetryAttempts: 0 } }, (texts) =>
      texts.includes("r2") ? "error" : undefined,
    );
    await world.process("r1", "r2");
    const payload = world.deadLetters[0]!.payload() as WindowEvent;
    expect(payload).to.deep.equal(world.deliveries[1]!.event);
    expect(payload.state).to.deep.equal({ r1: 1 });
  });

  it("uses up no retry, and no state, when it is throttled", async () => {
    const world = windowWorld({ settings: { maximumRetryAttempts: 0 } }, (_, call) =>
      call <= 3 ? "throttled" : undefined,
    );
    await world.process("r1");
    expect(told(world).slice(3)).to.deep.equal(["r1 | -", "- | r1:1 | final"]);
  });
});

describe("tumbling windows: partial responses", () => {
  /** Adds up what comes before a bad record, and reports it. */
  const reporting =
    (world: () => World, bad: string, times: number) =>
    (texts: readonly string[], _: number, event: WindowEvent): Reply | undefined => {
      const at = texts.indexOf(bad);
      if (at < 0 || times-- <= 0) return undefined;
      const { response } = world().report(bad) as { response: object };
      return { response: { ...response, ...adding(texts.slice(0, at), event) } };
    };

  const run = async (
    times: number,
    assumptions = {},
    settings: Partial<World["settings"]> = {},
  ): Promise<World> => {
    const world: World = windowWorld(
      { assumptions, settings: { reportBatchItemFailures: true, ...settings } },
      (...given) => reply(...given),
    );
    const reply = reporting(() => world, "r3", times);
    await world.process("r1", "r2", "r3", "r4");
    return world;
  };

  it("keep the state of what is done", async () => {
    expect(told(await run(1))).to.deep.equal([
      "r1 r2 r3 r4 | -",
      "r3 r4 | r1:1 r2:1",
      "- | r1:1 r2:1 r3:1 r4:1 | final",
    ]);
  });

  it("keep the state from before (windows.partialState dropped)", async () => {
    expect(told(await run(1, { "windows.partialState": "dropped" }))).to.deep.equal([
      "r1 r2 r3 r4 | -",
      "r3 r4 | -",
      "- | r3:1 r4:1 | final",
    ]);
  });

  it("change nothing if they got nowhere", async () => {
    const world = await run(9, {}, { maximumRetryAttempts: 1, bisectBatchOnFunctionError: true });
    expect(told(world)).to.deep.equal([
      "r1 r2 r3 r4 | -",
      "r3 r4 | r1:1 r2:1",
      "r3 | r1:1 r2:1",
      "r3 | r1:1 r2:1",
      "r4 | r1:1 r2:1",
      "- | r1:1 r2:1 r4:1 | final",
    ]);
    expect(world.discarded).to.deep.equal(["r3: RetryAttemptsExhausted 2"]);
  });

  it("fail without a state, even if they got somewhere", async () => {
    const world: World = windowWorld(
      { settings: { reportBatchItemFailures: true, maximumRetryAttempts: 0 } },
      (texts) => (texts.includes("r2") ? world.report("r2") : undefined),
    );
    await world.process("r1", "r2");
    expect(world.discarded).to.deep.equal(["r1 r2: RetryAttemptsExhausted 1"]);
  });

  it("leave the rest of a final batch final (windows.finalRecords last-batch)", async () => {
    const world: World = windowWorld(
      {
        assumptions: { "windows.finalRecords": "last-batch" },
        settings: { reportBatchItemFailures: true },
      },
      (...given) => reply(...given),
    );
    const reply = reporting(() => world, "r2", 1);
    world.put("r1", "r2");
    await world.advance(60);
    await world.process("later");
    expect(told(world).slice(0, 2)).to.deep.equal(["r1 r2 | - | final", "r2 | r1:1 | final"]);
  });
});

describe("tumbling windows: a failed final invocation", () => {
  it("holds the shard up until it succeeds", async () => {
    const world = windowWorld({}, failingFinal(4));
    world.put("r1");
    await world.advance(60);
    await world.process("r2");
    expect(told(world)).to.deep.equal([
      "r1 | -",
      ...Array<string>(5).fill("- | r1:1 | final"),
      "r2 | -",
      "- | r2:1 | final",
    ]);
    const [, first, ...again] = world.seconds;
    expect(again.slice(0, 4).map((second) => second - first!)).to.deep.equal([0.5, 1.5, 3.5, 7.5]);
  });

  it("is given up when retries are used up: its state is gone, its dead letter has no records", async () => {
    const world = windowWorld({ settings: { maximumRetryAttempts: 2 } }, failingFinal(9));
    world.put("r0", "r1");
    await world.advance(60);
    await world.process("r2");
    expect(told(world).filter((line) => line.endsWith("final"))).to.have.length(6);
    expect(world.discarded[0]).to.equal(": RetryAttemptsExhausted 3");
    const { KinesisBatchInfo: info } = world.deadLetters[0]!.record;
    expect(info).to.include({
      batchSize: 0,
      startSequenceNumber: world.sequenceOf("r1"),
      endSequenceNumber: world.sequenceOf("r1"),
      shardId: "shardId-000000000000",
    });
    const payload = world.deadLetters[0]!.payload() as WindowEvent;
    expect(payload.isFinalInvokeForWindow).to.equal(true);
    expect(payload.state).to.deep.equal({ r0: 1, r1: 1 });
    expect(decided(world)).to.include.members(["discard 0 0 final", "state-dropped 0 0 final"]);
    expect(told(world)[4]).to.equal("r2 | -");
  });

  it("leaves its state to the next window (windows.stateAfterDiscard next-window)", async () => {
    const world = windowWorld(
      {
        assumptions: { "windows.stateAfterDiscard": "next-window" },
        settings: { maximumRetryAttempts: 0 },
      },
      failingFinal(1),
    );
    world.put("r1");
    await world.advance(60);
    await world.process("r2");
    expect(told(world).slice(2)).to.deep.equal(["r2 | r1:1", "- | r1:1 r2:1 | final"]);
    expect(decided(world)).to.not.include("state-dropped 0 0 final");
  });

  it("has no dead letter (windows.finalDeadLetter none)", async () => {
    const assumptions = { "windows.finalDeadLetter": "none" };
    const settings = { maximumRetryAttempts: 0 };
    const world = windowWorld({ assumptions, settings }, failingFinal(1));
    await world.process("r1");
    expect(world.deadLetters).to.deep.equal([]);
    expect(decided(world)).to.include("discard 0 0 final");
  });

  it("is too old when it was due for the maximum record age", async () => {
    const world = windowWorld({ settings: { maximumRecordAgeInSeconds: 60 } }, failingFinal(99));
    await world.process("r1");
    const finals = world.deliveries.filter(({ event }) => event.isFinalInvokeForWindow);
    expect(finals).to.have.length(7);
    expect(world.discarded).to.deep.equal([": RecordAgeExceeded 8"]);
    expect(world.deadLetters[0]!.record).to.not.have.property("responseContext");
    expect(decided(world).slice(-2)).to.deep.equal([
      "discard 0 0 final",
      "state-dropped 0 0 final",
    ]);
  });

  it("is never sent if its last record is too old (windows.finalAge last-record)", async () => {
    const assumptions = { "windows.finalAge": "last-record" };
    const world = windowWorld({ assumptions, settings: { maximumRecordAgeInSeconds: 60 } });
    await world.process("r1");
    expect(world.batches).to.deep.equal(["r1"]);
    expect(world.discarded).to.deep.equal([": RecordAgeExceeded 1"]);
  });

  it("is tried for as long as the stream keeps its records", async () => {
    const world = windowWorld({}, failingFinal(Infinity));
    await world.process("r1");
    expect(decided(world).slice(-2)).to.deep.equal([
      "expired 0 0 final",
      "state-dropped 0 0 final",
    ]);
    const { reason } = world.mapping.decisions.at(-1)!;
    expect(reason).to.equal("older than the stream's retention");
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("is one whose response has no state (windows.finalState required)", async () => {
    const reply = (): ReturnType<typeof failingFinal> => failingFinal(1, { response: {} });
    const world = windowWorld({}, reply());
    expect(await world.process("r1")).to.deep.equal(["r1", "", ""]);
    const optional = windowWorld({ assumptions: { "windows.finalState": "optional" } }, reply());
    expect(await optional.process("r1")).to.deep.equal(["r1", ""]);
  });

  it("comes although all records of its window were given up", async () => {
    const world = windowWorld({ settings: { maximumRetryAttempts: 0 } }, (texts) =>
      texts.length > 0 ? "error" : undefined,
    );
    await world.process("r1");
    expect(told(world)).to.deep.equal(["r1 | -", "- | - | final"]);
  });

  it("with records is split at its end alone (windows.finalRecords last-batch)", async () => {
    const world = windowWorld(
      {
        assumptions: { "windows.finalRecords": "last-batch" },
        settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 },
      },
      (texts) => (texts.includes("r2") ? "error" : undefined),
    );
    world.put("r1", "r2");
    await world.advance(60);
    await world.process("r3");
    expect(told(world).slice(0, 4)).to.deep.equal([
      "r1 r2 | - | final",
      "r1 | -",
      "r2 | r1:1 | final",
      "r3 | -",
    ]);
    expect(world.discarded).to.deep.equal(["r2: RetryAttemptsExhausted 1"]);
    expect(decided(world)).to.include("state-dropped 0 0 final");
  });
});
