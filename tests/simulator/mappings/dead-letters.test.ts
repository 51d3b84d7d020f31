import { expect } from "chai";
import type { DeadLetter } from "../../../simulator/services/lambda/mappings/dead-letter";
import type { StreamRecord, StreamSource } from "../../../simulator/services/stream-source";
import { FUNCTION_ARN, QUEUE_ARN, ROLE_ARN, START_MS, World, defaultSettings } from "./world";

const STREAM_ARN =
  "arn:aws:dynamodb:us-east-1:123456789012:table/entities/stream/2026-01-01T00:00:00.000";

/** The stream of a table with one record, which arrived 1.234 s after the start. */
function tableStream(): StreamSource {
  const record: StreamRecord = {
    sequenceNumber: "700000000000888",
    orderingKey: "a",
    arrivedAtMs: START_MS + 1234,
    payloadBytes: 500,
    payloadBytesBound: 500,
    eventId: "shardId-00000001:700000000000888",
    toEvent: () => ({
      eventID: "shardId-00000001:700000000000888",
      eventSource: "aws:dynamodb",
      dynamodb: { Keys: { id: { S: "a" } }, SequenceNumber: "700000000000888" },
    }),
  };
  return {
    kind: "dynamodb",
    arn: STREAM_ARN,
    shards: [{ id: "shardId-00000001", records: [record] }],
    retentionMs: 86_400_000,
    onAppend: () => () => undefined,
  };
}

async function failOnce(source?: StreamSource, refuse?: (letter: DeadLetter) => Error) {
  const world = new World({
    assumptions: { "kinesis.pollMs": 1000, "dynamodb.pollMs": 250 },
    settings: { maximumRetryAttempts: 0 },
    source,
    refuse,
    reply: () => "error",
  });
  await world.advance(2);
  await world.process("r1", "r2");
  return world;
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

describe("stream mapping: dead letters", () => {
  it("say where the records are, and hold none of them (Kinesis)", async () => {
    const world = await failOnce();
    const { record } = world.deadLetters[0]!;
    const sentAt = world.deliveries[0]!.atMs;
    expect(record).to.deep.equal({
      requestContext: {
        requestId: "request-1",
        functionArn: FUNCTION_ARN,
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 1,
      },
      responseContext: {
        statusCode: 200,
        executedVersion: "$LATEST",
        functionError: "Unhandled",
      },
      version: "1.0",
      timestamp: new Date(sentAt).toISOString(),
      KinesisBatchInfo: {
        shardId: "shardId-000000000000",
        startSequenceNumber: world.sequenceOf("r1"),
        endSequenceNumber: world.sequenceOf("r2"),
        approximateArrivalOfFirstRecord: "2026-01-01T00:00:02.000Z",
        approximateArrivalOfLastRecord: "2026-01-01T00:00:02.000Z",
        batchSize: 2,
        streamArn: world.stream.arn,
      },
    });
  });

  it("have whole seconds as arrival stamps, and milliseconds outside (DynamoDB)", async () => {
    const world = await failOnce(tableStream());
    const { record } = world.deadLetters[0]!;
    expect(record.DDBStreamBatchInfo).to.deep.equal({
      shardId: "shardId-00000001",
      startSequenceNumber: "700000000000888",
      endSequenceNumber: "700000000000888",
      approximateArrivalOfFirstRecord: "2026-01-01T00:00:01Z",
      approximateArrivalOfLastRecord: "2026-01-01T00:00:01Z",
      batchSize: 1,
      streamArn: STREAM_ARN,
    });
    expect(record).not.to.have.property("KinesisBatchInfo");
    expect(record.timestamp).to.match(/^2026-01-01T00:00:02\.\d{3}Z$/);
  });

  it("come with the event and a key for objects", async () => {
    const world = await failOnce();
    const { payload, s3Key } = world.deadLetters[0]!;
    expect(payload()).to.deep.equal(world.deliveries[0]!.request.event());
    const pattern =
      `^aws/lambda/${defaultSettings.uuid}/shardId-000000000000/2026/01/01/` +
      `2026-01-01T00\\.00\\.0[23]-${uuid}$`;
    expect(s3Key).to.match(new RegExp(pattern));
  });

  it("have keys of their own", async () => {
    const world = new World({
      settings: { batchSize: 1, maximumRetryAttempts: 0 },
      reply: () => "error",
    });
    await world.process("r1", "r2", "r3");
    expect(new Set(world.deadLetters.map(({ s3Key }) => s3Key)).size).to.equal(3);
  });

  it("are lost and counted when the destination refuses them", async () => {
    const world = await failOnce(undefined, () => new Error("AccessDenied"));
    expect(world.mapping.deliveryFailures).to.equal(1);
    const last = world.mapping.decisions.at(-1)!;
    expect(last.kind).to.equal("dead-letter-lost");
    expect(last.reason).to.equal(`${QUEUE_ARN}: AccessDenied`);
    expect(last.recordIds).to.have.length(2);
    expect(world.account.assumptions.used()).to.include("destination.failure");
  });

  it("keep a mapping unsettled while they are on their way", async () => {
    const world = new World({ settings: { maximumRetryAttempts: 0 }, reply: () => "error" });
    world.put("r1");
    world.mapping.enable();
    await world.kernel.runUntil(() => world.deadLetters.length > 0);
    expect(world.mapping.unsettled()).to.deep.equal([
      "mapping state-mapping: 1 dead letters on their way",
    ]);
    await world.settle();
    expect(world.mapping.unsettled()).to.deep.equal([]);
  });

  it("are not written without a destination, but the records are given up", async () => {
    const world = new World({
      settings: { maximumRetryAttempts: 0, onFailureArn: undefined },
      reply: () => "error",
    });
    await world.process("r1");
    expect(world.deadLetters).to.deep.equal([]);
    const { kind, reason, recordIds, requestId } = world.mapping.decisions.at(-1)!;
    expect({ kind, reason, requestId }).to.deep.equal({
      kind: "discard",
      reason: "RetryAttemptsExhausted",
      requestId: "request-1",
    });
    expect(recordIds).to.have.length(1);
  });
});

describe("stream mapping: events", () => {
  it("name the role that reads (Kinesis)", async () => {
    const world = new World();
    await world.process("r1");
    expect(world.deliveries[0]!.request.event()).to.deep.equal({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: "1.0",
            partitionKey: "r1",
            sequenceNumber: world.sequenceOf("r1"),
            data: "cjE=",
            approximateArrivalTimestamp: START_MS / 1000,
          },
          eventSource: "aws:kinesis",
          eventVersion: "1.0",
          eventID: `shardId-000000000000:${world.sequenceOf("r1")}`,
          eventName: "aws:kinesis:record",
          invokeIdentityArn: ROLE_ARN,
          awsRegion: "us-east-1",
          eventSourceARN: world.stream.arn,
        },
      ],
    });
  });

  it("are made anew for each attempt", async () => {
    const world = new World();
    await world.process("r1");
    const { event } = world.deliveries[0]!.request;
    expect(event()).not.to.equal(event());
  });
});
