import { expect } from "chai";
import { compileQueueFilters } from "../../../simulator/services/lambda/mappings/queue-filter";
import type { QueueRecord } from "../../../simulator/services/lambda/mappings/queue-record";
import { QueueMappingWorld } from "./queue-world";

const record = (body: string): QueueRecord => ({
  messageId: "00000000-0000-4000-8000-000000000001",
  receiptHandle: "handle",
  body,
  attributes: {},
  messageAttributes: {
    kind: { stringValue: "order", stringListValues: [], binaryListValues: [], dataType: "String" },
  },
  md5OfBody: "",
  eventSource: "aws:sqs",
  eventSourceARN: "arn",
  awsRegion: "eu-west-1",
});

/** Whether a pattern takes a message with this body. */
const takes = (pattern: object, body: string): boolean =>
  compileQueueFilters([JSON.stringify(pattern)])(record(body));

describe("filters of a queue mapping", () => {
  const json = JSON.stringify({ state: "new", amount: 5 });

  it("compare members of a body that is JSON", () => {
    expect(takes({ body: { state: ["new"] } }, json)).to.equal(true);
    expect(takes({ body: { state: ["old"] } }, json)).to.equal(false);
    expect(takes({ body: { amount: [{ numeric: [">", 4] }] } }, json)).to.equal(true);
  });

  it("compare a body that is plain text", () => {
    expect(takes({ body: ["hello"] }, "hello")).to.equal(true);
    expect(takes({ body: [{ prefix: "he" }] }, "hello")).to.equal(true);
    expect(takes({ body: ["hello"] }, "bye")).to.equal(false);
  });

  it("drop plain text where JSON is asked for, and JSON where plain text is", () => {
    expect(takes({ body: { state: [{ exists: false }] } }, "hello")).to.equal(false);
    expect(takes({ body: [{ "anything-but": "hello" }] }, json)).to.equal(false);
  });

  it("look at other properties alone if they say nothing about the body", () => {
    const pattern = { messageAttributes: { kind: { stringValue: ["order"] } } };
    expect(takes(pattern, "hello")).to.equal(true);
    expect(takes(pattern, json)).to.equal(true);
    expect(takes({ messageAttributes: { kind: { stringValue: ["x"] } } }, json)).to.equal(false);
  });

  it("take what one of them takes", () => {
    const filter = compileQueueFilters(['{"body":["a"]}', '{"body":["b"]}']);
    expect(["a", "b", "c"].map((body) => filter(record(body)))).to.deep.equal([true, true, false]);
  });

  it("refuse what is no pattern, in Lambda's words", () => {
    for (const pattern of ["", "[]", "{}", '{"body":"a"}', `{"body":["${"a".repeat(4096)}"]}`]) {
      expect(() => compileQueueFilters([pattern])).to.throw("Invalid filter pattern definition.");
    }
  });
});

describe("queue mapping: filtered messages", () => {
  it("are deleted, and invoke nothing", async () => {
    const world = new QueueMappingWorld({
      settings: { filterPatterns: ['{"body":[{"prefix":"a"}]}'] },
    });
    expect(await world.process("a1", "b1", "a2", "b2")).to.deep.equal(["a1 a2"]);
    expect(world.held("jobs")).to.deep.equal([]);
    const [filtered] = world.mapping.decisions;
    expect(filtered).to.deep.include({ kind: "filtered", attempt: 0 });
    expect(filtered!.recordIds).to.have.length(2);
  });

  it("invoke nothing if none is left", async () => {
    const world = new QueueMappingWorld({ settings: { filterPatterns: ['{"body":["a"]}'] } });
    expect(await world.process("b", "c")).to.deep.equal([]);
    expect(world.held("jobs")).to.deep.equal([]);
    expect(world.mapping.concurrency).to.equal(0);
  });

  it("are those of the patterns of the moment", async () => {
    const world = new QueueMappingWorld({ settings: { filterPatterns: ['{"body":["a"]}'] } });
    await world.process("a", "b");
    world.mapping.update({ ...world.settings, filterPatterns: ['{"body":["b"]}'] });
    expect(await world.process("a", "b")).to.deep.equal(["a", "b"]);
  });
});
