import * as aws from "@pulumi/aws";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { simulate } from "../../../simulator";
import { allowing, RUNTIME, TRUST_LAMBDA } from "../face/lambda-function";
import { rejection } from "../face/rejection";
import { ACCOUNT_ID, REGION } from "../iam/account-fixture";
import { functionArn, FunctionWorld, queueArn, topicArn } from "./world";

const BUS = `arn:aws:events:${REGION}:${ACCOUNT_ID}:event-bus/orders`;
const SUCCEEDS = "return { done: event.n };";

interface Record_ {
  readonly requestContext: { readonly requestId: string; readonly condition: string };
  readonly requestPayload: unknown;
}

/** A function `process` that fails once and for all, or succeeds, with this destination for both. */
async function delivered(
  destination: string,
  { handler, prepare }: { handler?: string; prepare?: (world: FunctionWorld) => void } = {},
): Promise<FunctionWorld> {
  const world = new FunctionWorld();
  prepare?.(world);
  world.fn("process", handler ? { handler } : {});
  const kind = handler === undefined ? "onFailure" : "onSuccess";
  world.configure("process", {
    maximumRetryAttempts: 0,
    destinationConfig: { [kind]: { destination } },
  });
  await world.invoke("process", { n: 5 });
  await world.until(10);
  return world;
}

describe("a destination", () => {
  it("on failure gets the record of the last run (queue)", async () => {
    const world = await delivered(queueArn("records"), {
      prepare: (account) => account.queue("records"),
    });
    const [run] = world.runs("process");
    const [message] = world.messages("records");
    expect(JSON.parse(message!.body)).to.deep.equal({
      version: "1.0",
      timestamp: new Date(run!.endedAt!).toISOString(),
      requestContext: {
        requestId: run!.requestId,
        functionArn: `${functionArn("process")}:$LATEST`,
        condition: "RetriesExhausted",
        approximateInvokeCount: 1,
      },
      requestPayload: { n: 5 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: { errorType: "TypeError", errorMessage: "broken", trace: [] },
    });
    expect(message!.attributes).to.deep.equal({});
    expect(world.events("process")[0]!.lostTo).to.deep.equal([]);
  });

  it("on success gets the record with the response, without an error", async () => {
    const world = await delivered(queueArn("records"), {
      handler: SUCCEEDS,
      prepare: (account) => account.queue("records"),
    });
    const [record] = world.bodies("records");
    expect(record).to.deep.include({
      requestPayload: { n: 5 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST" },
      responsePayload: { done: 5 },
    });
    expect((record as unknown as Record_).requestContext).to.include({
      condition: "Success",
      approximateInvokeCount: 1,
    });
  });

  it("on success gets nothing of a failure, and the other way round", async () => {
    const world = new FunctionWorld();
    const [good, bad] = [world.queue("good"), world.queue("bad")];
    world.fn("process", { handler: "if (event.fail) throw new Error('no'); return 1;" });
    world.configure("process", {
      maximumRetryAttempts: 0,
      destinationConfig: { onSuccess: { destination: good }, onFailure: { destination: bad } },
    });
    await world.invoke("process", { fail: true });
    await world.invoke("process", { fail: false });
    await world.until(10);
    const payloads = (queue: string) =>
      world.bodies<Record_>(queue).map(({ requestPayload }) => requestPayload);
    expect(payloads("good")).to.deep.equal([{ fail: false }]);
    expect(payloads("bad")).to.deep.equal([{ fail: true }]);
  });

  it("may be a topic: the record is the message", async () => {
    const world = await delivered(topicArn("news"), {
      prepare: (account) => {
        account.make("aws:sns/topic:Topic", "news", { name: "news" });
        const policy = allowingTopic("inbox");
        account.queue("inbox", { policy });
        account.make("aws:sns/topicSubscription:TopicSubscription", "inbox", {
          topic: topicArn("news"),
          protocol: "sqs",
          endpoint: queueArn("inbox"),
        });
      },
    });
    const [{ Message }] = world.bodies<{ Message: string }>("inbox") as [{ Message: string }];
    expect((JSON.parse(Message) as Record_).requestContext.condition).to.equal("RetriesExhausted");
  });

  it("may be a function: the record is its event, in an invocation of its own", async () => {
    const world = await delivered(functionArn("mourn"), {
      prepare: (account) => account.fn("mourn", { handler: SUCCEEDS }),
    });
    const [run] = world.runs("mourn");
    const event = run!.event as Record_;
    expect(event.requestContext.requestId).to.equal(world.runs("process")[0]!.requestId);
    expect(run!.requestId).not.to.equal(event.requestContext.requestId);
    expect(world.events("mourn")[0]!.source).to.equal(`destination of ${functionArn("process")}`);
  });

  for (const [handler, what] of [
    [undefined, "Failure"],
    [SUCCEEDS, "Success"],
  ] as const) {
    it(`may be an event bus: the record is the detail (${what})`, async () => {
      const received: unknown[] = [];
      const world = await delivered(BUS, {
        handler,
        prepare: ({ services: { eventbridge } }) => {
          eventbridge.receive = (...event: unknown[]) => void received.push(event);
        },
      });
      const [[bus, event]] = received as [[string, { detail: Record_ }]];
      expect(bus).to.equal(BUS);
      expect(event).to.deep.include({
        source: "lambda",
        detailType: `Lambda Function Invocation Result - ${what}`,
        resources: [BUS, `${functionArn("process")}:$LATEST`],
      });
      expect(event.detail.requestContext.requestId).to.equal(world.runs("process")[0]!.requestId);
    });
  }

  it("may be a bucket, for failures: an object for each", async () => {
    const world = await delivered("arn:aws:s3:::records", {
      prepare: (account) => {
        account.make("aws:s3/bucket:Bucket", "records", { bucket: "records" });
      },
    });
    const list = { Bucket: "records" };
    const { Contents } = world.services.s3.operations.ListObjectsV2!.execute(
      list as never,
      {} as never,
    ) as { Contents: { Key: string }[] };
    expect(Contents.map(({ Key }) => Key).join()).to.match(
      /^aws\/lambda\/async\/process\/2026\/01\/01\/2026-01-01T00\.00\.00-[0-9a-f-]{36}$/,
    );
  });

  it("must not be a bucket for successes, a stream, or of a version that is not there", () => {
    const world = new FunctionWorld();
    world.fn("process");
    const refuse = (inputs: Record<string, unknown>) => () => world.configure("process", inputs);
    const bucket = { destination: "arn:aws:s3:::records" };
    expect(refuse({ destinationConfig: { onSuccess: bucket } })).to.throw(
      /onSuccess\.destination: must be the ARN of a destination: sqs, sns, lambda, events/,
    );
    const stream = { destination: `arn:aws:kinesis:${REGION}:${ACCOUNT_ID}:stream/a` };
    expect(refuse({ destinationConfig: { onFailure: stream } })).to.throw(/must be the ARN/);
    expect(refuse({ qualifier: "3" })).to.throw(`Function not found: ${functionArn("process")}:3`);
    expect(refuse({ maximumRetryAttempts: 3 })).to.throw(/maximumRetryAttempts/);
    expect(refuse({ maximumEventAgeInSeconds: 59 })).to.throw(/maximumEventAgeInSeconds/);
  });
});

const allowingTopic = (name: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queueArn(name),
      },
    ],
  });

describe("a destination that refuses the record", () => {
  const refusals: [string, string, (world: FunctionWorld) => void][] = [
    ["the role may not send", queueArn("records"), (world) => world.queue("records")],
    ["the role may not publish", topicArn("news"), makeTopic],
    ["the role may not invoke", functionArn("mourn"), (world) => world.fn("mourn")],
    ["the role may not put events", BUS, () => {}],
    ["the role may not put objects", "arn:aws:s3:::records", makeBucket],
  ];
  for (const [why, destination, prepare] of refusals) {
    it(`has lost it, and counts that (${why})`, async () => {
      const world = new FunctionWorld();
      prepare(world);
      world.fn("process", { statements: [] });
      world.configure("process", {
        maximumRetryAttempts: 0,
        destinationConfig: { onFailure: { destination } },
      });
      await world.invoke("process");
      await world.until(1000);
      expect(world.events("process")[0]!.lostTo).to.deep.equal([destination]);
      expect(world.metric("DestinationDeliveryFailures", "process")).to.equal(1);
      expect(world.assumptions.used()).to.include("destination.failure");
    });
  }

  it("has lost it, and counts that (the queue is gone)", async () => {
    const world = await delivered(queueArn("gone"));
    expect(world.metric("DestinationDeliveryFailures", "process")).to.equal(1);
  });

  it("has lost it, and counts that (a FIFO queue takes no record)", async () => {
    const world = await delivered(queueArn("records.fifo"), {
      prepare: (account) => account.queue("records.fifo", { fifoQueue: true }),
    });
    expect(world.metric("DestinationDeliveryFailures", "process")).to.equal(1);
    expect(world.messages("records.fifo")).to.deep.equal([]);
  });
});

function makeTopic(world: FunctionWorld): void {
  world.make("aws:sns/topic:Topic", "news", { name: "news" });
}

function makeBucket(world: FunctionWorld): void {
  world.make("aws:s3/bucket:Bucket", "records", { bucket: "records" });
}

describe("a function's dead-letter queue", () => {
  const deadLetterConfig = { targetArn: queueArn("dead") };

  it("gets the event alone, with what went wrong in three attributes", async () => {
    const world = new FunctionWorld();
    world.queue("dead");
    world.fn("process", { inputs: { deadLetterConfig } });
    await world.invoke("process", { n: 5 });
    await world.until(200);
    const [message] = world.messages("dead");
    expect(message!.body).to.equal('{"n":5}');
    expect(message!.attributes).to.deep.equal({
      RequestID: { DataType: "String", StringValue: world.runs("process")[0]!.requestId },
      ErrorCode: { DataType: "Number", StringValue: "200" },
      ErrorMessage: { DataType: "String", StringValue: "broken" },
    });
  });

  it("gets the first 1 KB of the error message", async () => {
    const world = new FunctionWorld();
    world.queue("dead");
    const handler = "throw new Error('x'.repeat(2000));";
    world.fn("process", { handler, inputs: { deadLetterConfig } });
    world.configure("process", { maximumRetryAttempts: 0 });
    await world.invoke("process");
    await world.until(10);
    const { ErrorMessage } = world.messages("dead")[0]!.attributes;
    expect(ErrorMessage!.StringValue).to.equal("x".repeat(1024));
  });

  it("gets the throttle as the error of an event that was never run", async () => {
    const world = new FunctionWorld();
    world.queue("dead");
    world.fn("process", { inputs: { deadLetterConfig, reservedConcurrentExecutions: 0 } });
    await world.invoke("process");
    await world.until(10);
    const { ErrorCode, ErrorMessage } = world.messages("dead")[0]!.attributes;
    expect([ErrorCode!.StringValue, ErrorMessage!.StringValue]).to.deep.equal([
      ...["429", "Rate Exceeded."],
    ]);
    expect(world.assumptions.used()).to.include("async.deadLetterError");
  });

  it("may be a topic", async () => {
    const world = new FunctionWorld();
    makeTopic(world);
    world.queue("inbox", { policy: allowingTopic("inbox") });
    world.make("aws:sns/topicSubscription:TopicSubscription", "inbox", {
      ...{ topic: topicArn("news"), protocol: "sqs", endpoint: queueArn("inbox") },
      rawMessageDelivery: true,
    });
    world.fn("process", { inputs: { deadLetterConfig: { targetArn: topicArn("news") } } });
    world.configure("process", { maximumRetryAttempts: 0 });
    await world.invoke("process", { n: 5 });
    await world.until(10);
    const [message] = world.messages("inbox");
    expect(message!.body).to.equal('{"n":5}');
    expect(message!.attributes).to.have.keys(["RequestID", "ErrorCode", "ErrorMessage"]);
  });

  it("that refuses the event has lost it, and counts that", async () => {
    const world = new FunctionWorld();
    world.queue("dead");
    world.fn("process", { statements: [], inputs: { deadLetterConfig } });
    world.configure("process", { maximumRetryAttempts: 0 });
    await world.invoke("process");
    await world.until(10);
    expect(world.metric("DeadLetterErrors", "process")).to.equal(1);
    expect(world.events("process")[0]!.lostTo).to.deep.equal([queueArn("dead")]);
  });

  for (const [value, dead] of [
    ["both", 1],
    ["destination", 0],
  ] as const) {
    it(`beside a destination gets ${dead} of 1 (async.bothDestinations ${value})`, async () => {
      const world = new FunctionWorld({ assumptions: { "async.bothDestinations": value } });
      world.queue("dead");
      const destination = world.queue("records");
      world.fn("process", { inputs: { deadLetterConfig } });
      world.configure("process", {
        maximumRetryAttempts: 0,
        destinationConfig: { onFailure: { destination } },
      });
      await world.invoke("process");
      await world.until(10);
      expect(world.messages("records")).to.have.length(1);
      expect(world.messages("dead")).to.have.length(dead);
      expect(world.assumptions.used()).to.include("async.bothDestinations");
    });
  }

  it("gets nothing of a success", async () => {
    const world = new FunctionWorld();
    world.queue("dead");
    world.fn("process", { handler: SUCCEEDS, inputs: { deadLetterConfig } });
    await world.invoke("process");
    await world.until(10);
    expect(world.messages("dead")).to.deep.equal([]);
  });
});

describe("a deployment whose roles may not write what is configured", () => {
  const program = (actions: readonly string[]) => () => {
    const dead = new aws.sqs.Queue("dead");
    const records = new aws.sqs.Queue("records");
    const role = new aws.iam.Role("role", { assumeRolePolicy: TRUST_LAMBDA });
    const lambda = new aws.lambda.CallbackFunction("process", {
      ...{
        callback: () => Promise.reject(new Error("no")),
        role: role.arn,
        runtime: RUNTIME,
        timeout: 3,
      },
      deadLetterConfig: { targetArn: dead.arn },
    });
    new aws.lambda.FunctionEventInvokeConfig("process-config", {
      functionName: lambda.name,
      destinationConfig: { onFailure: { destination: records.arn } },
    });
    const resources = [dead.arn, records.arn];
    new aws.iam.RolePolicy("send", { role: role.name, policy: allowing([{ actions, resources }]) });
  };

  it("is refused, each destination by name", async () => {
    const { message } = await rejection(simulate(program(["sqs:ReceiveMessage"])));
    const lacks = "execution role does not have permissions to call SendMessage on SQS";
    expect(message.split("\n").filter((line) => line.includes(lacks))).to.have.length(2);
    expect(message).to.match(/process \(aws:lambda\/function:Function\): Invalid.*:dead-/);
    expect(message).to.match(/FunctionEventInvokeConfig\): Invalid.*:records-/);
  });

  it("is accepted when they could at first: what is taken from them later shows when it is needed", async () => {
    const account = await simulate(program(["sqs:SendMessage"]));
    await account.update(program(["sqs:ReceiveMessage"]));
    await account
      .client(LambdaClient)
      .send(new InvokeCommand({ FunctionName: "process", InvocationType: "Event" }));
    await account.settle({ withinSeconds: 600 });
    const [event] = account.asynchronousEvents("process");
    expect(event!.ended).to.equal("retries-exhausted");
    expect(event!.lostTo.map((arn) => arn.replace(/^.*:|-.*/g, ""))).to.have.members([
      ...["dead", "records"],
    ]);
  });

  it("is accepted with the permission, whatever the order of creation", async () => {
    const account = await simulate(program(["sqs:SendMessage"]));
    expect(account.asynchronousEvents("process")).to.deep.equal([]);
    expect(await account.destroy()).to.deep.equal([]);
  });
});
