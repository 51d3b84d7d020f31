import { expect } from "chai";
import { type MappingOptions, messages, QueueMappingWorld } from "./queue-world";

const fifo = (options: MappingOptions = {}): QueueMappingWorld =>
  new QueueMappingWorld({ ...options, queue: { fifoQueue: true, ...options.queue } });

describe("queue mapping of a FIFO queue", () => {
  it("has one batch of a group under way, and sends the group in order", async () => {
    const world: QueueMappingWorld = fifo({ settings: { batchSize: 2 }, replyMs: 1000 });
    expect(await world.process("g-1", "g-2", "g-3", "g-4", "g-5")).to.deep.equal([
      "g-1 g-2",
      "g-3 g-4",
      "g-5",
    ]);
    expect(world.seconds).to.deep.equal([0, 1, 2]);
    expect(world.runningMax).to.equal(1);
  });

  it("runs as many at once as there are groups", async () => {
    const world: QueueMappingWorld = fifo({ settings: { batchSize: 1 }, replyMs: 1000 });
    await world.process("a-1", "b-1", "c-1", "a-2", "b-2", "c-2");
    expect(world.runningMax).to.equal(3);
    expect(world.seconds).to.deep.equal([0, 0, 0, 1, 1, 1]);
  });

  it("mixes groups in a batch, each in its order", async () => {
    const world: QueueMappingWorld = fifo();
    expect(await world.process("a-1", "b-1", "a-2", "b-2")).to.deep.equal(["a-1 a-2 b-1 b-2"]);
  });

  it("sends nothing more of a group that failed until it is visible again, and others meanwhile", async () => {
    const world: QueueMappingWorld = fifo({
      settings: { batchSize: 1 },
      reply: ([body], call) => (body === "a-1" && call === 1 ? "error" : "ok"),
    });
    await world.process("a-1", "a-2", "b-1");
    expect(world.batches).to.deep.equal(["a-1", "b-1", "a-1", "a-2"]);
    expect(world.seconds).to.deep.equal([0, 0, 30, 30.1]);
  });

  it("goes on with the group once the failed message is dead-lettered", async () => {
    const world: QueueMappingWorld = fifo({
      maxReceiveCount: 2,
      settings: { batchSize: 1 },
      reply: ([body]) => (body === "a-1" ? "error" : "ok"),
    });
    await world.process("a-1", "a-2");
    expect(world.batches).to.deep.equal(["a-1", "a-1", "a-2"]);
    expect(world.seconds).to.deep.equal([0, 30, 60]);
    expect(world.held("dead.fifo")).to.deep.equal(["a-1"]);
  });

  it("takes two invocations for messages that need 0, 1, 1 and 2 failures (maxReceiveCount 2)", async () => {
    // As recorded from AWS: four messages of one group; the last one ends in the dead-letter queue.
    const failuresWanted = new Map([
      ["g-1", 0],
      ["g-2", 1],
      ["g-3", 1],
      ["g-4", 2],
    ]);
    const world: QueueMappingWorld = fifo({
      maxReceiveCount: 2,
      settings: { reportBatchItemFailures: true },
      reply: (bodies, call, records) =>
        world.report(records, ...bodies.filter((body) => failuresWanted.get(body)! >= call)),
    });
    expect(await world.process("g-1", "g-2", "g-3", "g-4")).to.deep.equal([
      "g-1 g-2 g-3 g-4",
      "g-2 g-3 g-4",
    ]);
    expect(world.held("dead.fifo")).to.deep.equal(["g-4"]);
    expect(world.held("jobs.fifo")).to.deep.equal([]);
  });

  it("keeps the order when the handler reports the first failure and all after it", async () => {
    const done: string[] = [];
    const world: QueueMappingWorld = fifo({
      settings: { reportBatchItemFailures: true },
      reply: (bodies, call, records) => {
        const from = call === 1 ? bodies.indexOf("m-3") : bodies.length;
        done.push(...bodies.slice(0, from));
        return world.report(records, ...bodies.slice(from));
      },
    });
    await world.process(...messages(6).map((message) => message.replace("m", "m-")));
    expect(done).to.deep.equal(["m-1", "m-2", "m-3", "m-4", "m-5", "m-6"]);
  });

  it("does not delete with a receipt handle that has expired", async () => {
    const world: QueueMappingWorld = fifo({
      queue: { visibilityTimeoutSeconds: 5 },
      replyMs: () => (world.attempts.length === 1 ? 5000 : 100),
    });
    expect(await world.process("a-1")).to.deep.equal(["a-1", "a-1"]);
    expect(world.decided).to.include("undeleted a-1");
    expect(world.held("jobs.fifo")).to.deep.equal([]);
  });
});
