import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { expect } from "chai";
import { createFetchRecords } from "../../handlers/fetch-records";
import { createDeadLetterReader, type BatchInfo } from "../../handlers/stream-dead-letter";

const INFO: BatchInfo = {
  shardId: "shardId-000000000000",
  startSequenceNumber: "5",
  endSequenceNumber: "12",
  batchSize: 3,
  streamArn: "arn:aws:kinesis:us-east-1:123456789012:stream/things",
};

const record = (sequence: number) => ({
  SequenceNumber: String(sequence),
  PartitionKey: "key",
  Data: Buffer.from(`data ${sequence}`),
  ApproximateArrivalTimestamp: new Date(1_500),
});

/** A shard that answers page after page; the last one is at the tip. */
function shard(...pages: readonly (readonly number[])[]) {
  const left = [...pages];
  const send = async (command: { constructor: { name: string } }): Promise<object> => {
    if (command.constructor.name === "GetShardIteratorCommand") return { ShardIterator: "at" };
    const sequences = left.shift() ?? [];
    return {
      Records: sequences.map(record),
      MillisBehindLatest: left.length === 0 ? 0 : 1,
      NextShardIterator: "next",
    };
  };
  const client = { send } as unknown as KinesisClient;
  return { fetch: createFetchRecords(client), left };
}

describe("createFetchRecords", () => {
  const sequencesOf = async (...pages: readonly (readonly number[])[]): Promise<string> =>
    (await shard(...pages).fetch(INFO)).map(({ record }) => record.sequenceNumber).join(" ");

  it("gives records as Lambda delivers them", async () => {
    const [first] = await shard([5]).fetch(INFO);
    expect(first).to.deep.equal({
      eventId: "shardId-000000000000:5",
      record: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "key",
        sequenceNumber: "5",
        data: Buffer.from("data 5").toString("base64"),
        approximateArrivalTimestamp: 1.5,
      },
    });
  });

  it("takes the range and nothing beside it, by number and not by text", async () => {
    expect(await sequencesOf([4, 5, 9, 12, 13])).to.equal("5 9 12");
  });

  it("goes on over pages, empty ones included, and stops when it has the last record", async () => {
    const { fetch, left } = shard([5], [], [9, 12], [13]);
    expect(await fetch(INFO)).to.have.length(3);
    expect(left).to.deep.equal([[13]]);
  });

  it("is content with what is left (the range has expired in part, or the stream ends)", async () => {
    expect(await sequencesOf([10, 12])).to.equal("10 12");
    expect(await sequencesOf([20])).to.equal("");
    expect(await sequencesOf([])).to.equal("");
  });

  for (const name of ["ResourceNotFoundException", "InvalidArgumentException"]) {
    it(`finds nothing where the shard does not know the number (${name})`, async () => {
      const send = () => Promise.reject(Object.assign(new Error(name), { name }));
      expect(await createFetchRecords({ send } as never)(INFO)).to.deep.equal([]);
    });
  }

  it("fails with other errors, so that the dead letter comes back", async () => {
    const refused = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const fetch = createFetchRecords({ send: () => Promise.reject(refused) } as never);
    expect(await fetch(INFO).catch((cause: unknown) => cause)).to.equal(refused);
  });
});

describe("createDeadLetterReader", () => {
  const { read, recordsIn } = createDeadLetterReader();
  const letter = {
    requestContext: { condition: "RetryAttemptsExhausted" },
    KinesisBatchInfo: INFO,
  };

  it("reads what a mapping sends to a queue, and what a topic tells one", () => {
    const text = JSON.stringify(letter);
    expect(read(text)).to.deep.equal(letter);
    expect(read(JSON.stringify({ Type: "Notification", Message: text }))).to.deep.equal(letter);
  });

  for (const text of ["", "{}", "null", '{"Message":"x"}', '{"DDBStreamBatchInfo":{}}']) {
    it(`refuses what is no dead letter of a Kinesis batch: ${text || "nothing"}`, () => {
      expect(() => read(text))
        .to.throw()
        .with.property("code", "UNDECODABLE_DEAD_LETTER");
    });
  }

  it("finds the records in an object, whether the event is text or not", () => {
    const event = { Records: [{ eventID: "s:1", kinesis: { data: "eA==" } }] } as never;
    const expected = [{ eventId: "s:1", record: { data: "eA==" } }];
    expect(recordsIn({ ...letter, payload: event })).to.deep.equal(expected);
    expect(recordsIn({ ...letter, payload: JSON.stringify(event) })).to.deep.equal(expected);
    expect(recordsIn(letter)).to.deep.equal([]);
  });
});
