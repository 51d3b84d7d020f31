import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { FunctionWorld } from "./world";

const MB = 1024 * 1024;

describe("reserved concurrency", () => {
  const reserving = (count: number) => ({ inputs: { reservedConcurrentExecutions: count } });

  it("leaves 100 of 1000 to the other functions, or is refused", async () => {
    const world = new FunctionWorld();
    world.fn("first", reserving(500));
    const second = world.fn("second", reserving(400));
    const message =
      "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases " +
      "account's UnreservedConcurrentExecution below its minimum value of [100].";
    expect(await refusal(() => world.fn("third", reserving(1)))).to.equal(message);
    const changed = { ...second.inputs, reservedConcurrentExecutions: 401 };
    expect(await refusal(() => world.change(second, changed))).to.equal(message);
    world.change(second, { ...second.inputs, reservedConcurrentExecutions: 300 });
    world.fn("fourth", reserving(100));
  });

  it("is kept back from the others: they share what is left", async () => {
    const world = new FunctionWorld();
    world.fn("reserved", reserving(900));
    world.fn("sleeper", { handler: "await new Promise((done) => setTimeout(done, 1000));" });
    const answers = await Promise.allSettled([
      ...Array.from({ length: 101 }, () => world.invoke("sleeper", {}, "RequestResponse")),
      world.until(20),
    ]);
    const refused = answers.filter(({ status }) => status === "rejected");
    expect(refused).to.have.length(1);
    const [{ reason }] = refused as PromiseRejectedResult[] as [PromiseRejectedResult];
    expect(reason).to.deep.include({
      code: "TooManyRequestsException",
      statusCode: 429,
      members: { Reason: "ConcurrentInvocationLimitExceeded" },
    });
  });
});

describe("a payload", () => {
  it("may have 6 MB when its answer is waited for, and no more", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: "return event.length;" });
    const text = "x".repeat(6 * MB - 2);
    expect(await world.ask("process", text)).to.include({ value: text.length });
    expect(await refusal(() => world.ask("process", `${text}x`))).to.equal(
      "RequestEntityTooLargeException: Request must be smaller than 6291456 bytes for the " +
        "InvokeFunction operation",
    );
  });

  it("may have 1 MB when it is not, and no more", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: "return event.length;" });
    const text = "x".repeat(MB - 2);
    expect(await world.invoke("process", text)).to.include({ StatusCode: 202 });
    expect(await refusal(() => world.invoke("process", `${text}x`))).to.equal(
      "RequestEntityTooLargeException: 1048577 byte payload is too large for the Event invocation " +
        "type (limit 1048576 bytes)",
    );
    expect(world.events("process")).to.have.length(1);
  });

  it("of an answer may have 6 MB; a larger one fails the invocation", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: "return 'x'.repeat(event.length);" });
    const answer = await world.ask("process", { length: 6 * MB - 2 });
    expect(answer).not.to.have.property("FunctionError");
    const { FunctionError, value } = await world.ask("process", { length: 6 * MB });
    expect(FunctionError).to.equal("Unhandled");
    expect(value).to.deep.include({ errorType: "Function.ResponseSizeTooLarge" });
  });
});

describe("a promise that is left rejected", () => {
  const floating = (rest: string): string =>
    `(async () => { throw new Error("stray"); })(); ${rest}`;
  const waits = "await new Promise((done) => setTimeout(done, 1000)); return 'unharmed';";

  it("fails the invocation, and ends the environment", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: `if (event.good) return "good"; ${floating(waits)}` });
    const { FunctionError, value } = await world.ask("process");
    expect(FunctionError).to.equal("Unhandled");
    expect(value).to.deep.equal({
      errorType: "Runtime.UnhandledPromiseRejection",
      errorMessage: "Error: stray",
      trace: [],
    });
    expect(await world.ask("process", { good: true })).to.deep.include({ value: "good" });
    const [first, second] = world.runs("process");
    expect(first!.outcome).to.equal("error");
    expect(second!.sandboxId).not.to.equal(first!.sandboxId);
  });

  it("comes too late for an invocation that has answered, but ends the environment", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: floating("return 'answered';") });
    expect(await world.ask("process")).to.deep.include({ value: "answered" });
    expect(await world.ask("process")).to.deep.include({ value: "answered" });
    const sandboxes = world.runs("process").map(({ sandboxId }) => sandboxId);
    expect(new Set(sandboxes).size).to.equal(2);
  });

  it("fails the invocation if an SDK call was not awaited", async () => {
    const world = new FunctionWorld();
    const handler =
      'const { GetQueueUrlCommand, SQSClient } = require("@aws-sdk/client-sqs");' +
      'new SQSClient({}).send(new GetQueueUrlCommand({ QueueName: "gone" }));' +
      waits;
    world.fn("process", { handler });
    const { value } = await world.ask("process");
    expect(value).to.deep.include({ errorType: "Runtime.UnhandledPromiseRejection" });
    expect((value as { errorMessage: string }).errorMessage).to.match(/^QueueDoesNotExist: /);
  });

  it("does nothing if somebody handles it in time", async () => {
    const world = new FunctionWorld();
    const handler =
      'const stray = Promise.reject(new Error("stray"));' +
      "await Promise.resolve(); stray.catch(() => {}); return 'handled';";
    world.fn("process", { handler });
    expect(await world.ask("process")).to.deep.include({ value: "handled" });
    expect(await world.ask("process")).to.deep.include({ value: "handled" });
    expect(world.runs("process")[1]!.sandboxId).to.equal(world.runs("process")[0]!.sandboxId);
  });

  it("of the host stays the host's", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: "return 1;" });
    await world.ask("process");
    const heard: unknown[] = [];
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.once("unhandledRejection", (reason) => heard.push(reason));
    void Promise.reject(new Error("the host's own"));
    await new Promise((done) => setImmediate(done));
    for (const listener of listeners) process.on("unhandledRejection", listener);
    expect(heard.map(String)).to.deep.equal(["Error: the host's own"]);
  });
});
