import { expect } from "chai";
import { readLetter, type Letter, type RawLetter, type Target } from "../../live/redrive/letter";

const place = {
  name: "somewhere",
  remove: () => Promise.resolve(),
  release: () => Promise.resolve(),
};
const ORDERS: Target = { kind: "function", name: "process" };

const INFO = {
  shardId: "shardId-000000000001",
  startSequenceNumber: "10",
  endSequenceNumber: "12",
  batchSize: 2,
  streamArn: "arn:aws:kinesis:us-east-1:123456789012:stream/readings",
};
const CONTEXT = {
  requestId: "request-1",
  functionArn: "arn:aws:lambda:us-east-1:123456789012:function:state",
  condition: "RetryAttemptsExhausted",
  approximateInvokeCount: 3,
};
const RECORD = {
  eventID: "shardId-000000000001:10",
  kinesis: { sequenceNumber: "10", partitionKey: "a", data: "e30=" },
};

function read(
  body: unknown,
  {
    attributes = {},
    ...addressees
  }: { attributes?: RawLetter["attributes"]; eventsTo?: Target; recordsTo?: string } = {},
): Omit<Letter, "place"> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { place: found, ...letter } = readLetter({ place, text, attributes }, addressees);
  expect(found).to.equal(place);
  return letter;
}

describe("a dead letter", () => {
  it("of a stream's mapping in S3 holds its records (payload is a text of JSON)", () => {
    const payload = JSON.stringify({ Records: [RECORD] });
    expect(read({ requestContext: CONTEXT, KinesisBatchInfo: INFO, payload })).to.deep.equal({
      kind: "stream-batch",
      info: INFO,
      functionArn: CONTEXT.functionArn,
      records: [RECORD],
    });
  });

  it("of a stream's mapping in a queue says only where they were", () => {
    expect(read({ requestContext: CONTEXT, KinesisBatchInfo: INFO })).to.deep.equal({
      kind: "stream-batch",
      info: INFO,
      functionArn: CONTEXT.functionArn,
      records: undefined,
    });
  });

  it("of a tumbling window holds the whole event, the state with it", () => {
    const payload = {
      Records: [],
      window: { start: "2026-01-01T00:00:00Z", end: "2026-01-01T00:05:00Z" },
      state: { vendors: {} },
      shardId: INFO.shardId,
      isFinalInvokeForWindow: true,
    };
    expect(read({ requestContext: CONTEXT, KinesisBatchInfo: INFO, payload })).to.deep.include({
      records: [],
      event: payload,
    });
  });

  for (const [what, condition, isOwn] of [
    ["by its consumer", undefined, true],
    ["for it, when its mapping gave it up", "RetryAttemptsExhausted", false],
  ] as const) {
    it(`is a whole record that was put aside ${what}`, () => {
      const body = {
        reason: "timeout",
        eventId: RECORD.eventID,
        record: RECORD.kinesis,
        condition,
      };
      expect(read(body, { recordsTo: "consumer" })).to.deep.equal({
        kind: "record",
        functionName: "consumer",
        record: RECORD,
        isOwn,
      });
    });
  }

  it("says of records that nobody could fetch that they are gone", () => {
    const body = { reason: "gone", shardId: INFO.shardId, missing: 3 };
    expect(read(body, { recordsTo: "consumer" })).to.deep.equal({
      kind: "gone",
      items: 3,
      why: "They were gone from the stream before anybody fetched them.",
    });
    expect(read({}, { recordsTo: "consumer" })).to.deep.equal({
      kind: "unreadable",
      why: "It holds no record.",
    });
  });

  it("is the same behind a topic", () => {
    const Message = JSON.stringify({ requestContext: CONTEXT, DDBStreamBatchInfo: INFO });
    expect(read({ Type: "Notification", Message })).to.deep.equal({
      kind: "table-batch",
      info: INFO,
      functionArn: CONTEXT.functionArn,
      records: undefined,
    });
  });

  it("of an asynchronous invocation holds the event and names the function", () => {
    const requestPayload = { detail: { orderId: "order-1" } };
    expect(read({ requestContext: CONTEXT, requestPayload })).to.deep.equal({
      kind: "event",
      target: { kind: "function", name: CONTEXT.functionArn },
      event: JSON.stringify(requestPayload),
      requestId: "request-1",
    });
  });

  it("of an asynchronous invocation is the same when the bus was told of it", () => {
    const detail = { requestContext: CONTEXT, requestPayload: { detail: {} } };
    const letter = read({ source: "lambda", detail }, { eventsTo: ORDERS });
    expect(letter).to.deep.include({ kind: "event", requestId: "request-1" });
  });

  it("of a function's own dead-letter queue is the event; its attribute names the invocation", () => {
    const event = { source: "orders", detail: { orderId: "order-1" } };
    const attributes = { RequestID: "request-2", ErrorCode: "200" };
    expect(read(event, { attributes, eventsTo: ORDERS })).to.deep.equal({
      kind: "event",
      target: ORDERS,
      event: JSON.stringify(event),
      requestId: "request-2",
    });
  });

  it("of a rule's target is the event, and no invocation is known", () => {
    const target: Target = { kind: "queue", url: "https://sqs/orders" };
    const event = { source: "orders", detail: {} };
    expect(
      read(event, { attributes: { ERROR_CODE: "NO_PERMISSIONS" }, eventsTo: target }),
    ).to.deep.equal({ kind: "event", target, event: JSON.stringify(event) });
  });

  it("without its event is unreadable (it was too large for the record)", () => {
    expect(read({ requestContext: CONTEXT })).to.deep.equal({
      kind: "unreadable",
      why: "The record holds no event: it was too large.",
    });
  });

  for (const [text, why] of [
    ["{", "It, or the payload in it, is no JSON."],
    ["17", "It is no JSON object."],
    ["{}", "It is neither a batch nor an event."],
    [
      JSON.stringify({ KinesisBatchInfo: INFO, payload: "{" }),
      "It, or the payload in it, is no JSON.",
    ],
  ] as const) {
    it(`that is none is unreadable, and no crash (${text.slice(0, 12)})`, () => {
      expect(read(text)).to.deep.equal({ kind: "unreadable", why });
    });
  }
});
