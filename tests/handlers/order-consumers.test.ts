import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { EventBridgeEvent, SQSEvent } from "aws-lambda";
import { expect } from "chai";
import { createChargePayment } from "../../handlers/charge-payment";
import type { OrderItem } from "../../handlers/order-messages";
import { createProcessOrderHandler } from "../../handlers/process-order";
import { createTakePaymentHandler } from "../../handlers/take-payment";
import { createUpdateInventoryHandler } from "../../handlers/update-inventory";
import { coldStart, CONTEXT, loggedBy, ORDER, placedOrder } from "./order-fixtures";
import { scriptedClient, type Answer } from "./scripted-client";

const ENVIRONMENT = {
  IDEMPOTENCY: "order",
  MARKER_TABLE_NAME: "markers",
  MARKER_RETENTION_SECONDS: "60",
  PROCESSED_TABLE_NAME: "processed",
  STOCK_TABLE_NAME: "stock",
  RESERVED_TABLE_NAME: "reserved",
  REPORT_BATCH_ITEM_FAILURES: "true",
  FIFO: "false",
};

const ID = "ORD-0000BEEF";
const eventOf = (detail: unknown) =>
  ({ id: "event-1", detail }) as unknown as EventBridgeEvent<string, unknown>;
const REFUSED: Answer = [{ Code: "None" }, { Code: "ConditionalCheckFailed" }];

describe("ProcessOrder", () => {
  async function processOrder({
    answers = [],
    charge = async () => {},
    detail = placedOrder(ID),
    idempotency = "order",
  }: {
    answers?: Answer[];
    charge?: (orderId: string) => Promise<void>;
    detail?: unknown;
    idempotency?: string;
  } = {}) {
    const { client, sent } = scriptedClient(answers);
    const handler = coldStart({ ...ENVIRONMENT, IDEMPOTENCY: idempotency }, () =>
      createProcessOrderHandler(
        () => client,
        () => charge,
      ),
    );
    const ran = await loggedBy(() => handler(eventOf(detail), CONTEXT));
    return { ...ran, items: sent[0]?.TransactItems ?? [], sent };
  }

  it("writes the order down and its marker, in one transaction, and logs each line", async () => {
    const { items, lines, outcome } = await processOrder();
    expect(outcome).to.equal(undefined);
    const [effect, marker, ...others] = items;
    expect(others).to.deep.equal([]);
    expect(effect!.Update).to.deep.include({
      TableName: "processed",
      Key: { orderId: { S: ID } },
      UpdateExpression: "SET #i = :items ADD processedTimes :one",
    });
    // Nothing of the customer.
    expect(JSON.stringify(items)).to.not.include("customer");
    expect(marker!.Put!.Item!["id"]).to.deep.equal({ S: `process#${ID}` });
    expect(lines).to.deep.equal([
      {
        level: "info",
        message: "order item processed",
        orderId: ID,
        productId: "product-1",
        quantity: 2,
      },
      { level: "info", message: "order processed", orderId: ID },
    ]);
  });

  it("names its marker by what the idempotency goes by", async () => {
    const markers = async (idempotency: string) => {
      const { items } = await processOrder({ idempotency });
      return items.flatMap(({ Put }) => Put?.Item?.["id"]?.S ?? []);
    };
    expect(await markers("message-id")).to.deep.equal(["process#event-1"]);
    expect((await markers("payload-hash"))[0]).to.match(/^process#[0-9a-f]{32}$/);
    expect(await markers("none")).to.deep.equal([]);
  });

  it("does nothing for an order that was processed before", async () => {
    const { lines, outcome } = await processOrder({ answers: [REFUSED] });
    expect(outcome).to.equal(undefined);
    expect(lines).to.deep.equal([
      { level: "info", message: "order was processed before", orderId: ID },
    ]);
  });

  it("never uses a token twice (all attempts at an event have one request id)", async () => {
    const tokens = new Set<string>();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { sent } = await processOrder({ idempotency: "none" });
      tokens.add(sent[0]!.ClientRequestToken!);
    }
    expect(tokens.size).to.equal(2);
  });

  it("writes nothing before the payment, and fails with it", async () => {
    const down = Object.assign(new Error("down"), { code: "PAYMENT_FAILED" });
    const { items, lines, outcome } = await processOrder({ charge: () => Promise.reject(down) });
    expect(outcome).to.equal(down);
    expect(items).to.deep.equal([]);
    expect(lines).to.deep.equal([
      {
        level: "error",
        message: "order not processed",
        eventId: "event-1",
        code: "PAYMENT_FAILED",
      },
    ]);
  });

  for (const detail of [undefined, {}, { orderId: "ORD-1" }, { ...placedOrder(ID), items: [] }]) {
    it(`fails on what is no order, and quotes nothing (${JSON.stringify(detail)})`, async () => {
      const { items, outcome } = await processOrder({ detail: detail ?? null });
      expect(outcome).to.include({ code: "UNDECODABLE_ORDER" });
      expect(items).to.deep.equal([]);
    });
  }
});

describe("The payment call", () => {
  const VARIABLES = {
    PAYMENT_FUNCTION_NAME: "payment",
    BREAKER_THRESHOLD: "2",
    BREAKER_COOLDOWN_MS: "20",
  };
  const outcomeOf = (call: Promise<void>) =>
    call.then(
      () => "paid",
      (error: { code?: string }) => error.code ?? "unknown",
    );

  it("stops asking after failures in a row, and lets one call through after the cooldown", async () => {
    let calls = 0;
    let isDown = true;
    const send = async () => {
      calls += 1;
      return isDown ? { FunctionError: "Unhandled" } : {};
    };
    const client = { send } as unknown as LambdaClient;
    const charge = coldStart(VARIABLES, () => createChargePayment(() => client));
    const outcomes: string[] = [];
    for (let n = 0; n < 4; n += 1) outcomes.push(await outcomeOf(charge(ID)));
    expect(outcomes).to.deep.equal([
      "PAYMENT_FAILED",
      "PAYMENT_FAILED",
      "PAYMENT_SUSPENDED",
      "PAYMENT_SUSPENDED",
    ]);
    expect(calls).to.equal(2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await outcomeOf(charge(ID))).to.equal("PAYMENT_FAILED");
    expect(await outcomeOf(charge(ID))).to.equal("PAYMENT_SUSPENDED");
    isDown = false;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await outcomeOf(charge(ID))).to.equal("paid");
    expect(await outcomeOf(charge(ID))).to.equal("paid");
  });

  it("is answered by the payment function", async () => {
    const { lines, outcome } = await loggedBy(() => createTakePaymentHandler()({ orderId: ID }));
    expect(outcome).to.deep.equal({ orderId: ID, paid: true });
    expect(lines).to.deep.equal([{ level: "info", message: "payment taken", orderId: ID }]);
  });
});

describe("UpdateInventory", () => {
  const message = (
    messageId: string,
    orderId: string,
    items: readonly OrderItem[] = ORDER.items,
  ) => ({
    messageId,
    body: JSON.stringify({ id: "event-1", detail: placedOrder(orderId, { ...ORDER, items }) }),
  });
  const poison = { messageId: "bad", body: "{" };

  async function update(
    records: object[],
    {
      answers = [],
      variables = {},
    }: { answers?: Answer[]; variables?: Record<string, string> } = {},
  ) {
    const { client, sent } = scriptedClient(answers);
    const handler = coldStart({ ...ENVIRONMENT, ...variables }, () =>
      createUpdateInventoryHandler(() => client),
    );
    const event = { Records: records } as unknown as SQSEvent;
    const ran = await loggedBy(() => handler(event, CONTEXT));
    return { ...ran, sent };
  }
  const updated = (ran: { sent: { TransactItems?: { Put?: { Item?: object } }[] }[] }) =>
    ran.sent.map(({ TransactItems = [] }) => TransactItems.length);

  it("takes each product from the stock, counts the order, and marks it, in one transaction", async () => {
    const items = [
      { productId: "a", quantity: 2 },
      { productId: "b", quantity: 1 },
      { productId: "a", quantity: 3 },
    ];
    const { lines, outcome, sent } = await update([message("m1", ID, items)]);
    expect(outcome).to.deep.equal({ batchItemFailures: [] });
    const [a, b, reserved, marker, ...others] = sent[0]!.TransactItems!;
    expect(others).to.deep.equal([]);
    expect(a!.Update).to.deep.include({
      TableName: "stock",
      Key: { productId: { S: "a" } },
      UpdateExpression: "ADD quantity :less",
      ExpressionAttributeValues: { ":less": { N: "-5" } },
    });
    expect(b!.Update!.ExpressionAttributeValues).to.deep.equal({ ":less": { N: "-1" } });
    expect(reserved!.Update).to.deep.include({
      TableName: "reserved",
      Key: { orderId: { S: ID } },
    });
    expect(marker!.Put!.Item!["id"]).to.deep.equal({ S: `inventory#${ID}` });
    expect(
      lines.map(({ message: text, productId, quantity }) => [text, productId, quantity]),
    ).to.deep.equal([
      ["stock reserved", "a", 5],
      ["stock reserved", "b", 1],
    ]);
  });

  it("takes several transactions for more products than one holds, each with its marker", async () => {
    const items = Array.from({ length: 100 }, (_, n) => ({ productId: `p${n}`, quantity: 1 }));
    const ran = await update([message("m1", ID, items)]);
    expect(updated(ran)).to.deep.equal([100, 3]);
    const marker = ran.sent[1]!.TransactItems!.at(-1)!;
    expect(marker.Put!.Item!["id"]).to.deep.equal({ S: `inventory#${ID}#1` });
  });

  it("goes on behind a message that fails, and names it", async () => {
    const ran = await update([
      message("m1", "ORD-00000001"),
      poison,
      message("m3", "ORD-00000003"),
    ]);
    expect(ran.outcome).to.deep.equal({ batchItemFailures: [{ itemIdentifier: "bad" }] });
    expect(ran.sent).to.have.length(2);
    expect(ran.lines).to.deep.include({
      level: "error",
      message: "stock not reserved",
      messageId: "bad",
      code: "UNDECODABLE_ORDER",
    });
  });

  it("fails as a whole when the mapping does not listen, with the others done", async () => {
    const variables = { REPORT_BATCH_ITEM_FAILURES: "false" };
    const ran = await update([poison, message("m2", ID)], { variables });
    expect(ran.outcome).to.have.property("code", "UNDECODABLE_ORDER");
    expect(ran.sent).to.have.length(1);
  });

  it("stops at the first failure of a FIFO queue, and returns the rest untouched", async () => {
    const variables = { FIFO: "true" };
    const records = [message("m1", "ORD-00000001"), poison, message("m3", "ORD-00000003")];
    const ran = await update(records, { variables });
    expect(ran.outcome).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "bad" }, { itemIdentifier: "m3" }],
    });
    expect(ran.sent).to.have.length(1);
  });

  it("has done what was done before (a message that is delivered again)", async () => {
    const { lines, outcome } = await update([message("m1", ID)], { answers: [REFUSED] });
    expect(outcome).to.deep.equal({ batchItemFailures: [] });
    expect(lines[0]).to.include({ message: "stock was reserved before" });
  });
});
