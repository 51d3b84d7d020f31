import { expect } from "chai";
import type { BatchInfo, DeadLetter } from "../../../compare/aggregation/dead-letters";
import { contentKey } from "../../../compare/aggregation/ground-truth";
import {
  resolveDeadLetters,
  type Origins,
} from "../../../compare/aggregation/resolve-dead-letters";
import type { Topology } from "../../../compare/aggregation/topology";
import { invocationOf, itemOf, messageOf, rowOf } from "../fixtures";

const topology = { stateTableName: "state", outboxTableName: "outbox" } as Topology;
const item = itemOf(messageOf({ id: "a" }));
const content = contentKey("a", 1, item["contentHash"]!.S!);

const nowhere: Origins = {
  topology,
  invocations: new Map(),
  produced: new Map([
    ["shard-0:9", 0],
    ["shard-0:10", 1],
    ["shard-0:11", 2],
    ["shard-1:10", 3],
  ]),
  stateWrites: [],
  outboxWrites: [],
  rows: new Map([
    [
      "r1",
      [
        { content, sign: 1 },
        { content: "old", sign: -1 },
      ],
    ],
  ]),
};

const batch: BatchInfo = {
  shardId: "shard-0",
  startSequenceNumber: "9",
  endSequenceNumber: "10",
  batchSize: 2,
  streamArn: "arn:aws:kinesis:us-east-1:1:stream/messages",
};
const letter = (given: Partial<DeadLetter>): DeadLetter => ({
  requestContext: {
    requestId: "q",
    condition: "RetryAttemptsExhausted",
    approximateInvokeCount: 1,
  },
  ...given,
});
const ofTable = (table: string): BatchInfo => ({
  ...batch,
  streamArn: `arn:aws:dynamodb:us-east-1:1:table/${table}/stream/x`,
});

const resolved = (letters: DeadLetter[], origins: Partial<Origins> = {}) => {
  const { contents, records } = resolveDeadLetters(letters, { ...nowhere, ...origins });
  return { records: [...records], contents: [...contents] };
};

describe("resolveDeadLetters", () => {
  it("takes the records from the payload (parsed, or as text)", () => {
    const payload = { Records: [{ eventID: "shard-0:10" }] };
    for (const form of [payload, JSON.stringify(payload)]) {
      const letters = [letter({ KinesisBatchInfo: batch, payload: form })];
      expect(resolved(letters)).to.deep.equal({ records: [1], contents: [] });
    }
  });

  it("takes the records in range from the last invocation (the rest had been checkpointed)", () => {
    const records = ["8", "9", "10"].map((sequenceNumber) => ({
      eventID: `shard-0:${sequenceNumber}`,
      kinesis: { sequenceNumber },
    }));
    const invocations = new Map([["q", invocationOf("q", records)]]);
    const letters = [letter({ KinesisBatchInfo: batch })];
    expect(resolved(letters, { invocations }).records).to.deep.equal([0, 1]);
  });

  it("takes what was produced in range (never delivered); numbers, not texts, and one shard", () => {
    expect(resolved([letter({ KinesisBatchInfo: batch })]).records).to.deep.equal([0, 1]);
  });

  it("names the contents of the state table's changes", () => {
    const Records = [{ eventID: "e", eventName: "INSERT", dynamodb: { NewImage: item } }];
    const letters = [letter({ DDBStreamBatchInfo: ofTable("state"), payload: { Records } })];
    expect(resolved(letters).contents).to.deep.equal([content]);
  });

  it("names what an outbox row adds, and nothing for later changes of rows", () => {
    const dynamodb = { NewImage: rowOf("r1", 1, 1) };
    const Records = [
      { eventID: "e1", eventName: "INSERT", dynamodb },
      { eventID: "e2", eventName: "MODIFY", dynamodb: { NewImage: rowOf("r2", 1, 1) } },
    ];
    const letters = [letter({ DDBStreamBatchInfo: ofTable("outbox"), payload: { Records } })];
    expect(resolved(letters).contents).to.deep.equal([content]);
  });

  it("finds a table's changes that were never delivered by their place in the stream", () => {
    const stream = { eventId: "e", shardId: "shard-0", sequenceNumber: "10" };
    const stateWrites = [{ atMs: 1, changed: true, after: item, stream }];
    const letters = [letter({ DDBStreamBatchInfo: ofTable("state") })];
    expect(resolved(letters, { stateWrites }).contents).to.deep.equal([content]);
  });

  it("refuses a dead letter that leads nowhere", () => {
    const letters = [letter({ DDBStreamBatchInfo: ofTable("state") })];
    expect(() => resolved(letters)).to.throw(/leads to no record \(shard-0, 9 to 10\)/);
  });
});
