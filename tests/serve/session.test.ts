import { expect } from "chai";
import { ask } from "../../serve/commands/ask";
import { SERVE_DEFAULTS } from "../../serve/commands/options";
import { serve } from "../../serve/commands/serve";
import { listenForCommands, type ControlServer } from "../../serve/service/control-server";
import type { Invocations, Messages, Table } from "../../serve/service/contents";
import type { Put } from "../../serve/service/put";
import { Session } from "../../serve/service/session";
import type { Status } from "../../serve/service/status";
import type { Passed } from "../../serve/service/time";
import { archiveOf, EngineClient } from "./engine-client";

const OPTIONS = {
  seed: 1,
  startAt: "2026-01-01T00:00:00Z",
  assumptions: {},
  region: "us-east-1",
  port: 0,
};

const COUNT = `
const { DynamoDBClient, PutItemCommand } = require("@aws-sdk/client-dynamodb");
const client = new DynamoDBClient({});
exports.handler = async (event) => {
  for (const { kinesis } of event.Records) {
    const name = Buffer.from(kinesis.data, "base64").toString();
    if (name === "bad") throw new Error("A bad record.");
    await client.send(new PutItemCommand({
      TableName: process.env.TABLE,
      Item: { name: { S: name }, key: { S: kinesis.partitionKey }, ones: { NS: ["1", "1.5"] } },
    }));
  }
};`;

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } },
  ],
});

/** A stream, whose records a function puts into a table. */
async function deployCounter(engine: EngineClient): Promise<void> {
  const stream = await engine.make("aws:kinesis/stream:Stream", "readings", { shardCount: 1 });
  const table = await engine.make("aws:dynamodb/table:Table", "names", {
    hashKey: "name",
    attributes: [{ name: "name", type: "S" }],
    billingMode: "PAY_PER_REQUEST",
  });
  const role = await engine.make("aws:iam/role:Role", "role", { assumeRolePolicy: TRUST });
  await engine.make("aws:iam/rolePolicy:RolePolicy", "policy", {
    role: role.id,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "kinesis:*", Resource: stream.outputs["arn"] },
        { Effect: "Allow", Action: "dynamodb:PutItem", Resource: table.outputs["arn"] },
        { Effect: "Allow", Action: "logs:*", Resource: "*" },
      ],
    }),
  });
  const fn = await engine.make("aws:lambda/function:Function", "count", {
    role: role.outputs["arn"],
    runtime: "nodejs22.x",
    handler: "index.handler",
    timeout: 10,
    code: archiveOf(COUNT),
    environment: { variables: { TABLE: table.id } },
  });
  await engine.make("aws:lambda/eventSourceMapping:EventSourceMapping", "mapping", {
    eventSourceArn: stream.outputs["arn"],
    functionName: fn.outputs["arn"],
    startingPosition: "TRIM_HORIZON",
    maximumRetryAttempts: 1,
  });
}

describe("A served account", () => {
  let session: Session;
  let control: ControlServer;
  let engine: EngineClient;

  const asked = <Result>(command: string, request: object = {}): Promise<Result> =>
    ask<Result>({ controlPort: String(control.port) }, command, request);

  const refusal = async (command: string, request: object): Promise<string> => {
    const cause = await asked(command, request).then(
      () => new Error("It was not refused."),
      (error: Error) => error,
    );
    expect(cause.name, cause.message).to.equal("Refusal");
    return cause.message;
  };

  beforeEach(async () => {
    session = await Session.open(OPTIONS);
    control = await listenForCommands(session, 0);
    engine = new EngineClient(session.port);
  });

  afterEach(() => {
    engine.close();
    control.close();
    session.close();
  });

  it("is empty at first, and takes no time to ask", async () => {
    const status = await asked<Status>("status");
    expect(status).to.deep.include({
      now: "2026-01-01T00:00:00.000Z",
      seed: 1,
      resources: [],
      others: [],
      pending: [],
    });
    expect(status.environment).to.include({ PULUMI_DEBUG_PROVIDERS: `aws:${session.port}` });
  });

  it("does what the engine deploys: put, advance, invocations, table", async () => {
    await deployCounter(engine);
    const put = await asked<Put>("put", { name: "readings", data: ["a", "b"], key: "k" });
    expect(put).to.deep.include({ kind: "stream" });
    expect(put.put.map((each) => "id" in each && each.id.split(":")[0])).to.deep.equal([
      "shardId-000000000000",
      "shardId-000000000000",
    ]);

    const none = await asked<Invocations>("invocations", { name: "count" });
    expect(none.invocations).to.deep.equal([]);
    const passed = await asked<Passed>("advance", { seconds: 5 });
    expect(passed.functions).to.deep.equal([
      { stack: "dev", function: "count", outcomes: { ok: 1 } },
    ]);
    expect(passed.seconds).to.equal(5);

    const { invocations } = await asked<Invocations>("invocations", { name: "count" });
    expect(invocations.map(({ outcome }) => outcome)).to.deep.equal(["ok"]);
    expect(invocations[0]!.durationMs).to.be.above(0);
    const { items } = await asked<Table>("table", { name: "names" });
    expect(items).to.have.deep.members([
      { name: "a", key: "k", ones: [1, 1.5] },
      { name: "b", key: "k", ones: [1, 1.5] },
    ]);
  });

  it("says what has not settled, and settles", async () => {
    await deployCounter(engine);
    await asked("put", { name: "readings", data: ["bad"] });
    const early = await asked<Passed>("settle", { withinSeconds: 0.1 });
    expect(early.settled).to.equal(false);
    expect(early.pending).to.have.length.above(0);
    const late = await asked<Passed>("settle", { withinSeconds: 3_600 });
    expect(late).to.deep.include({ settled: true, pending: [] });
    expect(late.functions).to.deep.equal([
      { stack: "dev", function: "count", outcomes: { error: 2 } },
    ]);
    const { invocations } = await asked<Invocations>("invocations", { name: "count" });
    expect(invocations.map(({ error }) => error?.errorMessage)).to.deep.equal([
      "A bad record.",
      "A bad record.",
    ]);
  });

  it("puts messages into queues, and shows them", async () => {
    await engine.make("aws:sqs/queue:Queue", "letters", {});
    const fifo = await engine.make("aws:sqs/queue:Queue", "line", { fifoQueue: true });
    const { put } = await asked<Put>("put", { name: "letters", data: ["one", "two"] });
    expect(put.every((each) => "id" in each)).to.equal(true);
    await asked("put", { name: fifo.id, data: ["same", "same"], key: "group" });
    const letters = await asked<Messages>("messages", { name: "letters" });
    expect(letters).to.deep.include({ queue: "letters", visible: 2, inFlight: 0, delayed: 0 });
    expect(letters.messages.map(({ body }) => body)).to.have.members(["one", "two"]);
    // They were given back.
    const again = await asked<Messages>("messages", { name: "letters" });
    expect(again.visible).to.equal(2);
    const line = await asked<Messages>("messages", { name: "line" });
    expect(line.messages.map(({ body }) => body)).to.deep.equal(["same", "same"]);
  });

  it("puts events on a bus, whole or as details", async () => {
    await engine.make("aws:cloudwatch/eventBus:EventBus", "orders", {});
    const whole = JSON.stringify({ source: "s", "detail-type": "t", detail: { id: 1 } });
    const kinds = { source: "s", detailType: "t" };
    const done = await asked<Put>("put", { name: "orders", data: [whole, '{"id":2}'], ...kinds });
    expect(done.put.map((each) => "id" in each)).to.deep.equal([true, true]);
    expect(await refusal("put", { name: "orders", data: ['{"id":2}'] })).to.match(/--detail-type/);
    expect(await refusal("put", { name: "orders", data: ["no JSON"] })).to.equal(
      "An event is a JSON object: no JSON",
    );
    const onDefault = await asked<Put>("put", { name: "default", data: [whole] });
    expect(onDefault).to.deep.include({ kind: "bus", target: "default" });
  });

  it("lists what there is for a name that is not there", async () => {
    expect(await refusal("put", { name: "x", data: ["a"] })).to.equal(
      "No stream, queue or bus is called x. There is none.",
    );
    const { id } = await engine.make("aws:sqs/queue:Queue", "letters", {});
    expect(await refusal("messages", { name: "x" })).to.equal(
      `No queue is called x. There is:\n  letters (queue of dev: ${id.split("/").at(-1)})`,
    );
  });

  it("tells the same name in two stacks apart", async () => {
    const other = new EngineClient(session.port, "prod");
    await engine.make("aws:sqs/queue:Queue", "letters", {});
    await other.make("aws:sqs/queue:Queue", "letters", {});
    other.close();
    expect(await refusal("put", { name: "letters", data: ["a"] })).to.match(
      /^Which letters\? Say --stack, or its physical name:\n {2}letters \(queue of dev: .*\n.*of prod/,
    );
    await asked("put", { name: "letters", data: ["a"], stack: "prod" });
    const dev = await asked<Messages>("messages", { name: "letters", stack: "dev" });
    expect(dev.visible).to.equal(0);
    const { resources } = await asked<Status>("status");
    expect(resources.map(({ names, stack }) => [stack, ...names])).to.deep.equal([
      ["dev", "letters"],
      ["prod", "letters"],
    ]);
  });

  it("does commands one after the other", async () => {
    const [first, second, status] = await Promise.all([
      asked<Passed>("advance", { seconds: 60 }),
      asked<Passed>("advance", { seconds: 60 }),
      asked<Status>("status"),
    ]);
    expect([first.seconds, second.seconds]).to.deep.equal([60, 60]);
    const times = [first.now, second.now, status.now].sort();
    expect(times.at(-1)).to.equal("2026-01-01T00:02:00.000Z");
  });

  it("is not served on a port that is taken", async () => {
    const ports = { port: String(control.port), controlPort: String(session.port) };
    const cause = await serve({ ...SERVE_DEFAULTS, ...ports }).catch((error: Error) => error);
    expect((cause as Error).message).to.equal(
      `Port ${control.port} of 127.0.0.1 is taken, perhaps by another simulated account: ` +
        "choose another with --port.",
    );
  });

  it("is in the region that it was started for", async () => {
    session.close();
    control.close();
    session = await Session.open({ ...OPTIONS, region: "eu-west-1" });
    control = await listenForCommands(session, 0);
    expect(await asked<Status>("status")).to.include({ region: "eu-west-1" });
  });
});
