import { createHash, randomBytes, randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { createErrorLabHandler } from "../../handlers/error-lab";
import { createFetchDeadLettersHandler } from "../../handlers/fetch-dead-letters";
import { createMapHandler } from "../../handlers/map";
import { createKeepOutcomeHandler } from "../../handlers/keep-outcome";
import { createMapBatchHashHandler } from "../../handlers/map-batch-hash";
import { createProcessOrderHandler } from "../../handlers/process-order";
import { createPowertoolsProcessOrderHandler } from "../../handlers/process-order-powertools";
import { createPublishOrderHandler } from "../../handlers/publish-order";
import { createPublishOrderDirectHandler } from "../../handlers/publish-order-direct";
import { createReadBackHandler } from "../../handlers/read-back-dead-letters";
import { createReduceHandler } from "../../handlers/reduce";
import { createReduceBatchHashHandler } from "../../handlers/reduce-batch-hash";
import { createRelayOrdersHandler } from "../../handlers/relay-orders";
import { createRepairHandler } from "../../handlers/repair";
import { createStateHandler } from "../../handlers/state";
import { createSweepHandler } from "../../handlers/sweep";
import { createTakePaymentHandler } from "../../handlers/take-payment";
import { createUpdateInventoryHandler } from "../../handlers/update-inventory";
import { createDeletingInventoryHandler } from "../../handlers/update-inventory-deleting";
import { createPowertoolsInventoryHandler } from "../../handlers/update-inventory-powertools";
import { createPowertoolsDeletingInventoryHandler } from "../../handlers/update-inventory-powertools-deleting";
import { createExactWindowsHandler } from "../../handlers/windows-exact";
import { createTumblingWindowsHandler } from "../../handlers/windows-tumbling";
import { thingText } from "../../handlers/thing-messages";
import { packAggregate } from "../../handlers/kpl-aggregate";
import { bytesOf, tripRow } from "./trip-fixtures";

const ENVIRONMENT = {
  STATE_TABLE_NAME: "state",
  LEDGER_TABLE_NAME: "ledger",
  OUTBOX_TABLE_NAME: "outbox",
  AGGREGATE_TABLE_NAME: "aggregates",
  AGGREGATE_LANES: "1",
  OUTBOX_RETENTION_SECONDS: "60",
  SWEEP_AGE_SECONDS: "60",
  IDEMPOTENCY: "ledger",
  REPORT_BATCH_ITEM_FAILURES: "true",
  KEY_RETENTION_SECONDS: "60",
  BUS_NAME: "orders",
  PUBLISH_MAXIMUM_ATTEMPTS: "3",
  PUBLISH_BASE_DELAY_MS: "0",
  PROCESSED_TABLE_NAME: "processed",
  STOCK_TABLE_NAME: "stock",
  RESERVED_TABLE_NAME: "reserved",
  MARKER_TABLE_NAME: "markers",
  MARKER_RETENTION_SECONDS: "60",
  PAYMENT_FUNCTION_NAME: "payment",
  BREAKER_THRESHOLD: "5",
  BREAKER_COOLDOWN_MS: "1000",
  FIFO: "false",
  QUEUE_URL: "https://queue",
  FAILURE_QUEUE_URL: "https://failures",
  LEDGER_RETENTION_SECONDS: "60",
  WINDOW_SECONDS: "300",
  DLQ_URL: "https://dlq",
  TIMEOUT_QUEUE_URL: "https://timeout",
  INFRA_QUEUE_URL: "https://infra",
  THING_TABLE_NAME: "things",
  INFRASTRUCTURE: "mapping",
  INFRASTRUCTURE_ATTEMPTS: "3",
  INFRASTRUCTURE_RECOVERS_PERCENT: "0",
  TIMEOUT_PERCENT: "100",
  DEPENDENCY_TIMEOUT_MS: "0",
  BUCKET_NAME: "bucket",
};

const CONTEXT = { awsRequestId: "request", getRemainingTimeInMillis: () => 30_000 };

type Handler = (event: unknown, context: typeof CONTEXT) => Promise<unknown>;

const factories = {
  state: createStateHandler,
  map: createMapHandler,
  reduce: createReduceHandler,
  sweep: createSweepHandler,
  repair: createRepairHandler,
  "map (batch-hash)": createMapBatchHashHandler,
  "reduce (batch-hash)": createReduceBatchHashHandler,
};

const DYNAMODB = "@aws-sdk/client-dynamodb/dist-cjs/index.js";
const EVENTBRIDGE = "@aws-sdk/client-eventbridge/dist-cjs/index.js";
const LAMBDA = "@aws-sdk/client-lambda/dist-cjs/index.js";
const SQS = "@aws-sdk/client-sqs/dist-cjs/index.js";
const KINESIS = "@aws-sdk/client-kinesis/dist-cjs/index.js";
const S3 = "@aws-sdk/client-s3/dist-cjs/index.js";
const COCKATIEL = "cockatiel/dist/index.js";
const POWERTOOLS = [
  "@aws-lambda-powertools/idempotency",
  "@aws-lambda-powertools/idempotency/dynamodb",
];

/** Of the other systems: the factory, and what it requires beside node:crypto. */
const otherFactories: Record<string, { factory: () => unknown; requires: string[] }> = {
  publish: { factory: createPublishOrderHandler, requires: [DYNAMODB] },
  "publish (direct)": {
    factory: createPublishOrderDirectHandler,
    requires: [DYNAMODB, EVENTBRIDGE],
  },
  relay: { factory: createRelayOrdersHandler, requires: [DYNAMODB, EVENTBRIDGE] },
  process: { factory: createProcessOrderHandler, requires: [DYNAMODB, LAMBDA, COCKATIEL] },
  "process (powertools)": {
    factory: createPowertoolsProcessOrderHandler,
    requires: [DYNAMODB, LAMBDA, COCKATIEL, ...POWERTOOLS],
  },
  payment: { factory: createTakePaymentHandler, requires: [] },
  inventory: { factory: createUpdateInventoryHandler, requires: [DYNAMODB] },
  "inventory (deletes itself)": {
    factory: createDeletingInventoryHandler,
    requires: [DYNAMODB, SQS],
  },
  "inventory (powertools)": {
    factory: createPowertoolsInventoryHandler,
    requires: [DYNAMODB, ...POWERTOOLS],
  },
  "inventory (powertools, deletes itself)": {
    factory: createPowertoolsDeletingInventoryHandler,
    requires: [DYNAMODB, SQS, ...POWERTOOLS],
  },
  outcome: { factory: createKeepOutcomeHandler, requires: [SQS] },
  "windows (tumbling)": { factory: createTumblingWindowsHandler, requires: [DYNAMODB] },
  "windows (exact)": { factory: createExactWindowsHandler, requires: [DYNAMODB] },
  "error lab": { factory: createErrorLabHandler, requires: [DYNAMODB, SQS] },
  "fetch dead letters": { factory: createFetchDeadLettersHandler, requires: [KINESIS, SQS] },
  "read back dead letters": { factory: createReadBackHandler, requires: [S3, SQS] },
};

async function serialized(factory: () => unknown): Promise<string> {
  const { text } = await pulumi.runtime.serializeFunction(factory, {
    isFactoryFunction: true,
    exportName: "handler",
    serialize: () => true,
  });
  return text;
}

/** Evaluates a serialized handler, as Lambda would, with an SDK whose every call succeeds with nothing. */
function evaluate(text: string): { handler: Handler; required: string[]; sent: string[] } {
  const required: string[] = [];
  const sent: string[] = [];
  const client = class {
    // What Powertools knows a client by.
    readonly config = {};
    readonly middlewareStack = { identify: () => [], addRelativeTo: () => {}, use: () => {} };
    async send(command: { name: string }): Promise<object> {
      sent.push(command.name);
      return {};
    }
  };
  const sdk = new Proxy(
    {},
    { get: (_, key) => (/Client$/.test(String(key)) ? client : commandNamed(String(key))) },
  );
  const load = (name: string): unknown => {
    required.push(name);
    if (name === "crypto") return { createHash, randomBytes, randomUUID };
    return name.startsWith("@aws-sdk/") ? sdk : require(name);
  };
  const module = { exports: {} as { handler: Handler } };
  const run = new Function("exports", "require", "process", "console", text);
  run(module.exports, load, { env: ENVIRONMENT }, { log: () => undefined });
  return { handler: module.exports.handler, required, sent };
}

function commandNamed(name: string): unknown {
  return class {
    readonly name = name;
  };
}

describe("Serialized handlers", function () {
  this.timeout(60_000);

  for (const [name, factory] of Object.entries(factories)) {
    it(`${name} loads, and requires the DynamoDB client and node:crypto at most`, async () => {
      const { handler, required } = evaluate(await serialized(factory));
      expect(handler).to.be.a("function");
      for (const module of required) {
        expect(module).to.match(/^(crypto|@aws-sdk\/client-dynamodb\/dist-cjs\/index\.js)$/);
      }
      const outcome = await handler({ Records: [] }, CONTEXT);
      expect(outcome).to.be.an("object");
    });
  }

  for (const [name, { factory, requires }] of Object.entries(otherFactories)) {
    it(`${name} loads, and requires what is packed with it`, async () => {
      const { handler, required } = evaluate(await serialized(factory));
      expect(handler).to.be.a("function");
      const packages = required.filter((module) => module !== "crypto");
      expect(packages).to.have.members(requires);
    });
  }

  it("state writes a message, and names the record that it cannot read", async () => {
    const { handler, sent } = evaluate(await serialized(createStateHandler));
    const message = {
      id: "e1",
      hierarchy: ["a", "b", "c"],
      version: 1,
      valueMinor: 1,
      producedAt: 1,
    };
    const record = (data: string, sequenceNumber: string) => ({
      kinesis: { data: Buffer.from(data).toString("base64"), sequenceNumber },
    });
    const outcome = await handler(
      { Records: [record(JSON.stringify(message), "1"), record("poison", "2"), record("{}", "3")] },
      CONTEXT,
    );
    expect(outcome).to.deep.equal({ batchItemFailures: [{ itemIdentifier: "2" }] });
    expect(sent).to.deep.equal(["UpdateItemCommand"]);
  });

  const record = (data: Uint8Array | string, sequenceNumber: string) => ({
    eventID: `shardId-000000000000:${sequenceNumber}`,
    kinesis: {
      data: Buffer.from(data).toString("base64"),
      sequenceNumber,
      approximateArrivalTimestamp: 1,
    },
  });

  it("windows take aggregates apart, and count one that is corrupt", async () => {
    const aggregate = packAggregate([
      { partitionKey: "k", data: bytesOf(tripRow()) },
      { partitionKey: "k", data: bytesOf(tripRow({ VendorID: "2" })) },
    ]);
    const corrupt = Uint8Array.from(aggregate);
    corrupt[corrupt.length - 1]! ^= 1;
    const Records = [record(aggregate, "1"), record(corrupt, "2")];
    const { handler } = evaluate(await serialized(createTumblingWindowsHandler));
    const { state } = (await handler({ Records, state: {}, window: { start: "x" } }, CONTEXT)) as {
      state: { vendors: Record<string, { pickups: number }>; unclean: object };
    };
    expect(state.vendors["1"]!.pickups + state.vendors["2"]!.pickups).to.equal(2);
    expect(state.unclean).to.deep.equal({ dropped: 1, corruptAggregate: 1 });
    const exact = evaluate(await serialized(createExactWindowsHandler));
    await exact.handler({ Records }, CONTEXT);
    expect(exact.sent).to.deep.equal(["TransactWriteItemsCommand"]);
  });

  it("the error lab sends away what it can do nothing with, and stops at an infrastructure error", async () => {
    const { handler, sent } = evaluate(await serialized(createErrorLabHandler));
    const things = ["aa-OK", "aa-badformat", "aa-infra", "aa-OK"] as const;
    const Records = things.map((thing_id, n) =>
      record(thingText({ thing_id, row_id: `row-${n}` }), String(n)),
    );
    const outcome = await handler({ Records }, CONTEXT);
    expect(outcome).to.deep.equal({ batchItemFailures: [{ itemIdentifier: "2" }] });
    // Any idempotency but none: a look, the message, a note.
    expect(sent.filter((name) => name === "SendMessageCommand")).to.have.length(2);
    expect(sent.filter((name) => name === "UpdateItemCommand")).to.have.length(2);
  });

  it("errors keep their message and code", async () => {
    const { handler } = evaluate(await serialized(createSweepHandler));
    expect(handler).to.be.a("function");
    const text = (await serialized(createSweepHandler)).replaceAll("OUTBOX_TABLE_NAME", "NOT_SET");
    expect(() => evaluate(text))
      .to.throw("The environment variable NOT_SET is not set.")
      .with.property("code", "MISSING_ENVIRONMENT");
  });
});
