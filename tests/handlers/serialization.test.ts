import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { createMapHandler } from "../../handlers/map";
import { createMapBatchHashHandler } from "../../handlers/map-batch-hash";
import { createReduceHandler } from "../../handlers/reduce";
import { createReduceBatchHashHandler } from "../../handlers/reduce-batch-hash";
import { createRepairHandler } from "../../handlers/repair";
import { createStateHandler } from "../../handlers/state";
import { createSweepHandler } from "../../handlers/sweep";

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
  const sdk = new Proxy(
    {
      DynamoDBClient: class {
        async send(command: { name: string }): Promise<object> {
          sent.push(command.name);
          return {};
        }
      },
    } as Record<string, unknown>,
    { get: (known, key) => known[key as string] ?? commandNamed(String(key)) },
  );
  const load = (name: string): unknown => {
    required.push(name);
    return name === "crypto" ? { createHash } : sdk;
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

  it("errors keep their message and code", async () => {
    const { handler } = evaluate(await serialized(createSweepHandler));
    expect(handler).to.be.a("function");
    const text = (await serialized(createSweepHandler)).replaceAll("OUTBOX_TABLE_NAME", "NOT_SET");
    expect(() => evaluate(text))
      .to.throw("The environment variable NOT_SET is not set.")
      .with.property("code", "MISSING_ENVIRONMENT");
  });
});
