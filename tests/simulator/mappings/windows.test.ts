import { expect } from "chai";
import { adding, decided, told, windowWorld } from "./window-world";
import { START_MS, World } from "./world";

describe("tumbling windows", () => {
  it("carry the state from batch to batch, and give it to a final invocation", async () => {
    const world = windowWorld({ settings: { batchSize: 2 } });
    expect(await world.process("r1", "r2", "r3")).to.deep.equal(["r1 r2", "r3", ""]);
    expect(told(world)).to.deep.equal([
      "r1 r2 | -",
      "r3 | r1:1 r2:1",
      "- | r1:1 r2:1 r3:1 | final",
    ]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("are part of the event, with their shard and stream", async () => {
    const world = windowWorld();
    await world.advance(70);
    await world.process("r1");
    const { Records: records, ...rest } = world.deliveries[0]!.event;
    expect(records).to.have.length(1);
    expect(rest).to.deep.equal({
      window: { start: "2026-01-01T00:01:00Z", end: "2026-01-01T00:02:00Z" },
      state: {},
      shardId: "shardId-000000000000",
      eventSourceARN: world.stream.arn,
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: false,
    });
    expect(Object.keys(world.deliveries[0]!.event)[0]).to.equal("Records");
  });

  it("are no part of the event without them", async () => {
    const world = new World();
    await world.process("r1");
    expect(Object.keys(world.deliveries[0]!.event)).to.deep.equal(["Records"]);
  });

  it("belong to a record by its arrival", async () => {
    const world = windowWorld();
    world.mapping.enable();
    await world.advance(59.999);
    world.put("r1");
    await world.advance(0.001);
    world.put("r2");
    await world.settle();
    expect(told(world)).to.deep.equal(["r1 | -", "- | r1:1 | final", "r2 | -", "- | r2:1 | final"]);
    const starts = world.deliveries.map(({ event }) => event.window.start.slice(14, 19));
    expect(starts).to.deep.equal(["00:00", "00:00", "01:00", "01:00"]);
  });

  it("are closed as soon as a later record is seen", async () => {
    const world = windowWorld();
    world.mapping.enable();
    world.put("r1");
    await world.advance(70);
    expect(told(world)).to.deep.equal(["r1 | -"]);
    world.put("r2");
    await world.advance(2);
    expect(told(world)).to.deep.equal(["r1 | -", "- | r1:1 | final", "r2 | -"]);
  });

  it("are closed two minutes after their end if no later record comes", async () => {
    const world = windowWorld();
    await world.process("r1");
    const seconds = (world.deliveries[1]!.atMs - START_MS) / 1000;
    expect(seconds).to.be.within(180, 181);
  });

  it("are closed at their end (windows.idleCloseMs 0)", async () => {
    const world = windowWorld({ assumptions: { "windows.idleCloseMs": 0 } });
    world.mapping.enable();
    await world.advance(59.999);
    await world.process("r1");
    expect(told(world)).to.deep.equal(["r1 | -", "- | r1:1 | final"]);
    expect((world.deliveries[1]!.atMs - START_MS) / 1000).to.be.within(60, 61);
  });

  it("schedule nothing while none is open", async () => {
    const world = windowWorld();
    world.mapping.enable();
    expect(world.kernel.quiet).to.equal(true);
    await world.process("r1");
    expect(world.kernel.quiet).to.equal(true);
    expect(world.deliveries).to.have.length(2);
  });

  it("cut a batch that is being gathered", async () => {
    const world = windowWorld({ settings: { maximumBatchingWindowInSeconds: 300 } });
    world.mapping.enable();
    await world.advance(50);
    world.put("r1", "r2");
    await world.advance(20);
    world.put("r3");
    await world.advance(5);
    expect(told(world)).to.deep.equal(["r1 r2 | -", "- | r1:1 r2:1 | final"]);
    await world.settle();
    expect(told(world).slice(2)).to.deep.equal(["r3 | -", "- | r3:1 | final"]);
  });

  it("are of a shard: each has its own state", async () => {
    const world = windowWorld({ shardCount: 2 });
    await world.process("a-1", "b-1", "c-1", "d-1");
    const shards = new Set(world.deliveries.map(({ shardId }) => shardId));
    expect([...shards].sort()).to.deep.equal(["shardId-000000000000", "shardId-000000000001"]);
    const finals = world.deliveries.filter(({ event }) => event.isFinalInvokeForWindow);
    expect(
      finals
        .map(({ event }) => Object.keys(event.state))
        .flat()
        .sort(),
    ).to.deep.equal(["a-1", "b-1", "c-1", "d-1"]);
    expect(finals).to.have.length(2);
  });

  it("end with their last batch, if a later record is already seen (windows.finalRecords last-batch)", async () => {
    const world = windowWorld({ assumptions: { "windows.finalRecords": "last-batch" } });
    world.put("r1");
    await world.advance(60);
    expect(await world.process("r2")).to.deep.equal(["r1", "r2", ""]);
    expect(told(world)).to.deep.equal(["r1 | - | final", "r2 | -", "- | r2:1 | final"]);
  });

  it("give each attempt its own copy of the state", async () => {
    const seen: unknown[] = [];
    const world = windowWorld({ settings: { batchSize: 1 } }, (_texts, call, event) => {
      seen.push({ ...event.state });
      if (call === 2) (event.state as Record<string, number>).r1 = 99;
      return call === 2 ? "error" : undefined;
    });
    await world.process("r1", "r2");
    expect(seen).to.deep.equal([{}, { r1: 1 }, { r1: 1 }, { r1: 1, r2: 1 }]);
  });

  it("leave a batch less room, by their state", async () => {
    // 6 MB less 1 MB of state: three records of 1.33 MB (as base64) fit, the fourth does not.
    const large = "x".repeat(1024 * 1024 - 100);
    const world = new World({
      settings: { tumblingWindowInSeconds: 60, maximumBatchingWindowInSeconds: 10 },
      reply: () => ({ response: { state: { large } } }),
    });
    world.mapping.enable();
    world.put("first");
    await world.advance(20);
    const data = Buffer.alloc(1_000_000);
    for (let count = 0; count < 4; count++) {
      world.kinesis.append(world.stream, { partitionKey: "k", data });
      // The shard takes 1 MB a second.
      await world.advance(1.1);
    }
    await world.settle();
    expect(world.deliveries.map(({ texts }) => texts.length)).to.deep.equal([1, 3, 1, 0]);
  });

  it("stay open while the mapping is disabled", async () => {
    const world = windowWorld();
    world.mapping.enable();
    world.put("r1");
    await world.advance(5);
    world.mapping.disable();
    expect(world.kernel.quiet).to.equal(true);
    await world.advance(600);
    expect(told(world)).to.deep.equal(["r1 | -"]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
    world.mapping.enable();
    expect(world.mapping.unsettled()).to.deep.equal([
      "mapping state-mapping: shardId-000000000000/0: 0 being retried, 0 waiting, a window open until 2026-01-01T00:01:00Z",
    ]);
    await world.settle();
    expect(told(world)).to.deep.equal(["r1 | -", "- | r1:1 | final"]);
  });

  it("end as they began when their length changes", async () => {
    const world = windowWorld();
    world.mapping.enable();
    world.put("r1");
    await world.advance(5);
    world.mapping.update({ ...world.settings, tumblingWindowInSeconds: 0 });
    await world.advance(60);
    expect(await world.process("r2")).to.deep.equal(["r1", "", "r2"]);
    expect(world.deliveries[2]!.event).to.have.all.keys("Records");
    expect(world.account.assumptions.used()).to.include("windows.update");
  });

  it("lose their state when the lanes change", async () => {
    const world = windowWorld();
    world.mapping.enable();
    world.put("r1");
    await world.advance(5);
    const settings = { ...world.settings, tumblingWindowInSeconds: 0, parallelizationFactor: 2 };
    world.mapping.update(settings);
    await world.settle();
    expect(world.batches).to.deep.equal(["r1"]);
    expect(decided(world).at(-1)).to.equal("state-dropped 0 0 final");
  });

  it("are told by the mapping's decisions", async () => {
    const world = windowWorld({ settings: { maximumRetryAttempts: 1 } }, (_, call) =>
      call === 2 ? "error" : undefined,
    );
    await world.process("r1");
    expect(decided(world)).to.deep.equal([
      "send 1 0",
      "ok 1 0",
      "send 0 0 final",
      "retry 0 0 final",
      "send 0 0 final",
      "ok 0 0 final",
    ]);
    expect(world.mapping.decisions[0]!.window).to.deep.equal({
      startMs: START_MS,
      endMs: START_MS + 60_000,
      isFinal: false,
      isTerminatedEarly: false,
    });
  });
});

describe("tumbling windows: a state over 1 MB", () => {
  const large = "x".repeat(1024 * 1024);
  const grow = (texts: readonly string[]): { response: object } | undefined =>
    texts.includes("r2") ? { response: { state: { large } } } : undefined;

  it("is taken at once; the window goes on with a fresh one", async () => {
    const world = windowWorld({ settings: { batchSize: 2 } }, grow);
    await world.process("r1", "r2", "r3");
    const flags = world.deliveries.map(({ event, texts }) => [
      texts.join(" "),
      Object.keys(event.state).join(" "),
      event.isFinalInvokeForWindow,
      event.isWindowTerminatedEarly,
    ]);
    expect(flags).to.deep.equal([
      ["r1 r2", "", false, false],
      ["", "large", false, true],
      ["r3", "", false, false],
      ["", "r3", true, false],
    ]);
    const starts = new Set(world.deliveries.map(({ event }) => event.window.start));
    expect([...starts]).to.have.length(1);
  });

  it("is taken by an invocation that is final, too (windows.earlyFlags both)", async () => {
    const world = windowWorld({ assumptions: { "windows.earlyFlags": "both" } }, grow);
    await world.process("r1", "r2");
    const { event } = world.deliveries[1]!;
    expect([event.isFinalInvokeForWindow, event.isWindowTerminatedEarly]).to.deep.equal([
      true,
      true,
    ]);
    expect(told(world)[2]).to.equal("- | - | final");
  });

  it("may be 1 MB large", async () => {
    const state = { x: "x".repeat(1024 * 1024 - '{"x":""}'.length) };
    const world = windowWorld({}, (_, call) => (call === 1 ? { response: { state } } : undefined));
    expect(await world.process("r1")).to.deep.equal(["r1", ""]);
  });

  it("is taken before the rest of a split batch", async () => {
    const world = windowWorld(
      { settings: { bisectBatchOnFunctionError: true, batchSize: 4 } },
      (texts, call) => (call === 1 ? "error" : grow(texts)),
    );
    expect(await world.process("r1", "r2", "r3", "r4")).to.deep.equal([
      "r1 r2 r3 r4",
      "r1 r2",
      "",
      "r3 r4",
      "",
    ]);
    expect(told(world).at(-1)).to.equal("- | r3:1 r4:1 | final");
  });

  it("is gone when nobody takes it", async () => {
    const world = windowWorld({ settings: { maximumRetryAttempts: 1 } }, (texts, _, event) =>
      event.isWindowTerminatedEarly ? "error" : grow(texts),
    );
    await world.process("r1", "r2");
    expect(decided(world)).to.include.members(["discard 0 0 early", "state-dropped 0 0 early"]);
    expect(told(world).at(-1)).to.equal("- | - | final");
  });
});

describe("tumbling windows: what a function adds up", () => {
  it("is every record of a window, whatever the batches", async () => {
    const world = windowWorld({ settings: { batchSize: 3 } });
    world.mapping.enable();
    for (let second = 0; second < 180; second += 7) {
      world.put(`r${second}`);
      await world.advance(7);
    }
    await world.settle();
    const finals = world.deliveries.filter(({ event }) => event.isFinalInvokeForWindow);
    const states = finals.map(({ event, texts }) => adding(texts, event).state);
    expect(states.map((state) => Object.keys(state).length)).to.deep.equal([9, 9, 8]);
  });
});
