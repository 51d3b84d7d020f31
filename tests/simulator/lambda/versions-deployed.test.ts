import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { simulate, type Program, type SimulatedAws } from "../../../simulator";
import { RUNTIME, TRUST_LAMBDA } from "../face/lambda-function";
import { rejection } from "../face/rejection";
import { batches, putTexts } from "../face/stream-program";
import { canaryProgram } from "./versions-program";

const versionsOf = (account: SimulatedAws): string[] =>
  account.invocations("consumer").map(({ version }) => version);

describe("a function published by its deployment", () => {
  it("gets a version for each that changes it, and its alias follows", async () => {
    const account = await simulate(canaryProgram({ color: "blue" }));
    expect(account.outputs.version).to.equal("1");
    expect(await account.update(canaryProgram({ color: "blue" }))).to.deep.equal([]);
    const changes = await account.update(canaryProgram({ color: "green" }));
    expect(changes.map((change) => "next" in change && change.next.name)).to.deep.equal([
      ...["consumer", "live"],
    ]);
    expect(account.outputs.version).to.equal("2");
    expect(account.outputs.qualifiedArn).to.match(/:2$/);
    expect((await account.http({ method: "GET", url: String(account.outputs.url) })).body).to.equal(
      "green",
    );
    expect(await account.destroy()).to.deep.equal([]);
  });

  it("loses the version again if the deployment fails", async () => {
    const account = await simulate(canaryProgram({ color: "blue" }));
    const canary = { color: "green", stable: "1" };
    const failure = await rejection(account.update(canaryProgram({ ...canary, weight: 1.5 })));
    expect(failure.message).to.match(/live \(aws:lambda\/alias:Alias\): cannot update/);
    const client = account.client(LambdaClient);
    const invoke = new InvokeCommand({ FunctionName: "consumer", Qualifier: "2" });
    expect((await rejection(client.send(invoke))).name).to.equal("ResourceNotFoundException");
    await account.update(canaryProgram({ ...canary, weight: 0.5 }));
    expect(account.outputs.version).to.equal("2");
  });

  it("counts the versions that were published through the API", async () => {
    const account = await simulate(canaryProgram({ color: "blue" }));
    const publish = new PublishVersionCommand({ FunctionName: "consumer" });
    expect((await account.client(LambdaClient).send(publish)).Version).to.equal("1");
    await account.update(canaryProgram({ color: "green" }));
    expect((await account.client(LambdaClient).send(publish)).Version).to.equal("2");
  });
});

describe("an alias of two versions, deployed", () => {
  /** Both versions live, half and half, and one batch with a record that fails for ever. */
  async function canary(): Promise<SimulatedAws> {
    const account = await simulate(canaryProgram({ color: "blue" }));
    await account.update(canaryProgram({ color: "green", stable: "1", weight: 0.5 }));
    await putTexts(account, ["a", "b", "bad", "c"]);
    await account.settle({ withinSeconds: 3600 });
    return account;
  }

  it("lets the retries and the halves of a batch meet either version", async () => {
    const account = await canary();
    const failed = account.invocations("consumer").filter(({ outcome }) => outcome === "error");
    expect(new Set(failed.map(({ version }) => version))).to.deep.equal(new Set(["1", "2"]));
    expect(batches(account).filter((batch) => batch.endsWith(": ok"))).to.have.members([
      ...["a b: ok", "c: ok"],
    ]);
    expect((await canary()).trace.hash).to.equal(account.trace.hash);
  });

  it("is named in the stream's dead letter, as the mapping names it", async () => {
    const account = await canary();
    const { Messages = [] } = await account
      .client(SQSClient)
      .send(new ReceiveMessageCommand({ QueueUrl: String(account.outputs.queueUrl) }));
    const letter = JSON.parse(Messages[0]!.Body!) as {
      requestContext: { functionArn: string; requestId: string };
    };
    expect(letter.requestContext.functionArn).to.equal(account.outputs.aliasArn);
  });

  it("is invoked by rules and APIs that name it, and that it permits", async () => {
    const account = await simulate(canaryProgram({ color: "blue" }));
    await account.update(canaryProgram({ color: "green", stable: "1" }));
    const { body } = await account.http({ method: "GET", url: String(account.outputs.url) });
    expect(body).to.equal("blue");
    const EventBusName = String(account.outputs.bus);
    const entry = { EventBusName, Source: "shop", DetailType: "order", Detail: "{}" };
    await account.client(EventBridgeClient).send(new PutEventsCommand({ Entries: [entry] }));
    await account.advance({ seconds: 10 });
    expect(versionsOf(account)).to.deep.equal(["1", "1"]);
  });
});

describe("layers from archives", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "layer-"));
    mkdirSync(join(folder, "nodejs/node_modules/greeting"), { recursive: true });
    const file = join(folder, "nodejs/node_modules/greeting/index.js");
    writeFileSync(file, "module.exports = (name) => `hello ${name}`;");
  });
  after(() => rmSync(folder, { recursive: true }));

  const program =
    (name: string): Program =>
    () => {
      const { AssetArchive, FileArchive, StringAsset } = pulumi.asset;
      const greeting = new aws.lambda.LayerVersion("greeting", {
        layerName: "greeting",
        code: new FileArchive(folder),
      });
      const who = new aws.lambda.LayerVersion("who", {
        layerName: "who",
        code: new AssetArchive({
          "nodejs/node_modules/who/index.js": new StringAsset(`module.exports = "${name}";`),
        }),
      });
      const role = new aws.iam.Role("greeter", { assumeRolePolicy: TRUST_LAMBDA });
      const text = 'exports.handler = async () => require("greeting")(require("who"));';
      const fn = new aws.lambda.Function("greeter", {
        code: new AssetArchive({ "index.js": new StringAsset(text) }),
        handler: "index.handler",
        role: role.arn,
        runtime: RUNTIME,
        layers: [greeting.arn, who.arn],
        publish: true,
      });
      return { version: fn.version, layers: fn.layers };
    };

  const greet = async (account: SimulatedAws, Qualifier?: string): Promise<unknown> => {
    const command = new InvokeCommand({ FunctionName: "greeter", Qualifier });
    const { Payload } = await account.client(LambdaClient).send(command);
    return JSON.parse(Payload!.transformToString()) as unknown;
  };

  it("are read from folders and texts; a change is a new layer and a new function version", async () => {
    const account = await simulate(program("Ada"));
    expect(await greet(account)).to.equal("hello Ada");
    const changes = await account.update(program("Grace"));
    expect(changes.map(({ kind }) => kind)).to.deep.equal(["replace", "update"]);
    expect((account.outputs.layers as string[]).map((arn) => arn.slice(-10))).to.deep.equal([
      ...["greeting:1", "ayer:who:2"],
    ]);
    expect(account.outputs.version).to.equal("2");
    expect(await greet(account)).to.equal("hello Grace");
    expect(await greet(account, "1")).to.equal("hello Ada");
    expect(await account.destroy()).to.deep.equal([]);
  });
});
