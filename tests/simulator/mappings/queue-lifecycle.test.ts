import { expect } from "chai";
import { QueueMapping } from "../../../simulator/services/lambda/mappings/queue-mapping";
import { arnOf } from "../sqs/world";
import { messages, QueueMappingWorld } from "./queue-world";

describe("queue mapping: life", () => {
  it("reads nothing until enabled, then what is there", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld();
    await world.put("a");
    await world.settle();
    expect(world.batches).to.deep.equal([]);
    expect(world.mapping.state).to.equal("Creating");
    world.mapping.enable();
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
    expect(world.mapping.state).to.equal("Enabled");
  });

  it("lets invocations in flight end when disabled, and reads on when enabled", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1 },
      replyMs: 2000,
    });
    await world.put(...messages(7));
    world.mapping.enable();
    await world.advance(0.5);
    world.mapping.disable();
    await world.settle();
    expect(world.batches).to.have.length(5);
    expect(world.held("jobs")).to.deep.equal(["m6", "m7"]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
    world.mapping.enable();
    await world.settle();
    expect(world.held("jobs")).to.deep.equal([]);
  });

  it("sends a batch that was gathering when it was disabled", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { maximumBatchingWindowInSeconds: 5 },
    });
    await world.put("a");
    world.mapping.enable();
    await world.advance(1);
    world.mapping.disable();
    await world.settle();
    expect(world.seconds).to.deep.equal([5]);
    expect(world.held("jobs")).to.deep.equal([]);
  });

  it("lets invocations in flight end when deleted, and what they did is deleted", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({ replyMs: 2000 });
    await world.put("a");
    world.mapping.enable();
    await world.advance(1);
    world.mapping.delete();
    await world.put("b");
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
    expect(world.held("jobs")).to.deep.equal(["b"]);
    expect(world.mapping.state).to.equal("Deleting");
  });

  it("gives back what was gathered or throttled when deleted", async () => {
    const throttled = new QueueMappingWorld({ reply: () => "throttled" });
    const gathering = new QueueMappingWorld({ settings: { maximumBatchingWindowInSeconds: 60 } });
    for (const world of [throttled, gathering]) {
      await world.put("a");
      world.mapping.enable();
      await world.advance(2);
      world.mapping.delete();
      expect(world.kernel.quiet).to.equal(true);
      expect(world.mapping.decisions.at(-1)).to.include({
        kind: "unsent",
        reason: "the mapping was deleted",
      });
      await world.advance(3600);
      expect(world.batches).to.deep.equal([]);
      expect(world.held("jobs")).to.deep.equal(["a"]);
    }
  });

  it("survives the deletion of its queue", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({ replyMs: 2000 });
    await world.put("a");
    world.mapping.enable();
    await world.advance(1);
    world.services.sqs.deleteQueue(world.services.sqs.byArn(arnOf("jobs")));
    await world.settle();
    expect(world.decided).to.deep.equal(["send a", "ok a"]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("says what is pending: messages visible, in flight and delayed", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1 },
      replyMs: 5000,
    });
    world.mapping.enable();
    await world.put(...messages(7));
    await world.send("jobs", "later", { DelaySeconds: 60 });
    await world.advance(0.5);
    expect(world.mapping.unsettled()).to.deep.equal([
      "mapping worker-mapping: jobs holds messages: 2 visible, 5 in flight, 1 delayed",
    ]);
    await world.settle();
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });
});

describe("queue mapping: update in place", () => {
  it("applies the batch size to the next receive", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1 },
      replyMs: 1000,
    });
    await world.put(...messages(9));
    world.mapping.enable();
    await world.advance(0.5);
    world.mapping.update({ ...world.settings, batchSize: 10 });
    await world.settle();
    expect(world.batches.slice(5)).to.deep.equal(["m6 m7 m8 m9"]);
  });

  it("cuts a window short, or lengthens it", async () => {
    for (const [seconds, sentAt] of [
      [0, 2],
      [3, 3],
      [9, 9],
    ] as const) {
      const world: QueueMappingWorld = new QueueMappingWorld({
        settings: { maximumBatchingWindowInSeconds: 5 },
      });
      world.mapping.enable();
      await world.put("a");
      await world.advance(2);
      world.mapping.update({ ...world.settings, maximumBatchingWindowInSeconds: seconds });
      await world.settle();
      expect(world.seconds).to.deep.equal([sentAt]);
    }
  });

  it("reads with more pollers at once when the maximum is raised", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1, maximumConcurrency: 2 },
      replyMs: 10_000,
    });
    await world.put(...messages(9));
    world.mapping.enable();
    await world.advance(0.5);
    expect(world.running).to.equal(2);
    world.mapping.update({ ...world.settings, maximumConcurrency: undefined });
    await world.advance(0.1);
    expect(world.running).to.equal(5);
    await world.settle();
  });

  it("judges an invocation in flight by the response types of the moment it ends", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      replyMs: 2000,
      reply: (_, call, records) => (call === 1 ? world.report(records, "b") : "ok"),
    });
    await world.put("a", "b");
    world.mapping.enable();
    await world.advance(1);
    world.mapping.update({ ...world.settings, reportBatchItemFailures: true });
    await world.settle();
    expect(world.batches).to.deep.equal(["a b", "b"]);
  });
});

describe("a queue with a mapping", () => {
  it("is shared with whoever else receives from it", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({ reply: () => "error" });
    world.mapping.enable();
    await world.put("a");
    await world.advance(29);
    const waiting = world.receive("jobs", { WaitTimeSeconds: 20 });
    await world.advance(5);
    const received = await waiting;
    expect(received.map(({ Body }) => Body)).to.deep.equal(["a"]);
    await world.delete("jobs", received[0]!.ReceiptHandle);
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
  });

  it("serves two mappings, each message to one of them", async () => {
    const world: QueueMappingWorld = new QueueMappingWorld({
      settings: { batchSize: 1 },
      replyMs: 1000,
    });
    const other = new QueueMapping(
      world as never,
      { ...world.settings, name: "other-mapping" },
      arnOf("jobs"),
    );
    await world.put(...messages(10));
    world.mapping.enable();
    other.enable();
    await world.settle();
    const sent = world.attempts.flatMap(({ bodies }) => bodies);
    expect(sent.sort()).to.deep.equal(messages(10).sort());
    expect(world.runningMax).to.equal(10);
    expect(other.decisions.filter(({ kind }) => kind === "ok")).to.have.length(5);
  });
});
