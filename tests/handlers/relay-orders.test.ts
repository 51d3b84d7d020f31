import type { EventBridgeClient, PutEventsCommandInput } from "@aws-sdk/client-eventbridge";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { expect } from "chai";
import { createPutOrderEvents } from "../../handlers/put-order-events";
import { createRelayOrdersHandler } from "../../handlers/relay-orders";
import { coldStart, CONTEXT, loggedBy } from "./order-fixtures";

const BUS = { BUS_NAME: "bus", PUBLISH_MAXIMUM_ATTEMPTS: "3", PUBLISH_BASE_DELAY_MS: "0" };
const RELAY = {
  OUTBOX_TABLE_NAME: "outbox",
  OUTBOX_RETENTION_SECONDS: "60",
  SWEEP_AGE_SECONDS: "120",
};

/** Answers requests one after the other: the details that fail, or an error; then all succeeds. */
function scriptedBus(answers: (string[] | Error)[] = []) {
  const sent: string[][] = [];
  const send = async ({ input }: { input: PutEventsCommandInput }) => {
    const details = input.Entries!.map(({ Detail }) => Detail!);
    sent.push(details);
    const failing = answers[sent.length - 1] ?? [];
    if (failing instanceof Error) throw failing;
    const Entries = details.map((detail, at) =>
      failing.includes(detail) ? { ErrorCode: "InternalFailure" } : { EventId: `event-${at}` },
    );
    return { FailedEntryCount: failing.length, Entries };
  };
  return { client: { send } as unknown as EventBridgeClient, sent };
}

describe("putOrderEvents", () => {
  async function put(details: string[], answers: (string[] | Error)[], variables = {}) {
    const { client, sent } = scriptedBus(answers);
    const send = coldStart({ ...BUS, ...variables }, () => createPutOrderEvents(() => client));
    const { lines, outcome } = await loggedBy(() => send(details, () => 30_000));
    return { open: outcome, sent, lines };
  }

  it("sends only the entries again that failed (the request itself succeeded)", async () => {
    const { lines, open, sent } = await put(["a", "b", "c"], [["b", "c"], ["c"]]);
    expect(open).to.deep.equal([]);
    expect(sent).to.deep.equal([["a", "b", "c"], ["b", "c"], ["c"]]);
    expect(lines[0]).to.deep.equal({
      level: "warn",
      message: "entries not published",
      entries: 2,
      code: "InternalFailure",
    });
  });

  it("gives up after the last attempt, and says which are not there", async () => {
    const { open, sent } = await put(["a", "b"], [["b"], new Error("lost"), ["b"]]);
    expect(sent).to.have.length(3);
    expect(open).to.deep.equal([1]);
  });

  it("makes one attempt where one is allowed", async () => {
    const { open, sent } = await put(["a"], [["a"]], { PUBLISH_MAXIMUM_ATTEMPTS: "1" });
    expect(sent).to.have.length(1);
    expect(open).to.deep.equal([0]);
  });

  it("makes no attempt that would outlast the invocation", async () => {
    const variables = { PUBLISH_BASE_DELAY_MS: "30000" };
    const { open, sent } = await put(["a"], [["a"]], variables);
    expect(sent).to.have.length(1);
    expect(open).to.deep.equal([0]);
  });
});

describe("Relay", () => {
  const image = (n: number, detail = `detail-${n}`) => ({
    id: { S: `order#ORD-${n}` },
    detail: { S: detail },
  });

  const inserted = (n: number, detail?: string) => ({
    eventName: "INSERT",
    dynamodb: { SequenceNumber: `${n}`, NewImage: image(n, detail) },
  });

  const event = (...records: object[]) => ({ Records: records }) as DynamoDBStreamEvent;

  async function relay(
    trigger: DynamoDBStreamEvent | { source: string },
    {
      open = () => [],
      pages = [],
    }: { open?: (details: readonly string[]) => number[]; pages?: object[] } = {},
  ) {
    const requests: (readonly string[])[] = [];
    const marked: string[] = [];
    const client = {
      send: async ({ input }: { input: { Key?: { id: { S: string } } } }) => {
        if (input.Key === undefined) return pages.shift() ?? {};
        marked.push(input.Key.id.S);
        return {};
      },
    } as unknown as DynamoDBClient;
    const put = async (details: readonly string[]) => {
      requests.push(details);
      return open(details);
    };
    const handler = coldStart(RELAY, () =>
      createRelayOrdersHandler(
        () => client,
        () => put,
      ),
    );
    const { outcome } = await loggedBy(() => handler(trigger, CONTEXT));
    return { outcome, requests, marked };
  }

  it("publishes orders that are new, and notes that it did", async () => {
    const { marked, outcome, requests } = await relay(
      event(inserted(1), { eventName: "MODIFY", dynamodb: { NewImage: image(2) } }),
    );
    expect(outcome).to.deep.equal({ batchItemFailures: [] });
    expect(requests).to.deep.equal([["detail-1"]]);
    expect(marked).to.deep.equal(["order#ORD-1"]);
  });

  it("leaves the clients' keys alone, which are in the same table", async () => {
    const key = { eventName: "INSERT", dynamodb: { NewImage: { id: { S: "key#1" } } } };
    const { requests } = await relay(event(key));
    expect(requests).to.deep.equal([]);
  });

  it("sends ten at a time, and less if they are large", async () => {
    const many = await relay(event(...Array.from({ length: 12 }, (_, n) => inserted(n))));
    expect(many.requests.map((details) => details.length)).to.deep.equal([10, 2]);
    const large = await relay(event(...[1, 2, 3].map((n) => inserted(n, "x".repeat(400_000)))));
    expect(large.requests.map((details) => details.length)).to.deep.equal([2, 1]);
  });

  it("names the first order that is not on the bus, and touches nothing after its request", async () => {
    const { marked, outcome, requests } = await relay(
      event(...Array.from({ length: 12 }, (_, n) => inserted(n))),
      { open: () => [4, 7] },
    );
    expect(outcome).to.deep.equal({ batchItemFailures: [{ itemIdentifier: "4" }] });
    expect(requests).to.have.length(1);
    expect(marked).to.have.length(8);
    expect(marked).to.not.include("order#ORD-4");
  });

  it("sweeps for orders that the stream did not bring, page by page", async () => {
    const { marked } = await relay(
      { source: "aws.events" },
      { pages: [{ Items: [image(1)], LastEvaluatedKey: {} }, { Items: [image(2)] }] },
    );
    expect(marked).to.deep.equal(["order#ORD-1", "order#ORD-2"]);
  });

  it("fails a sweep that leaves an order behind, after publishing the others", async () => {
    const { marked, outcome } = await relay(
      { source: "aws.events" },
      { pages: [{ Items: [image(1), image(2)] }], open: () => [0] },
    );
    expect(outcome).to.have.property("code", "NOT_PUBLISHED");
    expect(marked).to.deep.equal(["order#ORD-2"]);
  });
});
