import { expect } from "chai";
import { createHash } from "node:crypto";
import type { Call } from "../../../simulator/services/service";
import { equalRanges } from "../../../simulator/services/kinesis/hash-keys";
import { START_MS, World } from "../mappings/world";

const NAME = { StreamName: "readings" };
const call = {} as Call;

/** The members that the tests look at, of whichever operation. */
interface Answer {
  readonly ShardIterator: string;
  readonly NextShardIterator: string;
  readonly SequenceNumber: string;
  readonly NextToken: string;
  readonly MillisBehindLatest: number;
  readonly Records: readonly object[];
  readonly Shards: readonly object[];
  readonly StreamDescription: object;
  readonly StreamDescriptionSummary: object;
}

/** Calls an operation as the transport does. */
function ask(world: World, operation: string, input: object): Answer {
  return world.kinesis.operations[operation]!.execute(input as never, call) as Answer;
}

const put = (world: World, PartitionKey: string, more: object = {}) =>
  ask(world, "PutRecord", { ...NAME, PartitionKey, Data: Buffer.from("x"), ...more });

interface ReadRecord {
  readonly Data: Uint8Array;
  readonly SequenceNumber: string;
}

/** The texts that an iterator reads, and the answer. */
function read(world: World, iterator: object, limit?: number) {
  const shard = { ...NAME, ShardId: "shardId-000000000000" };
  const { ShardIterator } = ask(world, "GetShardIterator", { ...shard, ...iterator });
  return next(world, ShardIterator, limit);
}

function next(world: World, ShardIterator: string, Limit?: number) {
  const answer = ask(world, "GetRecords", { ShardIterator, Limit });
  const records = answer.Records as readonly ReadRecord[];
  return { answer, texts: records.map(({ Data }) => Buffer.from(Data).toString()) };
}

describe("Kinesis: puts", () => {
  it("puts a record into the shard whose range holds the MD5 of its key", () => {
    const world = new World({ shardCount: 7 });
    for (let index = 0; index < 50; index++) {
      const key = `key ${index} ä`;
      const hash = BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
      const shard = equalRanges(7).findIndex(({ end, start }) => hash >= start && hash <= end);
      expect(put(world, key)).to.include({ ShardId: `shardId-00000000000${shard}` });
    }
  });

  it("goes by an explicit hash key instead", () => {
    const world = new World({ shardCount: 2 });
    const last = String(2n ** 128n - 1n);
    expect(put(world, "a", { ExplicitHashKey: "0" })).to.include({
      ShardId: "shardId-000000000000",
    });
    expect(put(world, "a", { ExplicitHashKey: last })).to.include({
      ShardId: "shardId-000000000001",
    });
    for (const ExplicitHashKey of [String(2n ** 128n), "-1", "01", "x"]) {
      expect(() => put(world, "a", { ExplicitHashKey })).to.throw("explicitHashKey");
    }
  });

  it("numbers the records of a shard in ascending order, as AWS's numbers look", async () => {
    const world = new World();
    const numbers: string[] = [];
    for (let index = 0; index < 20; index++) {
      numbers.push(put(world, "a").SequenceNumber);
      if (index % 5 === 0) await world.advance(3600);
    }
    for (const number of numbers) expect(number).to.match(/^49\d{54}$/);
    const ascending = [...numbers].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    expect(numbers).to.deep.equal(ascending);
    expect(new Set(numbers).size).to.equal(20);
  });

  it("refuses what exceeds a shard's 1,000 records a second, record by record", async () => {
    const world = new World({ shardCount: 2 });
    const Records = Array.from({ length: 500 }, (_, index) => ({
      PartitionKey: "a",
      ExplicitHashKey: index < 490 ? "0" : String(2n ** 128n - 1n),
      Data: new Uint8Array(1),
    }));
    const request = { ...NAME, Records };
    expect(ask(world, "PutRecords", request)).to.include({ FailedRecordCount: 0 });
    expect(ask(world, "PutRecords", request)).to.include({ FailedRecordCount: 0 });
    const third = ask(world, "PutRecords", request);
    expect(third).to.include({ FailedRecordCount: 470 });
    const results = third.Records;
    expect(results[20]).to.deep.equal({
      ErrorCode: "ProvisionedThroughputExceededException",
      ErrorMessage:
        "Rate exceeded for shard shardId-000000000000 in stream readings under account 123456789012.",
    });
    expect(results[490]).to.include({ ShardId: "shardId-000000000001" });
    expect(() => put(world, "a", { ExplicitHashKey: "0" }))
      .to.throw("Rate exceeded for shard shardId-000000000000")
      .with.property("code", "ProvisionedThroughputExceededException");
    await world.advance(1);
    expect(ask(world, "PutRecords", request)).to.include({ FailedRecordCount: 0 });
  });

  it("refuses what exceeds a shard's MiB a second, and takes a smaller record after it", () => {
    const world = new World();
    const Records = [600_000, 600_000, 400_000].map((bytes) => ({
      PartitionKey: "a",
      Data: new Uint8Array(bytes),
    }));
    const results = ask(world, "PutRecords", { ...NAME, Records }).Records;
    expect(results.map((result) => "ErrorCode" in result)).to.deep.equal([false, true, false]);
  });

  it("refuses a record above 1 MiB, key included, and stores nothing of its request", () => {
    const world = new World();
    const Data = new Uint8Array(1024 * 1024);
    const Records = [
      { PartitionKey: "a", Data: new Uint8Array(1) },
      { PartitionKey: "a", Data },
    ];
    expect(() => ask(world, "PutRecords", { ...NAME, Records }))
      .to.throw("'records.2.member.data'")
      .with.property("code", "ValidationException");
    expect(() => put(world, "a", { Data })).to.throw("at most 1048576 bytes, got 1048577");
    expect(world.stream.shards[0]!.records).to.deep.equal([]);
  });

  it("refuses more than 500 records or 10 MiB in a request", () => {
    const world = new World({ shardCount: 20 });
    const request = (count: number, bytes: number) => ({
      ...NAME,
      Records: Array.from({ length: count }, (_, index) => ({
        PartitionKey: `key${index}`,
        Data: new Uint8Array(bytes),
      })),
    });
    expect(() => ask(world, "PutRecords", request(501, 1))).to.throw("expected 1 to 500 members");
    expect(() => ask(world, "PutRecords", request(0, 1))).to.throw("expected 1 to 500 members");
    expect(() => ask(world, "PutRecords", request(11, 1_000_000))).to.throw("got 11000045");
  });

  it("counts put units of 25 KB, and none for what it refuses", () => {
    const world = new World();
    put(world, "a");
    put(world, "a", { Data: new Uint8Array(25 * 1024) });
    put(world, "a", { Data: new Uint8Array(1_000_000) });
    expect(() => put(world, "a", { Data: new Uint8Array(100_000) })).to.throw("Rate exceeded");
    expect(world.account.usage.snapshot()).to.deep.equal({ "kinesis.putUnits": 1 + 2 + 40 });
  });

  it("refuses unknown streams and parameters it does not model", () => {
    const world = new World();
    expect(() => ask(world, "PutRecord", { StreamName: "none" }))
      .to.throw("Stream none under account 123456789012 not found.")
      .with.property("code", "ResourceNotFoundException");
    expect(() => put(world, "a", { StreamId: "x" })).to.throw("StreamId");
    expect(() => put(world, "")).to.throw("'partitionKey'");
  });

  it("needs the right for the stream that is named, existing or not", () => {
    const { account, kinesis } = new World();
    const operation = kinesis.operations.PutRecords!;
    const resource = "arn:aws:kinesis:us-east-1:123456789012:stream/other";
    const expected = [{ action: "kinesis:PutRecords", resource }];
    expect(operation.permissions({ StreamName: "other" } as never, account)).to.deep.equal(
      expected,
    );
    expect(operation.permissions({ StreamARN: resource } as never, account)).to.deep.equal(
      expected,
    );
  });
});

describe("Kinesis: reads", () => {
  async function filled(): Promise<World> {
    const world = new World();
    for (const text of ["r1", "r2", "r3", "r4"]) {
      world.put(text);
      await world.advance(10);
    }
    return world;
  }

  it("begins where the iterator says, for all five types", async () => {
    const world = await filled();
    const at = { StartingSequenceNumber: world.sequenceOf("r2") };
    const from = (iterator: object) => read(world, iterator).texts.join(" ");
    expect(from({ ShardIteratorType: "TRIM_HORIZON" })).to.equal("r1 r2 r3 r4");
    expect(from({ ShardIteratorType: "LATEST" })).to.equal("");
    expect(from({ ShardIteratorType: "AT_SEQUENCE_NUMBER", ...at })).to.equal("r2 r3 r4");
    expect(from({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", ...at })).to.equal("r3 r4");
    const Timestamp = new Date(START_MS + 10_001);
    expect(from({ ShardIteratorType: "AT_TIMESTAMP", Timestamp })).to.equal("r3 r4");
  });

  it("reads on through NextShardIterator, and says how far behind it is", async () => {
    const world = await filled();
    const first = read(world, { ShardIteratorType: "TRIM_HORIZON" }, 3);
    expect(first.texts).to.deep.equal(["r1", "r2", "r3"]);
    expect(first.answer.MillisBehindLatest).to.equal(10_000);
    const second = next(world, first.answer.NextShardIterator);
    expect(second.texts).to.deep.equal(["r4"]);
    expect(second.answer.MillisBehindLatest).to.equal(0);
    world.put("r5");
    expect(next(world, second.answer.NextShardIterator).texts).to.deep.equal(["r5"]);
  });

  it("refuses an iterator after five minutes", async () => {
    const world = await filled();
    const iterator = { ...NAME, ShardId: "shardId-000000000000", ShardIteratorType: "LATEST" };
    const { ShardIterator } = ask(world, "GetShardIterator", iterator);
    await world.advance(300);
    expect(next(world, ShardIterator).texts).to.deep.equal([]);
    await world.advance(0.001);
    expect(() => next(world, ShardIterator))
      .to.throw(
        "Iterator expired. The iterator was created at time Thu Jan 01 00:00:40 UTC 2026 while right " +
          "now it is Thu Jan 01 00:05:40 UTC 2026 which is further in the future than the tolerated " +
          "delay of 300000 milliseconds.",
      )
      .with.property("code", "ExpiredIteratorException");
  });

  it("no longer reads what is older than the retention", async () => {
    const world = await filled();
    await world.advance(86_400 - 25);
    expect(read(world, { ShardIteratorType: "TRIM_HORIZON" }).texts).to.deep.equal(["r3", "r4"]);
    const at = { StartingSequenceNumber: world.sequenceOf("r1") };
    const old = read(world, { ShardIteratorType: "AT_SEQUENCE_NUMBER", ...at });
    expect(old.texts).to.deep.equal(["r3", "r4"]);
  });

  it("keeps records longer after an increase, and refuses one that is none", async () => {
    const world = await filled();
    const to = (RetentionPeriodHours: number) => ({ ...NAME, RetentionPeriodHours });
    ask(world, "IncreaseStreamRetentionPeriod", to(48));
    await world.advance(86_400);
    expect(read(world, { ShardIteratorType: "TRIM_HORIZON" }).texts).to.have.length(4);
    for (const hours of [47, 8761]) {
      expect(() => ask(world, "IncreaseStreamRetentionPeriod", to(hours)))
        .to.throw(`(${hours} hours)`)
        .with.property("code", "InvalidArgumentException");
    }
    ask(world, "DecreaseStreamRetentionPeriod", to(24));
    expect(world.stream.retentionMs).to.equal(86_400_000);
    expect(() => ask(world, "DecreaseStreamRetentionPeriod", to(23))).to.throw("(23 hours)");
  });

  it("refuses iterators that make no sense", async () => {
    const world = await filled();
    const AT = { ShardIteratorType: "AT_SEQUENCE_NUMBER" };
    expect(() => read(world, AT)).to.throw("Must specify startingSequenceNumber");
    expect(() => read(world, { ...AT, StartingSequenceNumber: "123" })).to.throw("is invalid");
    expect(() => read(world, { ShardIteratorType: "AT_TIMESTAMP" })).to.throw("timestamp");
    expect(() => read(world, { ShardIteratorType: "SOMEWHERE" })).to.throw("enum value set");
    expect(() => read(world, { ShardId: "shardId-9", ShardIteratorType: "LATEST" }))
      .to.throw("Shard shardId-9 in stream readings")
      .with.property("code", "ResourceNotFoundException");
    expect(() => next(world, "nonsense")).to.throw("Invalid ShardIterator.");
  });

  it("needs the right for the iterator's stream", async () => {
    const world = await filled();
    const { answer } = read(world, { ShardIteratorType: "LATEST" });
    const input = { ShardIterator: answer.NextShardIterator } as never;
    expect(world.kinesis.operations.GetRecords!.permissions(input, world.account)).to.deep.equal([
      { action: "kinesis:GetRecords", resource: world.stream.arn },
    ]);
  });
});

describe("Kinesis: descriptions", () => {
  it("describes a stream and its shards, page by page", () => {
    const world = new World({ shardCount: 3 });
    const page = (more: object) =>
      ask(world, "DescribeStream", { ...NAME, ...more }).StreamDescription as {
        Shards: { ShardId: string; HashKeyRange: object }[];
        HasMoreShards: boolean;
      };
    const first = page({ Limit: 2 });
    expect(first.Shards.map(({ ShardId }) => ShardId)).to.deep.equal([
      "shardId-000000000000",
      "shardId-000000000001",
    ]);
    expect(first.HasMoreShards).to.equal(true);
    const second = page({ ExclusiveStartShardId: "shardId-000000000001" });
    expect(second.Shards[0]!.HashKeyRange).to.deep.equal({
      StartingHashKey: "226854911280625642308916404954512140970",
      EndingHashKey: "340282366920938463463374607431768211455",
    });
    expect(second).to.include({ StreamStatus: "ACTIVE", HasMoreShards: false });
    const summary = ask(world, "DescribeStreamSummary", NAME).StreamDescriptionSummary;
    expect(summary).to.include({ OpenShardCount: 3, RetentionPeriodHours: 24 });
  });

  it("lists shards and streams, page by page", () => {
    const world = new World({ shardCount: 3 });
    const first = ask(world, "ListShards", { ...NAME, MaxResults: 2 });
    expect(first.Shards).to.have.length(2);
    const second = ask(world, "ListShards", { NextToken: first.NextToken });
    expect(second.Shards).to.have.length(1);
    expect(second).not.to.have.property("NextToken");
    expect(ask(world, "ListStreams", {})).to.deep.include({
      StreamNames: ["readings"],
      HasMoreStreams: false,
    });
  });
});
