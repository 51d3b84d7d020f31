import { expect } from "chai";
import { World, type WorldOptions, tenRecords } from "./world";

/** A mapping whose function cannot process `bad` until it is told so. */
function blocked(options: WorldOptions = {}) {
  const state = { recovered: false };
  const world = new World({
    ...options,
    reply: (texts) =>
      !state.recovered && texts.some((text) => text.startsWith("bad")) ? "error" : "ok",
  });
  return { state, world };
}

describe("stream mapping: life", () => {
  it("goes from Creating to Enabled, Disabled and Deleting", () => {
    const { mapping } = new World();
    const states = [mapping.state];
    for (const step of ["enable", "disable", "delete"] as const) {
      mapping[step]();
      states.push(mapping.state);
    }
    expect(states).to.deep.equal(["Creating", "Enabled", "Disabled", "Deleting"]);
    expect(mapping.lastProcessingResult).to.equal("No records processed");
  });

  it("sends nothing while disabled, and goes on where it stopped", async () => {
    const { state, world } = blocked();
    world.put("bad", "r1");
    world.mapping.enable();
    await world.advance(10);
    world.mapping.disable();
    const before = world.deliveries.length;
    world.put("r2");
    await world.advance(100);
    expect(world.deliveries).to.have.length(before);
    expect(world.mapping.unsettled()).to.deep.equal([]);
    expect(world.kernel.quiet).to.equal(true);
    state.recovered = true;
    world.mapping.enable();
    await world.settle();
    expect(world.batches.slice(before)).to.deep.equal(["bad r1", "r2"]);
  });

  it("counts the outcome of an invocation that was in flight when it was disabled", async () => {
    const world = new World({ replyMs: 5000 });
    world.put("r1");
    world.mapping.enable();
    await world.advance(2);
    world.mapping.disable();
    await world.settle();
    world.mapping.enable();
    await world.settle();
    expect(world.batches).to.deep.equal(["r1"]);
    expect(world.mapping.decisions.map(({ kind }) => kind)).to.deep.equal(["send", "ok"]);
  });

  it("schedules and decides nothing after its deletion", async () => {
    const world = new World({ replyMs: 5000, reply: () => "error" });
    world.put("r1");
    world.mapping.enable();
    await world.advance(2);
    world.mapping.delete();
    world.put("r2");
    await world.settle();
    expect(world.mapping.decisions.map(({ kind }) => kind)).to.deep.equal(["send"]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("says what it still has to do", async () => {
    const { world } = blocked({ settings: { batchSize: 1 } });
    world.put("bad", "r1");
    world.mapping.enable();
    await world.advance(10);
    expect(world.mapping.unsettled()).to.deep.equal([
      "mapping state-mapping: shardId-000000000000/0: 1 being retried, 1 waiting",
    ]);
  });
});

describe("stream mapping: update in place", () => {
  it("keeps the retry counter: a quota that is already used up ends the next failure", async () => {
    const { world } = blocked();
    world.put("bad");
    world.mapping.enable();
    await world.advance(20);
    const invoked = world.deliveries.length;
    world.mapping.update({ ...world.settings, maximumRetryAttempts: 2 });
    await world.settle();
    expect(world.discarded).to.deep.equal([`bad: RetryAttemptsExhausted ${invoked + 1}`]);
  });

  it("splits a batch that has been failing as a whole (bisect switched on)", async () => {
    const { world } = blocked();
    world.put("r1", "bad", "r2");
    world.mapping.enable();
    await world.advance(20);
    world.mapping.update({
      ...world.settings,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 1,
    });
    await world.settle();
    expect(world.discarded).to.deep.equal(["bad: RetryAttemptsExhausted 2"]);
    expect(world.batches).to.include.members(["r1", "r2"]);
  });

  it("cuts a window short (batch waiting)", async () => {
    const world = new World({ settings: { maximumBatchingWindowInSeconds: 300 } });
    world.put("r1");
    world.mapping.enable();
    await world.advance(10);
    expect(world.batches).to.deep.equal([]);
    world.mapping.update({ ...world.settings, maximumBatchingWindowInSeconds: 0 });
    expect(world.batches).to.deep.equal(["r1"]);
    await world.settle();
  });

  for (const [before, after] of [
    [1, 5],
    [5, 1],
    [3, 4],
  ] as const) {
    it(`loses, repeats and reorders nothing (parallelization factor ${before} to ${after})`, async () => {
      const world = new World({
        settings: { batchSize: 3, parallelizationFactor: before },
        replyMs: 700,
      });
      const keys = ["a", "b", "c", "d", "e", "f", "g"];
      const texts = (from: number, to: number) =>
        keys.flatMap((key) =>
          Array.from({ length: to - from }, (_, index) => `${key}-${from + index}`),
        );
      world.put(...texts(0, 5));
      world.mapping.enable();
      await world.advance(2);
      world.mapping.update({ ...world.settings, parallelizationFactor: after });
      world.put(...texts(5, 8));
      await world.settle();
      const delivered = world.deliveries.flatMap(({ texts: batch }) => batch);
      for (const key of keys) {
        const own = delivered.filter((text) => text.startsWith(`${key}-`));
        expect(own).to.deep.equal(Array.from({ length: 8 }, (_, index) => `${key}-${index}`));
      }
      const lanes = world.mapping.decisions.map(({ lane }) => lane);
      expect(Math.max(...lanes)).to.be.lessThan(Math.max(before, after));
    });
  }

  it("takes a blocked batch along to the new lanes", async () => {
    const { state, world } = blocked({ settings: { batchSize: 2 } });
    world.put("bad-1", "bad-2", ...tenRecords);
    world.mapping.enable();
    await world.advance(5);
    world.mapping.update({ ...world.settings, parallelizationFactor: 4 });
    await world.advance(5);
    expect(world.mapping.unsettled()).to.have.length(1);
    state.recovered = true;
    await world.settle();
    expect(world.batches).to.include("bad-1 bad-2");
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });
});
