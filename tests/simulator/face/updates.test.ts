import {
  DynamoDBClient,
  PutItemCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
  simulate,
  synthesize,
  type Deployment,
  type Program,
  type SimulatedAws,
} from "../../../simulator";
import { itemsTable } from "./items-table";
import { lambdaFunction, readsStream } from "./lambda-function";
import { rejection } from "./rejection";
import { batches, createBatchHandler, putTexts, streamProgram } from "./stream-program";
import { invoke, toolboxProgram, use } from "./toolbox-program";

async function deadLetterCounts(account: SimulatedAws): Promise<number[]> {
  const { Messages = [] } = await account.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: String(account.outputs.queueUrl),
      MaxNumberOfMessages: 10,
    }),
  );
  return Messages.map(({ Body }) => {
    const letter = JSON.parse(Body!) as { requestContext: { approximateInvokeCount: number } };
    return letter.requestContext.approximateInvokeCount;
  });
}

describe("update", () => {
  /** A stream with one consumer that fails for r1; everything that matters is configuration. */
  const program: Program = () => {
    const config = new pulumi.Config();
    const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
    const queue = new aws.sqs.Queue("dead-letters", {});
    const mayRead = config.getBoolean("mayRead") ?? true;
    const { lambda, policy } = lambdaFunction("consumer", createBatchHandler, {
      statements: [
        ...(mayRead ? [readsStream(stream)] : []),
        { actions: ["sqs:SendMessage"], resources: [queue.arn] },
      ],
      environment: { BAD: config.get("bad") ?? "r1", TIMES: "1000000" },
      timeout: config.getNumber("timeout") ?? 3,
    });
    new aws.lambda.EventSourceMapping(
      "mapping",
      {
        eventSourceArn: stream.arn,
        functionName: lambda.arn,
        startingPosition: "TRIM_HORIZON",
        maximumRetryAttempts: config.getNumber("retries") ?? -1,
        bisectBatchOnFunctionError: config.getBoolean("bisect") ?? false,
        destinationConfig: { onFailure: { destinationArn: queue.arn } },
      },
      { dependsOn: [policy] },
    );
    const table = config.getBoolean("table") ? itemsTable() : undefined;
    return {
      streamName: stream.name,
      queueUrl: queue.url,
      bad: config.get("bad") ?? "r1",
      ...(table && { tableName: table.name }),
    };
  };
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(program);
  });

  /** An account in which r1 and r2 have failed for ten seconds, without end. */
  async function failing(): Promise<SimulatedAws> {
    const account = await deployment.start();
    await putTexts(account, ["r1", "r2"]);
    await account.advance({ seconds: 10 });
    expect(new Set(batches(account))).to.deep.equal(new Set(["r1 r2: error"]));
    return account;
  }

  const kinds = (changes: Awaited<ReturnType<SimulatedAws["update"]>>): string[] =>
    changes.map((change) => {
      const resource = change.kind === "delete" ? change.previous : change.next;
      return `${change.kind} ${resource.name}`;
    });

  it("changes nothing when nothing has changed, and takes no time", async () => {
    const account = await failing();
    const { now } = account;
    expect(await account.update(program)).to.deep.equal([]);
    expect(account.now).to.equal(now);
  });

  it("flips retry settings in place, while records are in flight", async () => {
    const account = await failing();
    const tries = batches(account).length;
    const changes = await account.update(program, { config: { "program:retries": 2 } });
    expect(kinds(changes)).to.deep.equal(["update mapping"]);
    await account.settle({ withinSeconds: 600 });
    // The quota was used up long ago: one more failure, and the batch is given up.
    expect(batches(account)).to.have.length(tries + 1);
    expect(await deadLetterCounts(account)).to.deep.equal([tries + 1]);
    await putTexts(account, ["r3"]);
    await account.settle({ withinSeconds: 60 });
    expect(batches(account).at(-1)).to.equal("r3: ok");
  });

  it("flips bisection in place: the good record gets through", async () => {
    const account = await failing();
    await account.update(program, { config: { "program:bisect": true, "program:retries": 1 } });
    await account.settle({ withinSeconds: 600 });
    expect(batches(account).slice(-4)).to.deep.equal([
      "r1 r2: error",
      "r1: error",
      "r1: error",
      "r2: ok",
    ]);
    expect(await deadLetterCounts(account)).to.deep.equal([2]);
  });

  it("gives the next invocation a new function: environment and outputs follow", async () => {
    const account = await failing();
    const before = account.invocations("consumer").at(-1)!;
    const changes = await account.update(program, { config: { "program:bad": "r9" } });
    expect(kinds(changes)).to.deep.equal(["update consumer"]);
    expect(account.outputs.bad).to.equal("r9");
    await account.settle({ withinSeconds: 600 });
    expect(batches(account).at(-1)).to.equal("r1 r2: ok");
    expect(account.invocations("consumer").at(-1)!.sandboxId).not.to.equal(before.sandboxId);
    expect(await deadLetterCounts(account)).to.deep.equal([]);
  });

  it("deletes what is gone from the program, and creates what is new", async () => {
    const account = await deployment.start();
    const created = await account.update(program, { config: { "program:table": true } });
    expect(kinds(created)).to.deep.equal(["create items"]);
    expect(account.writes("items")).to.deep.equal([]);
    const TableName = String(account.outputs.tableName);
    const put = () => new PutItemCommand({ TableName, Item: { id: { S: "a" } } });
    await account.client(DynamoDBClient).send(put());
    const deleted = await account.update(program);
    expect(kinds(deleted)).to.deep.equal(["delete items"]);
    const failed = await rejection(account.client(DynamoDBClient).send(put()));
    expect(failed).to.be.instanceOf(ResourceNotFoundException);
  });

  it("lets an invocation that runs end as it began", async () => {
    const account = await simulate(toolboxProgram);
    const answer = use(account, "describe", 2000);
    await account.advance({ seconds: 1 });
    await account.update(toolboxProgram, { config: { "program:color": "blue" } });
    expect((await answer).value).to.include({ color: "green" });
    expect((await use(account, "describe")).value).to.include({ color: "blue" });
  });

  it("lets an invocation of a function that is deleted meanwhile end, and retries nothing", async () => {
    const account = await simulate(toolboxProgram);
    const answer = use(account, "sleep", 2000);
    await account.advance({ seconds: 1 });
    await account.update(() => {});
    expect((await answer).value).to.equal("rested");
    expect(await account.destroy()).to.deep.equal([]);
  });

  const refused: [string, Program | undefined, Record<string, unknown>, RegExp][] = [
    ["by what the account does not model", () => void new aws.ec2.Vpc("v", {}), {}, /ec2.*Vpc/],
    ["by a value out of range", undefined, { "program:retries": 20_000 }, /maximumRetryAttempts/],
    ["by a program that throws", () => Promise.reject(new Error("no zone")), {}, /^no zone$/],
    [
      "by AWS, after other changes",
      undefined,
      { "program:mayRead": false, "program:bad": "r9", "program:table": true },
      /mapping .*Cannot access stream/s,
    ],
  ];
  for (const [how, other, config, message] of refused) {
    it(`leaves the account as it was when it is refused ${how}`, async () => {
      const account = await failing();
      const { outputs } = account;
      const tries = batches(account).length;
      const { message: said } = await rejection(account.update(other ?? program, { config }));
      expect(said).to.match(message);
      expect(account.outputs).to.equal(outputs);
      await account.advance({ seconds: 60 });
      expect(batches(account).length).to.be.greaterThan(tries);
      expect(new Set(batches(account))).to.deep.equal(new Set(["r1 r2: error"]));
      expect(await account.update(program)).to.deep.equal([]);
      expect(await account.destroy()).to.deep.equal([]);
    });
  }
});

describe("destroy", () => {
  it("leaves nothing, stops what is in flight, and lets time go on", async () => {
    const account = await simulate(streamProgram({}, { BAD: "r1" }));
    await putTexts(account, ["r1"]);
    await account.advance({ seconds: 10 });
    const tries = account.invocations("consumer").length;
    const list = account.invocations("consumer");
    expect(await account.destroy()).to.deep.equal([]);
    await account.advance({ seconds: 3600 });
    await account.settle({ withinSeconds: 0 });
    expect(list).to.have.length(tries);
  });

  it("leaves the log group of a function that may make its own", async () => {
    const account = await simulate(toolboxProgram, { config: { "program:mayLog": true } });
    await use(account, "count");
    const group = `/aws/lambda/${String(account.outputs.name)}`;
    expect(await account.destroy()).to.deep.equal([`aws:cloudwatch/logGroup:LogGroup ${group}`]);
  });

  it("leaves no log group if the function may not, or was never invoked", async () => {
    const mayNot = await simulate(toolboxProgram);
    await use(mayNot, "count");
    expect(await mayNot.destroy()).to.deep.equal([]);
    const idle = await simulate(toolboxProgram, { config: { "program:mayLog": true } });
    expect(await idle.destroy()).to.deep.equal([]);
  });

  it("forgets an asynchronous event whose function is gone", async () => {
    const account = await simulate(toolboxProgram);
    const event = new InvokeCommand({
      FunctionName: "toolbox",
      InvocationType: "Event",
      Payload: '{"do":"fail"}',
    });
    await account.client(LambdaClient).send(event);
    await account.advance({ seconds: 5 });
    expect(await account.destroy()).to.deep.equal([]);
    await account.settle({ withinSeconds: 3600 });
    expect((await rejection(invoke(account, "toolbox"))).name).to.equal(
      "ResourceNotFoundException",
    );
  });

  it("is refused by a bucket that is not empty, and can be tried again", async () => {
    const program: Program = () => {
      const bucket = new aws.s3.Bucket("bucket", {});
      new aws.sqs.Queue("queue", {});
      return { name: bucket.bucket };
    };
    const account = await simulate(program);
    const Bucket = String(account.outputs.name);
    const s3 = account.client(S3Client);
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "b" }));
    const { message } = await rejection(account.destroy());
    expect(message).to.match(/^bucket \(aws:s3\/bucket:Bucket\): cannot delete: BucketNotEmpty/);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    expect(await account.destroy()).to.deep.equal([]);
  });

  it("leaves to the next update what one could not delete", async () => {
    const program: Program = () => {
      new aws.sqs.Queue("queue", {});
      return { name: new aws.s3.Bucket("bucket", {}).bucket };
    };
    const account = await simulate(program);
    const Bucket = String(account.outputs.name);
    const s3 = account.client(S3Client);
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "b" }));
    const { message } = await rejection(account.update(() => {}));
    expect(message).to.contain("BucketNotEmpty");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    const changes = await account.update(() => {});
    expect(changes.map(({ kind }) => kind)).to.include("delete");
    expect(await account.destroy()).to.deep.equal([]);
  });
});
