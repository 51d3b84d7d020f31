import { expect } from "chai";
import type { StreamRecord } from "../../../simulator/services/stream-source";
import { START_MS, thrown, World } from "./world";

const STREAMED = { streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" };

describe("DynamoDB streams", () => {
  function streamed(inputs: object = STREAMED, world = new World({ "dynamodb.streamShards": 1 })) {
    const { outputs } = world.table({ ...inputs });
    const source = world.dynamodb.streamSource(outputs["streamArn"] as string)!;
    return {
      world,
      source,
      outputs,
      records: () => source.shards.flatMap(({ records }) => records),
    };
  }
  const names = (records: readonly StreamRecord[]) =>
    records.map((record) => (record.toEvent() as { eventName: string }).eventName);

  it("record each change as Lambda delivers it", async () => {
    const { world, source, records } = streamed();
    await world.pass(1234);
    world.put({ id: { S: "a" }, b: { B: Uint8Array.of(1, 2, 3) } });
    world.update("a", "SET n = :v", { ExpressionAttributeValues: { ":v": { N: "1" } } });
    world.call("DeleteItem", { TableName: "items", Key: { id: { S: "a" } } });
    expect(names(records())).to.deep.equal(["INSERT", "MODIFY", "REMOVE"]);
    expect(records()[1]!.toEvent()).to.deep.equal({
      eventID: records()[1]!.eventId,
      eventName: "MODIFY",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "eu-west-1",
      dynamodb: {
        ApproximateCreationDateTime: START_MS / 1000 + 1,
        Keys: { id: { S: "a" } },
        NewImage: { id: { S: "a" }, b: { B: "AQID" }, n: { N: "1" } },
        OldImage: { id: { S: "a" }, b: { B: "AQID" } },
        SequenceNumber: records()[1]!.sequenceNumber,
        SizeBytes: 3 + 3 + 4 + 3 + 3 + 4,
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
      eventSourceARN: source.arn,
    });
    expect(records()[0]!.toEvent()).not.to.have.nested.property("dynamodb.OldImage");
    expect(records()[2]!.toEvent()).not.to.have.nested.property("dynamodb.NewImage");
    expect(records()[0]!.toEvent()).not.to.equal(records()[0]!.toEvent());
    expect(records()[0]!.arrivedAtMs).to.equal(START_MS + 1234);
    expect(source.retentionMs).to.equal(86_400_000);
    expect(source.arn).to.match(
      /^arn:aws:dynamodb:eu-west-1:123456789012:table\/items\/stream\/2026-01-01T[\d:]{8}\.\d{3}$/,
    );
  });

  it("hold only what the view type says", () => {
    for (const [viewType, images] of [
      ["KEYS_ONLY", []],
      ["NEW_IMAGE", ["NewImage"]],
      ["OLD_IMAGE", ["OldImage"]],
    ] as const) {
      const { world, records } = streamed({ streamEnabled: true, streamViewType: viewType });
      world.put({ id: { S: "a" } });
      world.put({ id: { S: "a" }, n: { N: "1" } });
      const { dynamodb } = records()[1]!.toEvent() as { dynamodb: object };
      expect(Object.keys(dynamodb).filter((name) => name.endsWith("Image"))).to.deep.equal(images);
    }
  });

  it("record nothing where nothing changed", () => {
    const { world, records } = streamed();
    world.put({ id: { S: "a" }, n: { N: "1.0" } });
    world.put({ id: { S: "a" }, n: { N: "1" } });
    world.update("a", "SET n = n");
    world.call("DeleteItem", { TableName: "items", Key: { id: { S: "b" } } });
    const Put = {
      TableName: "items",
      Item: { id: { S: "a" } },
      ConditionExpression: "attribute_not_exists(id)",
    };
    thrown(() => world.call("PutItem", Put));
    thrown(() => world.call("TransactWriteItems", { TransactItems: [{ Put }] }));
    expect(names(records())).to.deep.equal(["INSERT"]);
    expect(world.usage.snapshot()["dynamodb.streamRecords"]).to.equal(1);
  });

  it("keep an item in one shard, sequence numbers ascending in the table", () => {
    const { world, source } = streamed(STREAMED, new World());
    expect(source.shards).to.have.length(4);
    const told: string[] = [];
    const end = source.onAppend((shard, record) =>
      told.push(`${shard.id} ${record.sequenceNumber}`),
    );
    for (let n = 0; n < 100; n++) {
      const more = { ExpressionAttributeValues: { ":v": { N: "1" } } };
      world.update(`item-${n % 20}`, "ADD n :v", more);
    }
    const shardOf = new Map<string, string>();
    for (const { id, records } of source.shards) {
      expect(records.length).to.be.greaterThan(0);
      for (const { orderingKey } of records) {
        expect(shardOf.get(orderingKey) ?? id).to.equal(id);
        shardOf.set(orderingKey, id);
      }
    }
    const sequence = told.map((line) => line.split(" ")[1]!);
    expect(sequence).to.deep.equal([...sequence].sort());
    expect(sequence[0]).to.match(/^\d{21}$/);
    expect(told).to.have.length(100);
    end();
    world.put({ id: { S: "more" } });
    expect(told).to.have.length(100);
  });

  it("are what a table has only where enabled", () => {
    const world = new World();
    expect(world.table().outputs).to.include({ streamArn: "", streamLabel: "" });
    expect(world.dynamodb.streamSource("")).to.equal(undefined);
  });
});

describe("DynamoDB time to live", () => {
  const TTL = { ...STREAMED, ttl: { attributeName: "expires", enabled: true } };
  const seconds = (offset: number) => ({ N: String(START_MS / 1000 + offset) });

  function expiring(assumptions = {}) {
    const world = new World({ "dynamodb.streamShards": 1, ...assumptions });
    const { outputs } = world.table(TTL);
    const { shards } = world.dynamodb.streamSource(outputs["streamArn"] as string)!;
    return { world, records: shards[0]!.records };
  }

  it("deletes an item at its expiry, without keeping the account from settling", async () => {
    const { world, records } = expiring();
    world.put({ id: { S: "a" }, expires: seconds(60) });
    expect(world.kernel.quiet).to.equal(true);
    await world.pass(59_999);
    expect(world.get("a")).to.not.equal(undefined);
    await world.pass(1);
    expect(world.get("a")).to.equal(undefined);
    expect(records[1]!.toEvent()).to.deep.include({
      eventName: "REMOVE",
      userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
    });
    expect(world.changed()[1]).to.deep.include({
      operation: "TimeToLive",
      atMs: START_MS + 60_000,
    });
  });

  it("follows the attribute as it changes", async () => {
    const { world } = expiring();
    world.put({ id: { S: "later" }, expires: seconds(60) });
    world.put({ id: { S: "never" }, expires: seconds(60) });
    world.put({ id: { S: "text" }, expires: { S: "60" } });
    world.update("later", "SET expires = :v", {
      ExpressionAttributeValues: { ":v": seconds(120) },
    });
    world.update("never", "REMOVE expires");
    await world.pass(60_000);
    expect(world.changed().filter(({ operation }) => operation === "TimeToLive")).to.deep.equal([]);
    await world.pass(60_000);
    expect(world.get("later")).to.equal(undefined);
    expect(world.get("never")).to.not.equal(undefined);
    expect(world.get("text")).to.not.equal(undefined);
  });

  it("leaves items alone that expired more than five years ago", async () => {
    const { world } = expiring();
    world.put({ id: { S: "a" }, expires: { N: "1" } });
    world.put({ id: { S: "b" }, expires: seconds(-10) });
    await world.pass(1);
    expect(world.get("a")).to.not.equal(undefined);
    expect(world.get("b")).to.equal(undefined);
  });

  it("comes as late as assumed", async () => {
    const { world } = expiring({ "dynamodb.ttlDelayMs": 1000 });
    world.put({ id: { S: "a" }, expires: seconds(1) });
    await world.pass(1999);
    expect(world.get("a")).to.not.equal(undefined);
    await world.pass(1);
    expect(world.get("a")).to.equal(undefined);
  });

  it("waits for a transaction that holds the item", async () => {
    const { world } = expiring();
    world.put({ id: { S: "a" }, expires: seconds(1) });
    await world.pass(998);
    const extend = world.later("TransactWriteItems", {
      TransactItems: [
        {
          Update: {
            TableName: "items",
            Key: { id: { S: "a" } },
            UpdateExpression: "SET expires = :v",
            ExpressionAttributeValues: { ":v": seconds(100) },
          },
        },
      ],
    });
    await world.pass(10);
    await extend;
    expect(world.get("a")!["expires"]).to.deep.equal(seconds(100));
  });
});
