import { expect } from "chai";
import { messages, QueueMappingWorld } from "./queue-world";

const window = (batchSize: number, maximumBatchingWindowInSeconds: number) => ({
  settings: { batchSize, maximumBatchingWindowInSeconds },
});

/** Sends a message every `everySeconds`, `count` in all. */
async function trickle(world: QueueMappingWorld, count: number, everySeconds: number) {
  world.mapping.enable();
  for (const message of messages(count)) {
    await world.put(message);
    await world.advance(everySeconds);
  }
  await world.settle();
}

describe("queue mapping: batches", () => {
  it("hold what one receive brings: ten at most, without waiting (no window)", async () => {
    const world = new QueueMappingWorld();
    await trickle(world, 3, 1);
    expect(world.batches).to.deep.equal(["m1", "m2", "m3"]);
    expect(world.seconds).to.deep.equal([0, 1, 2]);
  });

  it("hold as many as the batch size allows", async () => {
    const world = new QueueMappingWorld({ settings: { batchSize: 4 } });
    expect(await world.process(...messages(6))).to.deep.equal(["m1 m2 m3 m4", "m5 m6"]);
  });

  it("gather for the window, from the first message on", async () => {
    const world = new QueueMappingWorld(window(10, 5));
    await trickle(world, 8, 1);
    expect(world.batches).to.deep.equal(["m1 m2 m3 m4 m5", "m6 m7 m8"]);
    expect(world.seconds).to.deep.equal([5, 10]);
  });

  it("are sent early once full", async () => {
    const world = new QueueMappingWorld(window(3, 60));
    await trickle(world, 7, 1);
    expect(world.batches).to.deep.equal(["m1 m2 m3", "m4 m5 m6", "m7"]);
    expect(world.seconds).to.deep.equal([2, 5, 66]);
  });

  it("gather several receives (batch size above ten)", async () => {
    const world = new QueueMappingWorld(window(10_000, 1));
    await world.process(...messages(95));
    expect(world.attempts.map(({ bodies }) => bodies.length)).to.deep.equal([95]);
    expect(world.seconds).to.deep.equal([1]);
  });

  it("wait for up to 20 s in a quiet queue with the other assumption", async () => {
    const assumptions = { "sqs.quietWindow": "20-seconds" };
    const world = new QueueMappingWorld({ ...window(10, 5), assumptions });
    await trickle(world, 1, 1);
    expect(world.seconds).to.deep.equal([20]);
    const longer = new QueueMappingWorld({ ...window(10, 60), assumptions });
    await trickle(longer, 1, 1);
    expect(longer.seconds).to.deep.equal([60]);
  });

  it("end where the event would be larger than 6 MB", async () => {
    const world = new QueueMappingWorld({ queue: { maxMessageSize: 1_048_576 } });
    const large = Array.from({ length: 8 }, (_, index) => String(index).repeat(1_000_000));
    await world.process(...large);
    expect(world.attempts.map(({ bodies }) => bodies.length)).to.deep.equal([6, 2]);
    expect(world.seconds).to.deep.equal([0, 0]);
    for (const { records } of world.attempts) {
      const bytes = Buffer.byteLength(JSON.stringify({ Records: records }));
      expect(bytes).to.be.lessThan(6 * 1024 * 1024);
    }
    expect(world.held("jobs")).to.deep.equal([]);
  });

  it("count escaped characters as the event holds them", async () => {
    const world = new QueueMappingWorld({ queue: { maxMessageSize: 1_048_576 } });
    const quotes = Array.from({ length: 4 }, () => '"'.repeat(1_000_000));
    await world.process(...quotes);
    expect(world.attempts.map(({ bodies }) => bodies.length)).to.deep.equal([3, 1]);
  });

  it("keep messages for window, timeout and 30 s more (queue's own timeout too short)", async () => {
    const world = new QueueMappingWorld({
      ...window(10, 60),
      reply: (_, call) => (call === 1 ? "error" : "ok"),
    });
    expect(await world.process("a")).to.deep.equal(["a", "a"]);
    // Received at 0, sent at 60, visible again at 60 + 3 + 30, and another window after that.
    expect(world.seconds).to.deep.equal([60, 153]);
  });

  it("keep messages for the queue's own timeout with the other assumption", async () => {
    const world = new QueueMappingWorld({
      ...window(2, 10),
      queue: { visibilityTimeoutSeconds: 6 },
      assumptions: { "sqs.windowVisibility": "queue" },
    });
    expect(await world.process("a")).to.deep.equal(["a a"]);
    expect(world.seconds).to.deep.equal([6]);
  });

  it("keep messages for the queue's timeout if it is long enough", async () => {
    const world = new QueueMappingWorld({
      ...window(10, 20),
      reply: (_, call) => (call === 1 ? "error" : "ok"),
    });
    expect(await world.process("a")).to.deep.equal(["a", "a"]);
    expect(world.seconds).to.deep.equal([20, 50]);
  });

  it("come a moment after the message", async () => {
    const world = new QueueMappingWorld({ assumptions: { "sqs.receiveMs": 100 } });
    await world.process("a");
    expect(world.seconds[0]).to.be.within(0.05, 0.15);
  });
});

describe("queue mapping: the event", () => {
  it("is AWS's, member by member (standard queue)", async () => {
    const world = new QueueMappingWorld();
    await world.send("jobs", "hello", {
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "order" },
        raw: { DataType: "Binary", BinaryValue: Buffer.from("xyz") },
      },
    });
    await world.process();
    const [record] = world.attempts[0]!.records;
    const { attributes, md5OfMessageAttributes, messageId, receiptHandle, ...rest } = record!;
    expect(rest).to.deep.equal({
      body: "hello",
      messageAttributes: {
        kind: {
          stringValue: "order",
          stringListValues: [],
          binaryListValues: [],
          dataType: "String",
        },
        raw: {
          binaryValue: "eHl6",
          stringListValues: [],
          binaryListValues: [],
          dataType: "Binary",
        },
      },
      md5OfBody: "5d41402abc4b2a76b9719d911017c592",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:jobs",
      awsRegion: "eu-west-1",
    });
    expect(messageId).to.match(/^[0-9a-f-]{36}$/);
    expect(receiptHandle).to.be.a("string");
    expect(md5OfMessageAttributes).to.match(/^[0-9a-f]{32}$/);
    expect(attributes).to.deep.equal({
      ApproximateReceiveCount: "1",
      SentTimestamp: String(Date.UTC(2026, 0, 1)),
      SenderId: attributes.SenderId,
      ApproximateFirstReceiveTimestamp: String(Date.UTC(2026, 0, 1)),
    });
  });

  it("has the group, the deduplication id and the sequence number (FIFO queue)", async () => {
    const world = new QueueMappingWorld({ queue: { fifoQueue: true } });
    await world.process("g-1");
    const { attributes, md5OfMessageAttributes } = world.attempts[0]!.records[0]!;
    expect(attributes).to.include({ MessageGroupId: "g" });
    expect(attributes).to.include.keys("SequenceNumber", "MessageDeduplicationId");
    expect(md5OfMessageAttributes).to.equal(undefined);
  });

  it("has a new receipt handle at each receive", async () => {
    const world = new QueueMappingWorld({ reply: (_, call) => (call === 1 ? "error" : "ok") });
    await world.process("a");
    const handles = world.attempts.map(({ records }) => records[0]!.receiptHandle);
    expect(new Set(handles).size).to.equal(2);
  });
});
