import type { DynamoDBClient, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import type { Context, KinesisStreamRecord } from "aws-lambda";
import { expect } from "chai";
import type { WindowEvent } from "../../handlers/window-event";
import { createExactWindowsHandler } from "../../handlers/windows-exact";
import { createTumblingWindowsHandler, type TripState } from "../../handlers/windows-tumbling";
import { scriptedClient, type Answer } from "./scripted-client";
import { bytesOf, tripRow } from "./trip-fixtures";

const SHARD = "shardId-000000000000";

const CONTEXT = {
  awsRequestId: "request",
  getRemainingTimeInMillis: () => 30_000,
} as unknown as Context;

const record = (sequence: number, data: unknown = tripRow({ trip_id: `trip-${sequence}` })) =>
  ({
    eventID: `${SHARD}:${sequence}`,
    kinesis: {
      data: Buffer.from(bytesOf(data)).toString("base64"),
      sequenceNumber: String(sequence),
      approximateArrivalTimestamp: Date.UTC(2026, 0, 1) / 1_000,
    },
  }) as unknown as KinesisStreamRecord;

const windowEvent = (event: Partial<WindowEvent<TripState>> = {}): WindowEvent<TripState> => ({
  Records: [],
  window: { start: "2026-01-01T00:00:00Z", end: "2026-01-01T00:05:00Z" },
  state: {},
  shardId: SHARD,
  eventSourceARN: "arn",
  isFinalInvokeForWindow: false,
  isWindowTerminatedEarly: false,
  ...event,
});

/** Handlers read their environment when they are made. */
function withEnvironment<T>(variables: Record<string, string>, make: () => T): T {
  Object.assign(process.env, variables);
  try {
    return make();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

/** A handler with a client that keeps what is sent, and fails in turn as said. */
function tumbling(failures: readonly (string | undefined)[] = []) {
  const sent: UpdateItemCommandInput[] = [];
  const send = async ({ input }: { input: UpdateItemCommandInput }): Promise<object> => {
    sent.push(input);
    const name = failures[sent.length - 1];
    if (name !== undefined) throw Object.assign(new Error(name), { name });
    return {};
  };
  const handler = withEnvironment({ AGGREGATE_TABLE_NAME: "aggregates" }, () =>
    createTumblingWindowsHandler(() => ({ send }) as unknown as DynamoDBClient),
  );
  return { sent, handle: (event: WindowEvent<TripState>) => handler(event, CONTEXT) };
}

const STATE: TripState = {
  first: "3",
  last: "9",
  vendors: {
    "1": {
      pickups: 2,
      passengers: 4,
      distanceHundredths: 300,
      fareCents: 2_000,
      totalCents: 2_500,
    },
  },
  unclean: {},
};

describe("The consumer with tumbling windows", () => {
  it("carries sums from batch to batch, and writes nothing before the end", async () => {
    const { handle, sent } = tumbling();
    const first = await handle(windowEvent({ Records: [record(3), record(4, "no JSON")] }));
    expect(first.batchItemFailures).to.deep.equal([]);
    const state = JSON.parse(JSON.stringify(first.state)) as TripState;
    expect(state).to.deep.include({ first: "3", last: "4", unclean: { dropped: 1, notJson: 1 } });
    const second = await handle(windowEvent({ Records: [record(9)], state }));
    expect(second.state).to.deep.include({ first: "3", last: "9" });
    expect((second.state as TripState).vendors).to.deep.equal(STATE.vendors);
    expect(sent).to.deep.equal([]);
  });

  it("writes each vendor's row once, whoever repeats it, and answers an empty state", async () => {
    const { handle, sent } = tumbling();
    const event = windowEvent({ state: STATE, isFinalInvokeForWindow: true });
    expect(await handle(event)).to.deep.equal({ state: {}, batchItemFailures: [] });
    expect(sent).to.have.length(1);
    expect(sent[0]).to.include({
      TableName: "aggregates",
      ConditionExpression: "attribute_not_exists(#shard) OR #shard < :first",
    });
    expect(sent[0]!.Key).to.deep.equal({ id: { S: "vendor#1#2026-01-01T00:00:00Z" } });
    expect(sent[0]!.ExpressionAttributeNames!["#shard"]).to.equal(SHARD);
    expect(sent[0]!.ExpressionAttributeValues![":first"]!.S).to.equal("3".padStart(64, "0"));
    expect(sent[0]!.ExpressionAttributeValues![":last"]!.S).to.equal("9".padStart(64, "0"));
  });

  it("is content when the row was written before", async () => {
    const { handle } = tumbling(["ConditionalCheckFailedException"]);
    const answer = await handle(windowEvent({ state: STATE, isFinalInvokeForWindow: true }));
    expect(answer.state).to.deep.equal({});
  });

  it("takes records that come with the last invocation", async () => {
    const { handle, sent } = tumbling();
    const Records = [record(10)];
    await handle(windowEvent({ Records, state: STATE, isFinalInvokeForWindow: true }));
    expect(Object.values(sent[0]!.ExpressionAttributeValues!)).to.deep.include({ N: "3" });
    expect(sent[0]!.ExpressionAttributeValues![":last"]!.S).to.match(/^0+10$/);
  });

  it("writes what is there when the state is too large, and begins anew", async () => {
    const { handle, sent } = tumbling();
    const early = await handle(windowEvent({ state: STATE, isWindowTerminatedEarly: true }));
    expect(early).to.deep.equal({ state: {}, batchItemFailures: [] });
    expect(sent).to.have.length(1);
    await handle(windowEvent({ Records: [record(11)], isFinalInvokeForWindow: true }));
    // The row knows the range to 9: what begins at 11 is new to it.
    expect(sent[1]!.ExpressionAttributeValues![":first"]!.S).to.match(/^0+11$/);
  });

  it("has nothing to write of a window without records", async () => {
    const { handle, sent } = tumbling();
    await handle(windowEvent({ isFinalInvokeForWindow: true }));
    expect(sent).to.deep.equal([]);
  });

  it("fails when all of a window's rows are throttled, and finishes when some are", async () => {
    const throttled = "ThrottlingException";
    const both = { ...STATE, vendors: { "1": { pickups: 1 }, "2": { pickups: 1 } } };
    const event = windowEvent({ state: both, isFinalInvokeForWindow: true });
    const none = tumbling([throttled, throttled]);
    const failure = await none.handle(event).catch((cause: unknown) => cause);
    expect(failure).to.have.property("name", throttled);
    const some = tumbling([undefined, throttled]);
    expect((await some.handle(event)).state).to.deep.equal({});
    expect(some.sent.map(({ Key }) => Key!["id"]!.S!.slice(0, 8))).to.deep.equal([
      "vendor#1",
      "vendor#2",
      "vendor#2",
    ]);
  });

  it("takes any name for a vendor", async () => {
    const { handle } = tumbling();
    const Records = [record(1, tripRow({ VendorID: "__proto__" }))];
    const { state } = await handle(windowEvent({ Records }));
    expect(JSON.stringify(state)).to.include('"__proto__":{"pickups":1');
    expect({}).to.not.have.property("pickups");
  });
});

/** The handler without windows, on a scripted client. */
function exact(answers: readonly Answer[] = [], partialResponses = "true") {
  const { client, sent } = scriptedClient(answers);
  const environment = {
    AGGREGATE_TABLE_NAME: "aggregates",
    LEDGER_TABLE_NAME: "ledger",
    LEDGER_RETENTION_SECONDS: "60",
    WINDOW_SECONDS: "300",
    REPORT_BATCH_ITEM_FAILURES: partialResponses,
  };
  const handler = withEnvironment(environment, () => createExactWindowsHandler(() => client));
  /** Of each transaction, the entries it claims. */
  const claims = () =>
    sent.map(({ TransactItems }) =>
      TransactItems!.flatMap(({ Put }) => (Put ? [Put.Item!["id"]!.S] : [])),
    );
  return {
    sent,
    claims,
    handle: (...Records: KinesisStreamRecord[]) => handler({ Records }, CONTEXT),
  };
}

describe("The consumer without tumbling windows", () => {
  const REFUSED = { Code: "ConditionalCheckFailed" };
  const NONE = { Code: "None" };

  it("adds trips and claims them in one transaction", async () => {
    const { claims, handle, sent } = exact();
    expect(await handle(record(1), record(2))).to.deep.equal({ batchItemFailures: [] });
    expect(claims()).to.deep.equal([["trip#trip-1", "trip#trip-2"]]);
    const [update] = sent[0]!.TransactItems!.flatMap(({ Update }) => (Update ? [Update] : []));
    expect(update!.Key).to.deep.equal({ id: { S: "vendor#1#2026-01-01T00:00:00Z" } });
    expect(Object.values(update!.ExpressionAttributeValues!)).to.deep.include({ N: "2500" });
  });

  it("adds the others when one was added before", async () => {
    const { claims, handle } = exact([[NONE, REFUSED, NONE]]);
    await handle(record(1), record(2));
    expect(claims()).to.deep.equal([["trip#trip-1", "trip#trip-2"], ["trip#trip-1"]]);
  });

  it("claims a trip once that comes twice in a batch", async () => {
    const { claims, handle } = exact();
    await handle(record(1), record(2, tripRow({ trip_id: "trip-1" })));
    expect(claims()).to.deep.equal([["trip#trip-1"]]);
  });

  it("claims what is unclean by its delivery", async () => {
    const { claims, handle } = exact();
    await handle(record(1, "no JSON"), record(2, "no JSON"));
    expect(claims()).to.deep.equal([[`delivery#${SHARD}:1#0`, `delivery#${SHARD}:2#0`]]);
  });

  it("never asks for more than a transaction holds, whatever the windows", async () => {
    const { handle, sent } = exact();
    const minute = (n: number) => String(n % 60).padStart(2, "0");
    const rows = Array.from({ length: 400 }, (_, n) =>
      record(
        n,
        tripRow({ trip_id: `t${n}`, tpep_pickup_datetime: `2026-01-01 0${n % 7}:${minute(n)}:00` }),
      ),
    );
    await handle(...rows);
    const sizes = sent.map(({ TransactItems }) => TransactItems!.length);
    expect(Math.max(...sizes)).to.be.at.most(100);
    expect(
      sent.flatMap(({ TransactItems }) => TransactItems!.filter(({ Put }) => Put)),
    ).to.have.length(400);
  });

  it("names the first trip of what was not written, or fails if nobody listens", async () => {
    const refused = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const many = Array.from({ length: 150 }, (_, n) => record(n));
    expect(await exact(["committed", refused]).handle(...many)).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "99" }],
    });
    const failure = await exact(["committed", refused], "false")
      .handle(...many)
      .catch((cause: unknown) => cause);
    expect(failure).to.equal(refused);
  });
});
