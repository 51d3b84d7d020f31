import { expect } from "chai";
import { compileStreamFilters } from "../../../simulator/services/lambda/mappings/stream-filter";
import type { StreamRecord } from "../../../simulator/services/stream-source";
import { told, windowWorld } from "./window-world";
import { World } from "./world";

const recordOf = (event: object): StreamRecord => ({
  sequenceNumber: "1",
  orderingKey: "k",
  arrivedAtMs: 0,
  payloadBytes: 1,
  payloadBytesBound: 1,
  eventId: "shardId-000000000000:1",
  toEvent: () => event,
});

const kinesisRecord = (text: string): StreamRecord =>
  recordOf({
    kinesis: { partitionKey: "k", data: Buffer.from(text).toString("base64") },
    eventSource: "aws:kinesis",
    eventName: "aws:kinesis:record",
  });

const tableRecord = recordOf({
  eventName: "MODIFY",
  dynamodb: {
    Keys: { id: { S: "a" } },
    NewImage: { id: { S: "a" }, count: { N: "2" } },
    OldImage: { id: { S: "a" }, count: { N: "1" } },
  },
});

const takes = (kind: "kinesis" | "dynamodb", pattern: object, record: StreamRecord): boolean =>
  compileStreamFilters(kind, [JSON.stringify(pattern)])!(record);

describe("filters of a Kinesis mapping", () => {
  const json = kinesisRecord('{"kind":"trip","fare":12.5,"tags":["a","b"]}');
  const text = kinesisRecord("no JSON");

  it("compare members of the decoded data", () => {
    expect(takes("kinesis", { data: { kind: ["trip"] } }, json)).to.equal(true);
    expect(takes("kinesis", { data: { kind: ["stop"] } }, json)).to.equal(false);
    expect(takes("kinesis", { data: { fare: [{ numeric: [">", 12] }] } }, json)).to.equal(true);
    expect(takes("kinesis", { data: { tags: ["b"] } }, json)).to.equal(true);
    expect(takes("kinesis", { data: { vendor: [{ exists: false }] } }, json)).to.equal(true);
  });

  it("drop data that is no JSON if they ask for data", () => {
    expect(takes("kinesis", { data: { kind: [{ exists: false }] } }, text)).to.equal(false);
    expect(takes("kinesis", { data: { kind: [{ exists: false }] } }, kinesisRecord("5"))).to.equal(
      true,
    );
  });

  it("compare a record's other properties", () => {
    expect(takes("kinesis", { partitionKey: ["k"] }, text)).to.equal(true);
    expect(takes("kinesis", { partitionKey: ["x"] }, json)).to.equal(false);
    expect(takes("kinesis", { partitionKey: ["k"], data: { kind: ["trip"] } }, json)).to.equal(
      true,
    );
  });

  it("take what one of them takes", () => {
    const filter = compileStreamFilters("kinesis", [
      '{"data":{"kind":["trip"]}}',
      '{"partitionKey":["x"]}',
    ])!;
    expect([json, text].map(filter)).to.deep.equal([true, false]);
    expect(compileStreamFilters("kinesis", [])).to.equal(undefined);
  });

  it("refuse what is no pattern, in Lambda's words", () => {
    const long = `{"data":{"a":["${"a".repeat(4096)}"]}}`;
    for (const pattern of ["", "[]", "{}", '{"data":"a"}', '{"data":["a"]}', long]) {
      expect(() => compileStreamFilters("kinesis", [pattern])).to.throw(
        "Invalid filter pattern definition.",
      );
    }
  });
});

describe("filters of a DynamoDB mapping", () => {
  it("see the record as the function would", () => {
    expect(takes("dynamodb", { eventName: ["INSERT"] }, tableRecord)).to.equal(false);
    expect(takes("dynamodb", { eventName: ["MODIFY"] }, tableRecord)).to.equal(true);
    const keys = { dynamodb: { Keys: { id: { S: ["a"] } } } };
    expect(takes("dynamodb", keys, tableRecord)).to.equal(true);
    const image = (count: unknown): object => ({
      dynamodb: { NewImage: { count: { N: [count] } } },
    });
    expect(takes("dynamodb", image("2"), tableRecord)).to.equal(true);
    expect(takes("dynamodb", image({ numeric: ["=", 2] }), tableRecord)).to.equal(false);
  });

  it("refuse plain text for dynamodb", () => {
    expect(() => compileStreamFilters("dynamodb", ['{"dynamodb":["a"]}'])).to.throw(
      "Invalid filter pattern definition. (dynamodb must be a JSON object)",
    );
  });
});

describe("stream mapping: filtered records", () => {
  const even = { filterPatterns: ['{"data":{"even":[true]}}'] };
  const texts = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `{"even":${String(index % 2 === 0)},"n":${index}}`);
  const numbers = (world: World): number[][] =>
    world.deliveries.map(({ texts: each }) =>
      each.map((text) => (JSON.parse(text) as { n: number }).n),
    );

  it("are passed without an invocation", async () => {
    const world = new World({ settings: even });
    await world.process(...texts(5));
    expect(numbers(world)).to.deep.equal([[0, 2, 4]]);
    const [filtered] = world.mapping.decisions;
    expect(filtered).to.deep.include({ kind: "filtered", attempt: 0, lane: 0 });
    expect(filtered!.recordIds).to.have.length(2);
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("invoke nothing if none is left", async () => {
    const world = new World({ settings: { filterPatterns: ['{"data":{"even":["no"]}}'] } });
    expect(await world.process(...texts(3), "no JSON")).to.deep.equal([]);
    expect(world.mapping.decisions.map(({ kind }) => kind)).to.deep.equal(["filtered"]);
    expect(world.mapping.unsettled()).to.deep.equal([]);
    expect(world.kernel.quiet).to.equal(true);
  });

  it("take no place in a batch", async () => {
    const world = new World({
      settings: { ...even, batchSize: 3, maximumBatchingWindowInSeconds: 60 },
    });
    await world.process(...texts(12));
    expect(numbers(world)).to.deep.equal([
      [0, 2, 4],
      [6, 8, 10],
    ]);
    // Both batches were full, with the records that passed alone: nobody waited for the minute to end.
    expect(world.seconds).to.deep.equal([0, 0]);
  });

  it("do not begin the time in which a batch is gathered", async () => {
    const world = new World({ settings: { ...even, maximumBatchingWindowInSeconds: 30 } });
    world.mapping.enable();
    world.put('{"even":false,"n":1}');
    await world.advance(20);
    world.put('{"even":true,"n":2}');
    await world.settle();
    const seen = world.mapping.decisions.map(({ atMs, kind }) => [kind, atMs] as const);
    expect(seen.map(([kind]) => kind)).to.deep.equal(["filtered", "send", "ok"]);
    expect((seen[1]![1] - seen[0]![1]) / 1000).to.equal(50);
  });

  it("are not seen before the failing batch ahead of them is done", async () => {
    const world = new World({
      settings: even,
      reply: (_, call) => (call < 3 ? "error" : "ok"),
    });
    world.mapping.enable();
    world.put('{"even":true,"n":0}');
    await world.advance(1.2);
    world.put('{"even":false,"n":1}');
    await world.settle();
    const kinds = world.mapping.decisions.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "ok")).to.have.length(1);
    expect(kinds).to.include("filtered");
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("are those of the patterns of the moment", async () => {
    const world = new World({ settings: even });
    world.mapping.enable();
    await world.advance(2);
    world.mapping.disable();
    world.put(...texts(4));
    world.mapping.update({ ...world.settings, filterPatterns: ['{"data":{"even":[false]}}'] });
    world.mapping.enable();
    await world.settle();
    world.mapping.update({ ...world.settings, filterPatterns: undefined });
    await world.process(...texts(2));
    expect(numbers(world)).to.deep.equal([
      [1, 3],
      [0, 1],
    ]);
  });

  it("keep the order of the others when the filter goes away", async () => {
    const world = new World({ settings: even });
    world.mapping.enable();
    world.put('{"even":true,"n":0}', '{"even":true,"n":1}');
    world.mapping.update({ ...world.settings, filterPatterns: [] });
    world.put('{"even":false,"n":2}');
    await world.settle();
    expect(numbers(world)).to.deep.equal([[0, 1, 2]]);
  });

  it("are dealt out again with the others when lanes change", async () => {
    const world = new World({ settings: even });
    world.mapping.enable();
    world.put(...texts(6));
    world.mapping.update({ ...world.settings, parallelizationFactor: 3 });
    await world.settle();
    expect(numbers(world).flat().sort()).to.deep.equal([0, 2, 4]);
  });

  it("are in no window", async () => {
    const world = windowWorld({
      settings: { filterPatterns: ['{"partitionKey":["a"]}'] },
      assumptions: { "windows.idleCloseMs": 0 },
    });
    await world.process("b-1");
    expect(world.deliveries).to.deep.equal([]);
    await world.advance(100);
    await world.process("a-1", "b-2");
    expect(told(world)).to.deep.equal(["a-1 | -", "- | a-1:1 | final"]);
  });
});
