import { expect } from "chai";
import { hash32 } from "../../../simulator/kernel/random";
import { START_MS, World, tenRecords } from "./world";

describe("stream mapping: batching", () => {
  it("sees a record at the first poll after its arrival, at most a second later", async () => {
    const world = new World({ seed: 3 });
    world.mapping.enable();
    const polledAt: number[] = [];
    for (const text of ["r1", "r2", "r3"]) {
      await world.advance(1.3);
      const arrivedAt = world.kernel.now;
      world.put(text);
      await world.advance(1);
      const { atMs } = world.deliveries.at(-1)!;
      expect(atMs - arrivedAt).to.be.within(1, 1000);
      polledAt.push(atMs % 1000);
    }
    expect(new Set(polledAt).size).to.equal(1);
  });

  it("fills batches to their size, and sends the rest without waiting (window 0)", async () => {
    const world = new World({ settings: { batchSize: 4 } });
    expect(await world.process(...tenRecords)).to.deep.equal([
      "r1 r2 r3 r4",
      "r5 r6 r7 r8",
      "r9 r10",
    ]);
    expect(world.seconds).to.deep.equal([0, 0, 0]);
  });

  it("waits for the window to end (batch not full)", async () => {
    const world = new World({
      assumptions: { "kinesis.pollMs": 1 },
      settings: { batchSize: 10, maximumBatchingWindowInSeconds: 5 },
    });
    world.mapping.enable();
    world.put("r1");
    await world.advance(4);
    world.put("r2");
    await world.settle();
    expect(world.batches).to.deep.equal(["r1 r2"]);
    expect(world.deliveries[0]!.atMs).to.equal(START_MS + 5001);
  });

  it("sends as soon as the batch is full (window not over)", async () => {
    const world = new World({
      assumptions: { "kinesis.pollMs": 1 },
      settings: { batchSize: 2, maximumBatchingWindowInSeconds: 300 },
    });
    world.mapping.enable();
    world.put("r1");
    await world.advance(4);
    world.put("r2");
    await world.advance(1);
    expect(world.batches).to.deep.equal(["r1 r2"]);
    expect(world.deliveries[0]!.atMs).to.equal(START_MS + 4001);
  });

  it("sends as soon as the payload reaches 6 MB (window not over)", async () => {
    const world = new World({ settings: { maximumBatchingWindowInSeconds: 300 } });
    world.mapping.enable();
    for (let index = 0; index < 9; index++) {
      world.put(`k-${index}${"x".repeat(700_000)}`);
      await world.advance(2);
    }
    // 700 kB are 933 kB in base64: six fit, the seventh does not.
    expect(world.deliveries.map(({ texts }) => texts.length)).to.deep.equal([6]);
    expect(JSON.stringify(world.deliveries[0]!.request.event()).length).to.be.lessThan(6_291_456);
    await world.settle();
    expect(world.deliveries.map(({ texts }) => texts.length)).to.deep.equal([6, 3]);
  });

  it("never has two batches of a lane in flight", async () => {
    const world = new World({ settings: { batchSize: 5 }, replyMs: 3000 });
    expect(await world.process(...tenRecords)).to.have.length(2);
    expect(world.seconds).to.deep.equal([0, 3]);
  });

  it("never mixes shards", async () => {
    const world = new World({ shardCount: 4 });
    await world.process(...Array.from({ length: 40 }, (_, index) => `key${index}`));
    expect(world.deliveries).to.have.length(4);
    for (const { request, shardId } of world.deliveries) {
      expect(request.recordIds!.every((id) => id.startsWith(`${shardId}:`))).to.equal(true);
    }
  });

  it("names the batch by its first record, and says how many there are", async () => {
    const world = new World();
    await world.process("r1", "r2");
    const { identity, recordCount, recordIds, source } = world.deliveries[0]!.request;
    expect({ identity, recordCount, source }).to.deep.equal({
      identity: `shardId-000000000000:${world.sequenceOf("r1")}`,
      recordCount: 2,
      source: "mapping state-mapping",
    });
    expect(recordIds![0]).to.equal(identity);
  });

  it("has the age of the last record at its sends as iterator age", async () => {
    const world = new World({ assumptions: { "kinesis.pollMs": 1 } });
    world.put("r1");
    await world.advance(30);
    world.put("r2");
    await world.advance(10);
    world.mapping.enable();
    await world.settle();
    expect(world.mapping.iteratorAgeMsMax).to.equal(10_001);
  });

  it("schedules nothing while there are no records", async () => {
    const world = new World({ shardCount: 20 });
    world.mapping.enable();
    expect(world.kernel.quiet).to.equal(true);
    await world.advance(86_400);
    expect(world.trace.entries).to.deep.equal([]);
  });
});

describe("stream mapping: lanes", () => {
  const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);
  const lane = (key: string) => hash32(key) % 3;

  it("keeps a key in one lane, and runs lanes beside each other", async () => {
    const world = new World({ settings: { parallelizationFactor: 3 }, replyMs: 1000 });
    await world.process(...keys.flatMap((key) => [`${key}-1`, `${key}-2`]));
    expect(world.seconds).to.deep.equal([0, 0, 0]);
    for (const { texts } of world.deliveries) {
      const lanes = new Set(texts.map((text) => lane(text.split("-")[0]!)));
      expect(lanes.size).to.equal(1);
    }
  });

  it("blocks only the lane of the failing record", async () => {
    const poison = keys[0]!;
    const world = new World({
      settings: { batchSize: 1, maximumRetryAttempts: 2, parallelizationFactor: 3 },
      reply: (texts) => (texts[0]!.startsWith(`${poison}-`) ? "error" : "ok"),
    });
    await world.process(...keys.map((key) => `${key}-1`));
    for (const { atMs, texts } of world.deliveries) {
      const key = texts[0]!.split("-")[0]!;
      const delayed = atMs > world.deliveries[0]!.atMs;
      if (lane(key) !== lane(poison)) expect(delayed).to.equal(false);
      else if (key !== poison) expect(delayed).to.equal(true);
    }
    expect(world.discarded).to.deep.equal([`${poison}-1: RetryAttemptsExhausted 3`]);
  });
});

describe("stream mapping: starting position", () => {
  it("delivers records that were there before the mapping (TRIM_HORIZON)", async () => {
    const world = new World({ settings: { startingPosition: "TRIM_HORIZON" } });
    world.put("r1");
    await world.advance(10);
    expect(await world.process("r2")).to.deep.equal(["r1 r2"]);
  });

  it("leaves out what the stream no longer keeps, without a word (TRIM_HORIZON)", async () => {
    const world = new World({ settings: { startingPosition: "TRIM_HORIZON" } });
    world.put("r1");
    await world.advance(86_401);
    expect(await world.process("r2")).to.deep.equal(["r2"]);
    expect(world.mapping.decisions.map(({ kind }) => kind)).to.deep.equal(["send", "ok"]);
  });

  it("begins with what comes later (LATEST)", async () => {
    const world = new World({ settings: { startingPosition: "LATEST" } });
    world.put("r1");
    world.mapping.enable();
    world.put("r2");
    await world.settle();
    expect(world.batches).to.deep.equal(["r2"]);
  });

  it("begins with the first record of that instant or later (AT_TIMESTAMP)", async () => {
    const world = new World({
      settings: { startingPosition: "AT_TIMESTAMP", startingPositionMs: START_MS + 10_000 },
    });
    world.put("r1");
    await world.advance(10);
    world.put("r2");
    await world.advance(10);
    expect(await world.process("r3")).to.deep.equal(["r2 r3"]);
  });
});
