import * as path from "node:path";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { expect } from "chai";
import { simulate, synthesize, type Deployment, type SimulatedAws } from "../../simulator";
import { recordDeployment, type RecordedDeployment } from "./recorded-deployment";
import { named, ofType, statementsOf } from "./resources";

const ROOT = path.join(__dirname, "..", "..");
const ALL = ["aggregation", "orders", "windows", "errorlab"];

describe("A stack without an alias", function () {
  this.timeout(120_000);

  it("has no alias, no layer and no versions (the defaults)", async () => {
    const deployment = await recordDeployment({ "redrive:systems": ALL });
    expect(ofType(deployment, "Alias")).to.deep.equal([]);
    expect(ofType(deployment, "LayerVersion")).to.deep.equal([]);
    for (const { inputs, name } of ofType(deployment, "Function")) {
      expect(inputs, name).not.to.have.any.keys("publish", "layers");
    }
  });
});

describe("A plain alias", function () {
  this.timeout(120_000);

  let deployment: RecordedDeployment;
  before(async () => {
    deployment = await recordDeployment({
      "redrive:systems": ALL,
      "redrive:alias": { name: "live" },
    });
  });

  const aliasArn = (name: string): string => `arn:mock:aws:lambda/alias:Alias:${name}-alias`;

  it("stands for $LATEST, for each function", () => {
    const functions = ofType(deployment, "Function").map(({ name }) => `${name}-alias`);
    const aliases = ofType(deployment, "Alias");
    expect(aliases.map(({ name }) => name)).to.have.members(functions);
    for (const { inputs } of aliases) {
      expect(inputs).to.include({ name: "live", functionVersion: "$LATEST" });
      expect(inputs).not.to.have.property("routingConfig");
    }
  });

  it("is what everything names that invokes a function", () => {
    for (const { inputs, name } of ofType(deployment, "EventSourceMapping")) {
      expect(inputs["functionName"], name).to.match(/:aws:lambda\/alias:Alias:/);
    }
    for (const { inputs, name } of ofType(deployment, "Permission")) {
      expect(inputs["qualifier"], name).to.equal("live");
    }
    const lambdaTargets = ofType(deployment, "EventTarget")
      .map(({ inputs }) => String(inputs["arn"]))
      .filter((arn) => arn.includes("aws:lambda"));
    expect(lambdaTargets).to.have.members([
      aliasArn("aggregation-sweep"),
      aliasArn("orders-relay"),
      aliasArn("orders-process"),
      aliasArn("errorlab-read-back"),
    ]);
    const [integration] = ofType(deployment, "Integration");
    expect(integration!.inputs["uri"]).to.equal(`${aliasArn("orders-publish")}/invocations`);
    const [invocation] = ofType(deployment, "FunctionEventInvokeConfig");
    expect(invocation!.inputs).to.include({ functionName: "orders-process", qualifier: "live" });
  });

  it("is what ProcessOrder calls for payment, and may call", () => {
    const { environment } = named(deployment, "Function", "orders-process").inputs as {
      environment: { variables: Record<string, string> };
    };
    expect(environment.variables["PAYMENT_FUNCTION_NAME"]).to.equal("orders-payment:live");
    const invoking = statementsOf(named(deployment, "RolePolicy", "orders-process-policy")).filter(
      ({ Action }) => [Action].flat().includes("lambda:InvokeFunction"),
    );
    expect(invoking.map(({ Resource }) => Resource)).to.deep.equal([[aliasArn("orders-payment")]]);
  });
});

describe("A canary", function () {
  this.timeout(120_000);

  const live = { name: "live" };
  const before = {
    "redrive:systems": ["aggregation"],
    "redrive:shardCount": 2,
    "redrive:publishVersions": true,
    "redrive:alias": live,
    "redrive:mappings": { batchSize: 1, maximumRetryAttempts: 0, reportBatchItemFailures: false },
  };
  /** State, Map and Reduce answer otherwise; Sweep and Repair are what they were. */
  const withCanary = (alias: object) => ({
    ...before,
    "redrive:alias": { ...live, ...alias },
    "redrive:mappings": { batchSize: 1, maximumRetryAttempts: 0, reportBatchItemFailures: true },
  });

  const aliasesOf = ({ resources }: Deployment): Record<string, unknown> =>
    Object.fromEntries(
      resources
        .filter(({ type }) => type === "aws:lambda/alias:Alias")
        .map(({ inputs, name }) => [name, inputs["functionVersion"]]),
    );

  async function feed(account: SimulatedAws, count: number): Promise<void> {
    for (let from = 0; from < count; from += 100) {
      const records = Array.from({ length: 100 }, (_, at) => ({
        PartitionKey: `trade-${from + at}`,
        Data: Buffer.from(
          JSON.stringify({
            id: `trade-${from + at}`,
            hierarchy: ["rates", "west", "hedge"],
            version: 1,
            valueMinor: 1,
            producedAt: 0,
          }),
        ),
      }));
      const StreamName = String(account.outputs["streamName"]);
      await account
        .client(KinesisClient)
        .send(new PutRecordsCommand({ StreamName, Records: records }));
    }
    await account.settle({ withinSeconds: 3_600 });
  }

  const versions = (account: SimulatedAws, name: string, from = 0): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { version } of account.invocations(name).slice(from)) {
      counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  };

  it("is none where there is nothing newer (the first deployment)", async () => {
    const alias = { canaryWeight: 0.1, previousVersion: 1 };
    const deployment = await synthesize(ROOT, { config: withCanary(alias) });
    expect(new Set(Object.values(aliasesOf(deployment)))).to.deep.equal(new Set(["1"]));
  });

  it("gets its share of the batches, and the version before the others; a change back ends it", async () => {
    const account = await simulate(ROOT, { config: before });
    await feed(account, 100);
    expect(versions(account, "aggregation-state")).to.deep.equal({ "1": 100 });

    await account.update(ROOT, {
      config: withCanary({ canaryWeight: 0.1, previousVersion: 1 }),
    });
    await feed(account, 1_000);
    const share = versions(account, "aggregation-state", 100);
    // Drawn with the seed, about a tenth: three standard deviations are 28.
    expect(share["2"]).to.be.within(72, 128);
    expect(share["1"]).to.equal(1_000 - share["2"]!);
    expect(versions(account, "aggregation-sweep")).to.not.have.property("2");

    const from = account.invocations("aggregation-state").length;
    await account.update(ROOT, { config: withCanary({}) });
    await feed(account, 100);
    expect(versions(account, "aggregation-state", from)).to.deep.equal({ "2": 100 });
    expect(await account.destroy()).to.deep.equal([]);
  });

  it("answers as its own error handling says, while the version before goes on as it was", async () => {
    const account = await simulate(ROOT, { config: before });
    await account.update(ROOT, {
      config: withCanary({ canaryWeight: 0.5, previousVersion: 1 }),
    });
    const StreamName = String(account.outputs["streamName"]);
    const Records = Array.from({ length: 40 }, (_, at) => ({
      PartitionKey: `poison-${at}`,
      Data: Buffer.from("{ not a message"),
    }));
    await account.client(KinesisClient).send(new PutRecordsCommand({ StreamName, Records }));
    await account.settle({ withinSeconds: 3_600 });
    const outcomes = new Set(
      account
        .invocations("aggregation-state")
        .map(({ outcome, version }) => `${version}: ${outcome}`),
    );
    expect(outcomes).to.deep.equal(new Set(["1: error", "2: ok"]));
  });

  it("takes a function's own previous version, where versions got out of step", async () => {
    const account = await simulate(ROOT, { config: before });
    const changed = (memorySize: number, alias: object, previousVersion = 0) => ({
      ...before,
      "redrive:alias": { ...live, ...alias },
      "redrive:state": { memorySize, previousVersion },
    });
    await account.update(ROOT, { config: changed(512, {}) });
    const canary = { canaryWeight: 0.1, previousVersion: 1 };
    await account.update(ROOT, { config: changed(1024, canary, 2) });
    await feed(account, 200);
    expect(Object.keys(versions(account, "aggregation-state"))).to.have.members(["2", "3"]);
    expect(Object.keys(versions(account, "aggregation-map"))).to.deep.equal(["1"]);
  });
});
