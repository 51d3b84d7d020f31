import * as path from "node:path";
import { expect } from "chai";
import { functionNames, invokeOnce } from "../../compare/commands/invoke/invoke-once";
import { readEvent } from "../../compare/commands/invoke/sample-events";
import { synthesize, type Deployment } from "../../simulator";
import { installedFor, packedIn } from "./packed-packages";
import { recordDeployment, type RecordedDeployment } from "./recorded-deployment";
import { ofType } from "./resources";

const ROOT = path.join(__dirname, "..", "..");
const SHARED = {
  "redrive:systems": ["aggregation", "orders", "windows", "errorlab"],
  "redrive:sharedCodeLayer": true,
  "redrive:orders": { idempotency: "powertools", process: { onSuccess: "lambda" } },
};

describe("The layer of shared code", function () {
  this.timeout(120_000);

  let recorded: RecordedDeployment;
  let deployment: Deployment;
  before(async () => {
    recorded = await recordDeployment(SHARED);
    deployment = await synthesize(ROOT, { config: SHARED });
  });

  it("holds what functions require and all that it depends on, below nodejs/node_modules", async () => {
    const [layer, ...others] = ofType(recorded, "LayerVersion");
    expect(others).to.deep.equal([]);
    expect(layer!.inputs["layerName"]).to.equal("redrive-test-shared-code");
    const { assets } = layer!.inputs["code"] as { assets: Promise<Record<string, unknown>> };
    const needed = installedFor([
      "@aws-lambda-powertools/idempotency",
      "@aws-sdk/client-dynamodb",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-kinesis",
      "@aws-sdk/client-lambda",
      "@aws-sdk/client-s3",
      "@aws-sdk/client-sqs",
      "@aws-sdk/lib-dynamodb",
      "cockatiel",
    ]);
    expect(Object.keys(await assets)).to.include.members(needed.map((name) => `nodejs/${name}`));
  });

  it("is in every function, and no package beside it", async () => {
    for (const { inputs, name } of ofType(recorded, "Function")) {
      expect(await packedIn(inputs), name).to.deep.equal([]);
      expect(inputs["layers"], name).to.deep.equal([
        "arn:mock:aws:lambda/layerVersion:LayerVersion:shared-code",
      ]);
    }
  });

  // The account has SDK clients of its own, as the runtime has: of them this says nothing.
  it("is where functions find their packages", async () => {
    const ran: string[] = [];
    for (const [name, event] of [
      ["orders-process", "valid"],
      ["orders-inventory", "valid"],
      ["orders-relay", "valid"],
      ["aggregation-map", "valid"],
      ["windows-consumer", "valid"],
      ["errorlab-read-back", "dead-letter"],
    ] as const) {
      const sample = readEvent(ROOT, name, event);
      const { outcome } = await invokeOnce(deployment, name, sample, { seed: 1, assumptions: {} });
      ran.push(`${name}: ${outcome}`);
    }
    expect(ran.filter((line) => !line.endsWith(": ok"))).to.deep.equal([]);
    expect(functionNames(deployment)).to.have.length(15);
  });

  it("leaves nothing behind", async () => {
    const account = await deployment.start();
    expect(await account.destroy()).to.deep.equal([]);
  });
});
