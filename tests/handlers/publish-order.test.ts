import type { APIGatewayProxyResult } from "aws-lambda";
import { expect } from "chai";
import { contentHashOf, type OrderPlaced } from "../../handlers/order-messages";
import { createPublishOrderHandler } from "../../handlers/publish-order";
import { createPublishOrderDirectHandler } from "../../handlers/publish-order-direct";
import { coldStart, CONTEXT, loggedBy, ORDER, request } from "./order-fixtures";
import { scriptedClient, type Answer } from "./scripted-client";

const ENVIRONMENT = { OUTBOX_TABLE_NAME: "outbox", KEY_RETENTION_SECONDS: "60" };
const KEY = { "idempotency-key": "k1" };

/** A key that is taken for some content. */
const taken = (contentHash: string, published = false): Answer => [
  { Code: "None" },
  {
    Code: "ConditionalCheckFailed",
    Item: {
      orderId: { S: "ORD-0000BEEF" },
      contentHash: { S: contentHash },
      published: { BOOL: published },
    },
  },
];

async function publish(event = request(ORDER), answers: Answer[] = []) {
  const { client, sent } = scriptedClient(answers);
  const handler = coldStart(ENVIRONMENT, () => createPublishOrderHandler(() => client));
  const { lines, outcome } = await loggedBy(() => handler(event, CONTEXT));
  const { body, headers, statusCode } = outcome as APIGatewayProxyResult;
  return { answer: `${statusCode} ${body}`, headers, lines, sent };
}

describe("PublishOrder", () => {
  it("answers 202 with the order's id once the order is stored, and logs nothing but the id", async () => {
    const { answer, headers, lines, sent } = await publish();
    const [, orderId] = /"(ORD-[0-9A-F]{8})"/.exec(answer)!;
    expect(answer).to.equal(
      `202 {"message":"Order accepted for processing","orderId":"${orderId}"}`,
    );
    expect(headers).to.deep.equal({ "Content-Type": "application/json" });
    expect(lines).to.deep.equal([{ level: "info", message: "order accepted", orderId }]);
    const [item, ...others] = sent[0]!.TransactItems!;
    expect(others).to.deep.equal([]);
    const { createdAt, detail, ...row } = item!.Put!.Item!;
    expect(row).to.deep.equal({
      id: { S: `order#${orderId}` },
      orderId: { S: orderId },
      pending: { S: "y" },
    });
    expect(Number(createdAt!.N)).to.be.closeTo(Date.now() / 1000, 5);
    const { eventId, timestamp, ...placed } = JSON.parse(detail!.S!) as OrderPlaced;
    expect(placed).to.deep.equal({ orderId, ...ORDER });
    expect(eventId).to.match(/^[0-9a-f]{32}$/);
    expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(item!.Put!.ConditionExpression).to.equal("attribute_not_exists(id)");
  });

  const refusals: Record<string, [unknown, string]> = {
    "no customer": [
      { items: ORDER.items },
      '400 {"error":"Missing required field: \'customerId\'"}',
    ],
    "an empty customer": [
      { ...ORDER, customerId: "" },
      '400 {"error":"Missing required field: \'customerId\'"}',
    ],
    "no items": [{ customerId: "c" }, '400 {"error":"Missing required field: \'items\'"}'],
    "an empty list": [{ ...ORDER, items: [] }, '400 {"message":"Invalid request body"}'],
    "a quantity of 0": [
      { ...ORDER, items: [{ productId: "p", quantity: 0 }] },
      '400 {"message":"Invalid request body"}',
    ],
    "a quantity that no table can take": [
      { ...ORDER, items: [{ productId: "p", quantity: 1e300 }] },
      '400 {"message":"Invalid request body"}',
    ],
    "a product without a name": [
      { ...ORDER, items: [{ productId: "", quantity: 1 }] },
      '400 {"message":"Invalid request body"}',
    ],
    "a list": [[], '400 {"message":"Invalid request body"}'],
    "what is not JSON": ["{", '400 {"message":"Invalid request body"}'],
  };
  for (const [title, [body, expected]] of Object.entries(refusals)) {
    it(`refuses ${title} (a body that the gateway did not check)`, async () => {
      const { answer, sent } = await publish(request(body));
      expect(answer).to.equal(expected);
      expect(sent).to.deep.equal([]);
    });
  }

  it("draws another id when one is taken", async () => {
    const { answer, sent } = await publish(request(ORDER), [[{ Code: "ConditionalCheckFailed" }]]);
    expect(answer).to.match(/^202 /);
    const ids = sent.map(({ TransactItems }) => TransactItems![0]!.Put!.Item!["id"]!.S);
    expect(ids).to.have.length(2);
    expect(new Set(ids).size).to.equal(2);
  });

  it("answers 500 when the order cannot be stored", async () => {
    const broken = Object.assign(new Error("customer-1"), { name: "InternalServerError" });
    const { answer, lines } = await publish(request(ORDER), [broken]);
    expect(answer).to.equal('500 {"error":"Failed to process order. Please try again."}');
    expect(lines).to.deep.equal([
      { level: "error", message: "order not accepted", code: "InternalServerError" },
    ]);
  });

  it("stores an Idempotency-Key with the order, and forgets it after a while", async () => {
    const { sent } = await publish(request(ORDER, { "Idempotency-Key": "k1" }));
    const [order, key] = sent[0]!.TransactItems!.map(({ Put }) => Put!);
    const { id, ttl, ...row } = key!.Item!;
    expect(id!.S).to.match(/^key#[0-9a-f]{64}$/);
    expect(row).to.deep.equal({
      orderId: order!.Item!["orderId"],
      contentHash: { S: contentHashOf(ORDER) },
    });
    expect(Number(ttl!.N)).to.be.closeTo(Date.now() / 1000 + 60, 5);
  });

  it("gives the first answer again for the same key and order", async () => {
    const { answer } = await publish(request(ORDER, KEY), [taken(contentHashOf(ORDER))]);
    expect(answer).to.equal(
      '202 {"message":"Order accepted for processing","orderId":"ORD-0000BEEF"}',
    );
  });

  it("answers 422 for the same key and another order", async () => {
    const { answer } = await publish(request(ORDER, KEY), [taken("another")]);
    expect(answer).to.equal('422 {"error":"Idempotency-Key was used with another order"}');
  });

  it("keeps the keys of different callers apart", async () => {
    const idFor = async (identity: Record<string, string>) => {
      const { sent } = await publish(request(ORDER, KEY, identity));
      return sent[0]!.TransactItems![1]!.Put!.Item!["id"]!.S;
    };
    const ids = [
      await idFor({ userArn: "arn:aws:sts::1:assumed-role/a/s" }),
      await idFor({ userArn: "arn:aws:sts::1:assumed-role/b/s" }),
      await idFor({}),
    ];
    expect(new Set(ids).size).to.equal(3);
    expect(await idFor({})).to.equal(ids[2]);
  });

  it("knows the same order by its content, however it is written", () => {
    const spaced = JSON.parse(
      ' {"items": [ {"quantity": 2, "productId": "product-1"} ], "customerId": "customer-1"}',
    ) as typeof ORDER;
    expect(contentHashOf(spaced)).to.equal(contentHashOf(ORDER));
    expect(contentHashOf({ ...ORDER, customerId: "other" })).to.not.equal(contentHashOf(ORDER));
  });
});

describe("PublishOrder without an outbox", () => {
  async function publishDirectly(
    event = request(ORDER),
    { answers = [], open = [] }: { answers?: Answer[]; open?: number[] } = {},
  ) {
    const { client, sent } = scriptedClient(answers);
    const published: OrderPlaced[] = [];
    const put = async ([detail]: readonly string[]) => {
      published.push(JSON.parse(detail!) as OrderPlaced);
      return open;
    };
    const handler = coldStart(ENVIRONMENT, () =>
      createPublishOrderDirectHandler(
        () => client,
        () => put,
      ),
    );
    const { outcome } = await loggedBy(() => handler(event, CONTEXT));
    const { body, statusCode } = outcome as APIGatewayProxyResult;
    return { answer: `${statusCode} ${body}`, published, sent };
  }

  it("answers 202 once the order is on the bus, and stores nothing", async () => {
    const { answer, published, sent } = await publishDirectly();
    expect(answer).to.equal(
      `202 {"message":"Order accepted for processing","orderId":"${published[0]!.orderId}"}`,
    );
    expect(sent).to.deep.equal([]);
  });

  it("answers 500 when the attempts run out", async () => {
    const { answer } = await publishDirectly(request(ORDER), { open: [0] });
    expect(answer).to.equal('500 {"error":"Failed to process order. Please try again."}');
  });

  it("publishes a key's order again under the same id, as long as it is not known to be there", async () => {
    const claimed = taken(contentHashOf(ORDER)) as { Code: string }[];
    const { answer, published } = await publishDirectly(request(ORDER, KEY), {
      answers: [claimed.slice(1)],
    });
    expect(answer).to.include("ORD-0000BEEF");
    expect(published.map(({ orderId }) => orderId)).to.deep.equal(["ORD-0000BEEF"]);
  });

  it("publishes nothing for a key whose order is there, and answers the same", async () => {
    const claimed = taken(contentHashOf(ORDER), true) as { Code: string }[];
    const { answer, published } = await publishDirectly(request(ORDER, KEY), {
      answers: [claimed.slice(1)],
    });
    expect(answer).to.include("ORD-0000BEEF");
    expect(published).to.deep.equal([]);
  });

  it("answers 422 for the same key and another order", async () => {
    const claimed = taken("another") as { Code: string }[];
    const { answer, published } = await publishDirectly(request(ORDER, KEY), {
      answers: [claimed.slice(1)],
    });
    expect(answer).to.match(/^422 /);
    expect(published).to.deep.equal([]);
  });
});
