import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { artifact, functionArn, FunctionWorld } from "./world";

const ARN = functionArn("process");
const INVOKE_ARN =
  /^arn:aws:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/(.*)\/invocations$/;

/** A published function that answers `text`. */
function published(world: FunctionWorld, text = "first", inputs: Record<string, unknown> = {}) {
  return world.fn("process", {
    handler: `return "${text}";`,
    inputs: { publish: true, ...inputs },
  });
}

const answering = (text: string) => ({ code: artifact(`return "${text}";`) });

describe("a published version", () => {
  it("is made at the creation, and at each change of code or configuration", () => {
    const world = new FunctionWorld();
    const first = published(world);
    expect(first.outputs).to.deep.include({ version: "1", arn: ARN, qualifiedArn: `${ARN}:1` });
    expect(INVOKE_ARN.exec(String(first.outputs.invokeArn))![1]).to.equal(ARN);
    expect(INVOKE_ARN.exec(String(first.outputs.qualifiedInvokeArn))![1]).to.equal(`${ARN}:1`);
    const second = world.change(first, { ...first.inputs, ...answering("second") });
    expect(second.outputs).to.deep.include({ version: "2", qualifiedArn: `${ARN}:2` });
    const third = world.change(second, { ...second.inputs, memorySize: 256 });
    expect(third.outputs.version).to.equal("3");
  });

  it("is not made of what is published already", () => {
    const world = new FunctionWorld();
    const first = published(world);
    const tagged = world.change(first, {
      ...first.inputs,
      ...{ tags: { team: "blue" }, reservedConcurrentExecutions: 5 },
    });
    expect(tagged.outputs.version).to.equal("1");
    const off = world.change(tagged, { ...tagged.inputs, publish: false });
    expect(off.outputs.version).to.equal("1");
    expect(world.change(off, { ...off.inputs, publish: true }).outputs.version).to.equal("1");
  });

  it("is not made without `publish`", () => {
    const world = new FunctionWorld();
    const { outputs } = world.fn("process");
    expect(outputs).to.deep.include({ version: "$LATEST", qualifiedArn: `${ARN}:$LATEST` });
    expect(world.services.lambda.find("process:1")).to.equal(undefined);
  });

  it("stays as it was, code, configuration and environment", async () => {
    const world = new FunctionWorld();
    const handler = "return [process.env.COLOR, process.env.AWS_LAMBDA_FUNCTION_VERSION];";
    const blue = { publish: true, environment: { variables: { COLOR: "blue" } } };
    const first = world.fn("process", { handler, inputs: blue });
    const green = { environment: { variables: { COLOR: "green" } } };
    world.change(first, { ...first.inputs, ...green });
    expect((await world.ask("process:1")).value).to.deep.equal(["blue", "1"]);
    expect((await world.ask("process:2")).value).to.deep.equal(["green", "2"]);
    expect((await world.ask("process")).value).to.deep.equal(["green", "$LATEST"]);
  });

  it("is named in answers, invocations, logs and the handler's context", async () => {
    const world = new FunctionWorld();
    const handler = "return [context.functionVersion, context.invokedFunctionArn];";
    world.fn("process", { handler, inputs: { publish: true } });
    const answer = await world.ask(`${ARN}:1`);
    expect(answer).to.deep.include({ ExecutedVersion: "1", value: ["1", `${ARN}:1`] });
    expect((await world.ask("process")).value).to.deep.equal(["$LATEST", ARN]);
    const [run, latest] = world.runs("process");
    expect([run!.version, latest!.version]).to.deep.equal(["1", "$LATEST"]);
    expect(run!.logs[0]).to.equal(`START RequestId: ${run!.requestId} Version: 1`);
  });

  it("has sandboxes of its own, which a change of the function leaves alone", async () => {
    const world = new FunctionWorld();
    const first = published(world);
    await world.ask("process:1");
    await world.ask("process");
    world.change(first, { ...first.inputs, ...answering("second") });
    await world.ask("process:1");
    await world.ask("process");
    const ids = world.runs("process").map(({ sandboxId }) => sandboxId);
    expect(ids).to.deep.equal(["process:1#1", "process#1", "process:1#1", "process#2"]);
  });

  it("shares its function's reserved concurrency with the others", async () => {
    const world = new FunctionWorld();
    const handler = "await new Promise((done) => setTimeout(done, 1000));";
    const inputs = { publish: true, reservedConcurrentExecutions: 1 };
    world.fn("process", { handler, inputs });
    const answers = await Promise.allSettled([
      world.invoke("process:1", {}, "RequestResponse"),
      world.invoke("process", {}, "RequestResponse"),
      world.until(5),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([
      ...["fulfilled", "rejected", "fulfilled"],
    ]);
    const [, { reason }] = answers as unknown as [unknown, PromiseRejectedResult];
    expect(reason).to.deep.include({
      members: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" },
    });
  });

  it("goes with its function", () => {
    const world = new FunctionWorld();
    published(world);
    world.services.lambda.deleteFunction("process");
    expect(world.services.lambda.find("process:1")).to.equal(undefined);
  });

  it("may be named by a parameter of its own, but not by two that differ", async () => {
    const world = new FunctionWorld();
    published(world);
    const version = (input: object) =>
      world.call("GetFunctionConfiguration", input).FunctionArn as string;
    expect(version({ FunctionName: "process", Qualifier: "1" })).to.equal(`${ARN}:1`);
    expect(version({ FunctionName: "process:1", Qualifier: "1" })).to.equal(`${ARN}:1`);
    const both = { FunctionName: "process:1", Qualifier: "2" };
    expect(await refusal(() => version(both))).to.equal(
      "InvalidParameterValueException: The derived qualifier from the function name does not " +
        "match the specified qualifier.",
    );
    expect(await refusal(() => version({ FunctionName: "process", Qualifier: "7" }))).to.equal(
      `ResourceNotFoundException: Function not found: ${functionArn("process:7")}`,
    );
  });
});

describe("PublishVersion", () => {
  const publish = (world: FunctionWorld) =>
    world.call("PublishVersion", { FunctionName: "process" });

  it("makes a version of something new, and answers the last one otherwise", () => {
    const world = new FunctionWorld();
    const fn = world.fn("process");
    expect(publish(world)).to.include({ Version: "1", FunctionArn: `${ARN}:1` });
    expect(publish(world)).to.include({ Version: "1" });
    world.change(fn, { ...fn.inputs, memorySize: 256 });
    expect(publish(world)).to.include({ Version: "2", MemorySize: 256 });
    const { Versions } = world.call<{ Versions: { Version: string; MemorySize: number }[] }>(
      "ListVersionsByFunction",
      { FunctionName: "process" },
    );
    expect(Versions.map(({ MemorySize, Version }) => [Version, MemorySize])).to.deep.equal([
      ["$LATEST", 256],
      ["1", 128],
      ["2", 256],
    ]);
  });

  it("is counted by the next deployment", () => {
    const world = new FunctionWorld();
    const fn = world.fn("process");
    publish(world);
    const same = world.change(fn, { ...fn.inputs, publish: true });
    expect(same.outputs.version).to.equal("1");
    expect(world.change(same, { ...same.inputs, timeout: 9 }).outputs.version).to.equal("2");
  });

  it("refuses code that is no longer the newest", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: "return 1;" });
    const input = { FunctionName: "process", CodeSha256: "return 0;" };
    expect(await refusal(() => world.call("PublishVersion", input))).to.equal(
      "InvalidParameterValueException: CodeSHA256 (return 0;) is different from current CodeSHA256 " +
        "in $LATEST (return 1;). Please try again with the CodeSHA256 in $LATEST.",
    );
  });
});

describe("PutFunctionConcurrency", () => {
  it("holds at once, and keeps warm sandboxes", async () => {
    const world = new FunctionWorld();
    published(world);
    await world.ask("process");
    const put = (count: number) =>
      world.call("PutFunctionConcurrency", {
        ...{ FunctionName: "process", ReservedConcurrentExecutions: count },
      });
    put(0);
    expect(await refusal(() => world.ask("process:1"))).to.match(/^TooManyRequestsException/);
    put(2);
    await world.ask("process");
    const [before, , after] = world.runs("process");
    expect(after!.sandboxId).to.equal(before!.sandboxId);
    expect(await refusal(() => put(901))).to.match(/UnreservedConcurrentExecution below/);
  });
});
