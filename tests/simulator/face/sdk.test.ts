import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ResourceNotFoundException,
  TransactWriteItemsCommand,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import {
  GetFunctionConfigurationCommand,
  InvalidRequestContentException,
  InvokeCommand,
  LambdaClient,
  TooManyRequestsException,
} from "@aws-sdk/client-lambda";
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { synthesize, type Deployment, type Fault, type SimulatedAws } from "../../../simulator";
import { itemsTable } from "./items-table";
import { lambdaFunction } from "./lambda-function";
import { rejection } from "./rejection";

/** What the guest saw of a call. */
interface Seen {
  readonly name: string;
  readonly attempts?: number;
  readonly totalRetryDelay?: number;
  readonly httpStatusCode?: number;
  readonly isError: boolean;
  readonly isConditional: boolean;
  readonly isOfSdk: boolean;
  readonly tookMs: number;
}

/** Puts an item, new ones only if the event says so, and tells what it saw of the call. */
function createPutter() {
  const client = new DynamoDBClient({});
  return async ({ fresh }: { fresh?: boolean }): Promise<Seen> => {
    const startedAt = Date.now();
    let answer: { name: string; $metadata: { [member: string]: unknown } };
    try {
      const command = new PutItemCommand({
        TableName: process.env.TABLE_NAME,
        Item: { id: { S: "a" } },
        ...(fresh && { ConditionExpression: "attribute_not_exists(id)" }),
      });
      answer = { name: "none", $metadata: { ...(await client.send(command)).$metadata } };
    } catch (cause) {
      answer = cause as typeof answer;
    }
    const { attempts, httpStatusCode, totalRetryDelay } = answer.$metadata as Partial<Seen>;
    return {
      name: answer.name,
      attempts,
      totalRetryDelay,
      httpStatusCode,
      isError: answer instanceof Error,
      isConditional: answer instanceof ConditionalCheckFailedException,
      isOfSdk: (answer as { $fault?: string }).$fault === "client",
      tookMs: Date.now() - startedAt,
    };
  };
}

function createSleeper() {
  return ({ ms = 0 }: { ms?: number }) =>
    new Promise<string>((resolve) => setTimeout(() => resolve(`slept ${ms} ms`), ms));
}

function program() {
  const table = itemsTable();
  lambdaFunction("putter", createPutter, {
    statements: [{ actions: ["dynamodb:PutItem"], resources: [table.arn] }],
    environment: { TABLE_NAME: table.name },
    timeout: 60,
  });
  lambdaFunction("stopped", createSleeper, { reservedConcurrentExecutions: 0 });
  const single = lambdaFunction("single", createSleeper, {
    reservedConcurrentExecutions: 1,
    timeout: 10,
  });
  const bucket = new aws.s3.Bucket("bucket", { forceDestroy: true });
  return { tableName: table.name, bucket: bucket.bucket, functionArn: single.lambda.arn };
}

let deployment: Deployment;

before(async () => {
  deployment = await synthesize(program);
});

async function invoke<T>(account: SimulatedAws, name: string, event: object = {}): Promise<T> {
  const { Payload } = await account
    .client(LambdaClient)
    .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  return JSON.parse(Payload!.transformToString()) as T;
}

describe("SDK calls in a sandbox", () => {
  const throttledAt = (...calls: number[]): Fault[] =>
    calls.map((call) => ({
      function: "putter",
      kind: "sdk-error",
      at: { invocation: 1, call },
      error: { code: "ThrottlingException", effect: false },
    }));

  it("succeed at once, and say so", async () => {
    const seen = await invoke<Seen>(await deployment.start(), "putter");
    expect(seen).to.include({ name: "none", attempts: 1, totalRetryDelay: 0, httpStatusCode: 200 });
    expect(seen.tookMs).to.be.within(2, 8);
  });

  it("are repeated after throttles, in virtual time alone", async () => {
    const account = await deployment.start({ faults: throttledAt(1, 2, 3) });
    const startedAt = performance.now();
    const seen = await invoke<Seen>(account, "putter");
    const tookMs = performance.now() - startedAt;
    expect(seen).to.include({ name: "none", attempts: 4, httpStatusCode: 200 });
    // Up to 1, 2 and 4 s, drawn; with this seed enough to be told from what the host needs.
    expect(seen.totalRetryDelay).to.be.within(1000, 7000);
    expect(seen.tookMs).to.be.at.least(seen.totalRetryDelay!);
    expect(tookMs).to.be.lessThan(seen.totalRetryDelay!);
    expect(account.writes("items")).to.have.length(1);
  });

  it("give up after the four attempts that the SDK makes for DynamoDB", async () => {
    const account = await deployment.start({ faults: throttledAt(1, 2, 3, 4) });
    const seen = await invoke<Seen>(account, "putter");
    expect(seen).to.include({ name: "ThrottlingException", attempts: 4, httpStatusCode: 400 });
    expect(seen.tookMs).to.be.at.least(seen.totalRetryDelay!);
    expect(account.writes("items")).to.deep.equal([]);
    expect(account.faults().map(({ hit }) => hit)).to.deep.equal([1, 1, 1, 1]);
  });

  it("are not repeated after an error that a repetition cannot cure", async () => {
    const faults = throttledAt(1).map((fault) => ({
      ...fault,
      error: { code: "ValidationException", effect: false },
    }));
    const seen = await invoke<Seen>(await deployment.start({ faults }), "putter");
    expect(seen).to.include({ name: "ValidationException", attempts: 1, isError: true });
  });

  it("reject with the SDK's own classes", async () => {
    const account = await deployment.start();
    await invoke(account, "putter", { fresh: true });
    const seen = await invoke<Seen>(account, "putter", { fresh: true });
    expect(seen).to.include({
      name: "ConditionalCheckFailedException",
      httpStatusCode: 400,
      isError: true,
      isConditional: true,
      isOfSdk: true,
    });
  });
});

describe("SDK clients of a test", () => {
  const item = (id: string) => ({ id: { S: id } });

  it("get the SDK's exceptions, with what belongs to them", async () => {
    const account = await deployment.start();
    const client = account.client(DynamoDBClient);
    const TableName = String(account.outputs.tableName);
    await client.send(new PutItemCommand({ TableName, Item: { ...item("a"), n: { N: "1" } } }));
    const again = new PutItemCommand({
      TableName,
      Item: item("a"),
      ConditionExpression: "attribute_not_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    const failed = await rejection(client.send(again));
    expect(failed).to.be.instanceOf(ConditionalCheckFailedException);
    expect((failed as ConditionalCheckFailedException).Item).to.deep.equal({
      ...item("a"),
      n: { N: "1" },
    });
    const Put = { TableName, Item: item("a"), ConditionExpression: "attribute_not_exists(id)" };
    const cancelled = await rejection(
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] })),
    );
    expect(cancelled).to.be.instanceOf(TransactionCanceledException);
    const { CancellationReasons = [] } = cancelled as TransactionCanceledException;
    expect(CancellationReasons.map(({ Code }) => Code)).to.deep.equal(["ConditionalCheckFailed"]);
    const unknown = await rejection(
      client.send(new GetItemCommand({ TableName: "no-such-table", Key: item("a") })),
    );
    expect(unknown).to.be.instanceOf(ResourceNotFoundException);
  });

  it("send copies: what the caller changes later is not seen", async () => {
    const account = await deployment.start();
    const client = account.client(DynamoDBClient);
    const TableName = String(account.outputs.tableName);
    const Item = { ...item("a"), value: { S: "sent" }, bytes: { B: Uint8Array.of(1, 2) } };
    const sending = client.send(new PutItemCommand({ TableName, Item }));
    Item.value.S = "changed";
    Item.bytes.B[0] = 9;
    await sending;
    const { Item: stored } = await client.send(new GetItemCommand({ TableName, Key: item("a") }));
    expect(stored!.value!.S).to.equal("sent");
    expect([...stored!.bytes!.B!]).to.deep.equal([1, 2]);
    // What was handed out is not the stored item either.
    stored!.value!.S = "changed by the reader";
    const { Item: again } = await client.send(new GetItemCommand({ TableName, Key: item("a") }));
    expect(again!.value!.S).to.equal("sent");
  });

  it("draw tokens of their own: two clients' transactions are two", async () => {
    const account = await deployment.start();
    const TableName = String(account.outputs.tableName);
    for (const id of ["a", "b"]) {
      const Put = { TableName, Item: item(id) };
      await account
        .client(DynamoDBClient)
        .send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] }));
    }
    expect(account.writes("items")).to.have.length(2);
  });

  it("read objects through `transformToString` and `transformToByteArray`", async () => {
    const account = await deployment.start();
    const s3 = account.client(S3Client);
    const Bucket = String(account.outputs.bucket);
    await s3.send(new PutObjectCommand({ Bucket, Key: "letter", Body: "grüße" }));
    const read = async () => (await s3.send(new GetObjectCommand({ Bucket, Key: "letter" }))).Body!;
    expect(await (await read()).transformToString()).to.equal("grüße");
    expect(Buffer.from(await (await read()).transformToByteArray()).toString()).to.equal("grüße");
    const missing = await rejection(s3.send(new GetObjectCommand({ Bucket, Key: "none" })));
    expect(missing).to.be.instanceOf(NoSuchKey);
  });

  it("take their time in the account's clock, calls made together at once", async () => {
    const account = await deployment.start();
    const client = account.client(DynamoDBClient);
    const TableName = String(account.outputs.tableName);
    const get = () => client.send(new GetItemCommand({ TableName, Key: item("a") }));
    const startedAt = account.now;
    await Promise.all(Array.from({ length: 10 }, get));
    expect(account.now - startedAt).to.be.within(2, 8);
  });
});

describe("invoking through the SDK", () => {
  it("answers with a payload to be read as text, and the invocation's request id", async () => {
    const account = await deployment.start();
    const answer = await account
      .client(LambdaClient)
      .send(new InvokeCommand({ FunctionName: "single", Payload: Buffer.from('{"ms":5}') }));
    expect(answer.StatusCode).to.equal(200);
    expect(answer.ExecutedVersion).to.equal("$LATEST");
    expect(answer.FunctionError).to.equal(undefined);
    expect(answer.Payload!.transformToString()).to.equal('"slept 5 ms"');
    expect(answer.$metadata.requestId).to.equal(account.invocations("single")[0]!.requestId);
  });

  it("answers an asynchronous invocation at once with 202 and nothing", async () => {
    const account = await deployment.start();
    const command = new InvokeCommand({
      FunctionName: "single",
      InvocationType: "Event",
      Payload: '{"ms":1000}',
    });
    const { $metadata, Payload, StatusCode } = await account.client(LambdaClient).send(command);
    expect(StatusCode).to.equal(202);
    expect(Payload!.transformToString()).to.equal("");
    await account.settle({ withinSeconds: 60 });
    const [invocation] = account.invocations("single");
    expect(invocation!.outcome).to.equal("ok");
    expect($metadata.requestId).to.equal(invocation!.requestId);
  });

  it("refuses everything with reserved concurrency 0", async () => {
    const account = await deployment.start();
    const refused = await rejection(invoke(account, "stopped"));
    expect(refused).to.be.instanceOf(TooManyRequestsException);
    expect(refused.message).to.equal("Rate Exceeded.");
    const { $metadata, Reason } = refused as TooManyRequestsException;
    expect(Reason).to.equal("ReservedFunctionConcurrentInvocationLimitExceeded");
    expect($metadata.httpStatusCode).to.equal(429);
    // The SDK takes it for a throttle and tries three times.
    expect($metadata.attempts).to.equal(3);
    const outcomes = account.invocations("stopped").map(({ outcome }) => outcome);
    expect(outcomes).to.deep.equal(["throttled", "throttled", "throttled"]);
  });

  it("refuses the second of two with reserved concurrency 1, until the first is done", async () => {
    const account = await deployment.start();
    const long = invoke(account, "single", { ms: 8000 });
    const second = rejection(invoke(account, "single"));
    expect(await second).to.be.instanceOf(TooManyRequestsException);
    expect(await long).to.equal("slept 8000 ms");
    expect(await invoke(account, "single")).to.equal("slept 0 ms");
    const outcomes = account.invocations("single").map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "ok")).to.have.length(2);
  });

  it("refuses a payload that is no JSON, and a qualifier that names nothing", async () => {
    const account = await deployment.start();
    const lambda = account.client(LambdaClient);
    const bad = new InvokeCommand({ FunctionName: "single", Payload: "{" });
    expect(await rejection(lambda.send(bad))).to.be.instanceOf(InvalidRequestContentException);
    for (const FunctionName of [`${String(account.outputs.functionArn)}:live`, "single:live"]) {
      const unknown = await rejection(lambda.send(new InvokeCommand({ FunctionName })));
      expect(unknown.name).to.equal("ResourceNotFoundException");
    }
    expect(account.invocations("single")).to.deep.equal([]);
  });

  it("tells a function's configuration", async () => {
    const account = await deployment.start();
    const configuration = await account
      .client(LambdaClient)
      .send(new GetFunctionConfigurationCommand({ FunctionName: "single" }));
    expect(configuration).to.include({
      Version: "$LATEST",
      Timeout: 10,
      MemorySize: 128,
      Handler: "__index.handler",
    });
  });
});
