import { expect } from "chai";
import { DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import program = require("../../index");
import { synthesize, type Deployment, type SimulatedAws, type StartOptions } from "../../simulator";

const STOCK = 1_000;
const ORDER = { customerId: "customer-1", items: [{ productId: "product-1", quantity: 2 }] };

const deploymentOf = (orders: object): Promise<Deployment> =>
  synthesize(program, { config: { "redrive:systems": ["orders"], "redrive:orders": orders } });

type Row = Record<string, { S?: string; N?: string }>;

/** A started order flow, with stock for one product. */
async function shop(deployment: Deployment, options: StartOptions = {}) {
  const account = await deployment.start(options);
  const outputs = account.outputs as Readonly<Record<string, string>>;
  const db = account.client(DynamoDBClient);
  await db.send(
    new PutItemCommand({
      TableName: outputs["ordersStockTableName"],
      Item: { productId: { S: "product-1" }, quantity: { N: String(STOCK) } },
    }),
  );

  async function post(body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const as = outputs["ordersClientRoleArn"];
    const answer = await account.http({
      method: "POST",
      url: outputs["ordersApiUrl"]!,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      ...(as && { as }),
    });
    return `${answer.status} ${answer.body}`;
  }

  async function rows(table: string): Promise<Row[]> {
    const TableName = outputs[`orders${table}TableName`];
    const { Items = [] } = await db.send(new ScanCommand({ TableName }));
    return Items as Row[];
  }

  async function messagesIn(queue: string): Promise<number> {
    const { Attributes } = await account.client(SQSClient).send(
      new GetQueueAttributesCommand({
        QueueUrl: outputs[`orders${queue}Url`],
        AttributeNames: ["ApproximateNumberOfMessages"],
      }),
    );
    return Number(Attributes!["ApproximateNumberOfMessages"]);
  }

  /** How often each order was processed and reserved, and what was taken from the stock. */
  async function effects() {
    const processed = await rows("Processed");
    const reserved = await rows("Reserved");
    const [stock] = await rows("Stock");
    return {
      processed: processed.map((row) => Number(row["processedTimes"]!.N)),
      reserved: reserved.map((row) => Number(row["times"]!.N)),
      taken: STOCK - Number(stock!["quantity"]!.N),
    };
  }
  return { account, outputs, post, rows, messagesIn, effects };
}

const settled = (account: SimulatedAws) => account.settle({ withinSeconds: 86_400 });

describe("The order flow in the account", function () {
  this.timeout(120_000);

  let standard: Deployment;
  let source: Deployment;
  before(async () => {
    standard = await deploymentOf({});
    source = await deploymentOf({
      publishing: "direct",
      idempotency: "none",
      authorization: "NONE",
      process: { onFailure: "none" },
    });
  });

  for (const [title, deployment] of [
    ["an outbox", () => standard],
    ["no outbox, as the source system", () => source],
  ] as const) {
    it(`gives the source system's three answers to its three requests (${title})`, async () => {
      const { account, effects, post } = await shop(deployment());
      const withoutCustomer = { items: ORDER.items };
      const ofNothing = { ...ORDER, items: [{ productId: "product-1", quantity: 0 }] };
      expect(await post(ORDER)).to.match(
        /^202 \{"message":"Order accepted for processing","orderId":"ORD-[0-9A-F]{8}"\}$/,
      );
      expect(await post(withoutCustomer)).to.equal('400 {"message":"Invalid request body"}');
      expect(await post(ofNothing)).to.equal('400 {"message":"Invalid request body"}');
      expect(account.invocations("orders-publish")).to.have.length(1);
      await settled(account);
      expect(await effects()).to.deep.equal({ processed: [1], reserved: [1], taken: 2 });
    });
  }

  it("answers what the gateway did not check itself (another content type)", async () => {
    const { post } = await shop(source);
    expect(await post({ items: ORDER.items }, { "content-type": "text/plain" })).to.equal(
      '400 {"error":"Missing required field: \'customerId\'"}',
    );
  });

  it("lets nobody in who does not sign (authorization AWS_IAM)", async () => {
    const { account, outputs } = await shop(standard);
    const call = { method: "POST", url: outputs["ordersApiUrl"]!, body: JSON.stringify(ORDER) };
    expect((await account.http(call)).status).to.equal(403);
    expect(account.invocations("orders-publish")).to.deep.equal([]);
  });

  for (const [title, deployment] of [
    ["an outbox", () => standard],
    ["no outbox", () => source],
  ] as const) {
    it(`makes one order of one key (${title})`, async () => {
      const { account, effects, post } = await shop(deployment());
      const key = { "Idempotency-Key": "key-1" };
      const first = await post(ORDER, key);
      expect(first).to.match(/^202 /);
      expect(await post(ORDER, key)).to.equal(first);
      expect(await post({ ...ORDER, customerId: "customer-2" }, key)).to.equal(
        '422 {"error":"Idempotency-Key was used with another order"}',
      );
      await settled(account);
      expect(await effects()).to.deep.equal({ processed: [1], reserved: [1], taken: 2 });
    });
  }

  it("makes one order of one key that comes twice at once", async () => {
    const { account, effects, post } = await shop(standard);
    const key = { "Idempotency-Key": "key-1" };
    const [first, second] = await Promise.all([post(ORDER, key), post(ORDER, key)]);
    expect(first).to.match(/^202 /);
    expect(second).to.equal(first);
    await settled(account);
    expect(await effects()).to.deep.equal({ processed: [1], reserved: [1], taken: 2 });
  });

  for (const [title, orders] of Object.entries({
    "Powertools, a FIFO queue, deleting by hand": {
      idempotency: "powertools",
      inventory: { fifo: true, deletesItself: true, reportBatchItemFailures: false },
    },
    "message ids, outcomes through the bus and a function": {
      idempotency: "message-id",
      process: { onFailure: "eventbridge", onSuccess: "lambda", deadLetterQueue: "sns" },
    },
    "payload hashes, outcomes to topics": {
      idempotency: "payload-hash",
      process: { onFailure: "sns", onSuccess: "sns" },
    },
  })) {
    it(`has each effect once, and leaves nothing behind (${title})`, async () => {
      const { account, effects, post } = await shop(await deploymentOf(orders));
      for (let n = 0; n < 3; n += 1) expect(await post(ORDER)).to.match(/^202 /);
      await settled(account);
      expect(await effects()).to.deep.equal({
        processed: [1, 1, 1],
        reserved: [1, 1, 1],
        taken: 6,
      });
      expect(await account.destroy()).to.deep.equal([]);
    });
  }

  describe("after ProcessOrder failed behind its commit", () => {
    const faults = [
      { function: "orders-process", kind: "after-commit", at: { invocation: 1 } },
    ] as const;

    it("has no effect twice (a marker of the order)", async () => {
      const { account, effects, post } = await shop(standard, { faults });
      await post(ORDER);
      await settled(account);
      expect(account.invocations("orders-process")).to.have.length(2);
      expect((await effects()).processed).to.deep.equal([1]);
    });

    it("has it twice, and shows it (no idempotency)", async () => {
      const { account, effects, post } = await shop(source, { faults });
      await post(ORDER);
      await settled(account);
      expect(await effects()).to.deep.equal({ processed: [2], reserved: [1], taken: 2 });
    });
  });

  describe("with the payment down for ten minutes", () => {
    const startAt = "2026-01-01T00:00:00Z";
    const until = Date.parse(startAt) + 600_000;
    const faults = [{ function: "orders-payment", kind: "down", until }] as const;

    it("keeps the order where its retries ended, and asks less than it is asked", async () => {
      const { account, effects, messagesIn, post } = await shop(standard, { faults, startAt });
      for (let n = 0; n < 10; n += 1) await post(ORDER);
      await settled(account);
      expect(await effects()).to.deep.include({ processed: [], taken: 20 });
      expect(await messagesIn("ProcessFailureQueue")).to.equal(10);
      const asked = account.invocations("orders-payment").length;
      expect(asked).to.be.lessThan(account.invocations("orders-process").length);
    });

    it("loses it without a failure destination (as the source system)", async () => {
      const { account, effects, messagesIn, post } = await shop(source, { faults, startAt });
      await post(ORDER);
      await settled(account);
      expect((await effects()).processed).to.deep.equal([]);
      expect(await messagesIn("ProcessFailureQueue")).to.equal(0);
      expect(await messagesIn("ProcessTargetDeadLetter")).to.equal(0);
    });
  });

  it("publishes what was accepted while the relay was down for hours", async () => {
    const startAt = "2026-01-01T00:00:00Z";
    const until = Date.parse(startAt) + 8 * 3_600_000;
    const faults = [{ function: "orders-relay", kind: "down", until }] as const;
    const { account, effects, post } = await shop(standard, { faults, startAt });
    await post(ORDER);
    await account.advance({ seconds: 8 * 3_600 });
    expect((await effects()).processed).to.deep.equal([]);
    await settled(account);
    expect(await effects()).to.deep.equal({ processed: [1], reserved: [1], taken: 2 });
  });
});
