import { expect } from "chai";
import { synthesize, type Deployment, type SimulatedAws } from "../../../simulator";
import { invoke, toolboxProgram, use } from "./toolbox-program";

let deployment: Deployment;

before(async () => {
  deployment = await synthesize(toolboxProgram);
});

const last = (account: SimulatedAws, name = "toolbox") => account.invocations(name).at(-1)!;

describe("the list of invocations", () => {
  it("is found by logical name, physical name and ARN", async () => {
    const account = await deployment.start();
    await use(account, "count");
    const { arn, name } = account.outputs as { arn: string; name: string };
    expect(name).to.match(/^toolbox-[0-9a-f]{7}$/);
    const found = ["toolbox", name, arn].map((way) => account.invocations(way));
    for (const invocations of found) expect(invocations).to.equal(found[0]);
    expect(found[0]).to.have.length(1);
  });

  it("holds parsed events and answers, times and billing", async () => {
    const account = await deployment.start({ startAt: "2026-02-03T04:05:06Z" });
    await use(account, "sleep", 1000);
    const invocation = last(account);
    expect(invocation.event).to.deep.equal({ do: "sleep", ms: 1000 });
    expect(invocation).to.include({ outcome: "ok", response: "rested", version: "$LATEST" });
    expect(invocation.functionName).to.equal(account.outputs.name);
    expect(invocation.startedAt - Date.parse("2026-02-03T04:05:06Z")).to.be.within(1, 4);
    const tookMs = invocation.endedAt! - invocation.startedAt;
    // A cold start (300 ms ± 50 %) and the overhead (5 ms ± 50 %) before the handler.
    expect(tookMs).to.be.within(1000 + 150 + 2, 1000 + 450 + 9);
    expect(invocation.billedMs).to.be.within(1150, tookMs);
  });

  it("shows one that runs without an end", async () => {
    const account = await deployment.start();
    const answer = use(account, "sleep", 2000);
    await account.advance({ seconds: 1 });
    expect(last(account)).not.to.have.any.keys("outcome", "endedAt");
    expect((await answer).value).to.equal("rested");
    expect(last(account).outcome).to.equal("ok");
  });

  it("holds what was logged, between START and END", async () => {
    const account = await deployment.start();
    await use(account, "log");
    const { billedMs, logs, requestId } = last(account);
    expect(logs[0]).to.equal(`START RequestId: ${requestId} Version: $LATEST`);
    expect(logs[1]).to.match(/^2026-01-01T00:00:00\.\d{3}Z\t[0-9a-f-]{36}\tINFO\tfound 3 of them$/);
    expect(logs[2]).to.contain(`${requestId}\tERROR\t{ reason: 'none' }`);
    expect(logs[3]).to.equal(`END RequestId: ${requestId}`);
    expect(logs[4]).to.match(
      /^REPORT RequestId: .*\tDuration: \d+\.00 ms\tBilled Duration: \d+ ms/,
    );
    expect(logs[4]).to.contain(`Billed Duration: ${billedMs} ms\tMemory Size: 128 MB`);
    expect(logs).to.have.length(5);
  });
});

describe("what a handler sees", () => {
  it("virtual time, its request id and what time is left", async () => {
    const account = await deployment.start({ startAt: "2030-01-01T00:00:00Z" });
    const { value } = await use(account, "describe", 500);
    const { requestId } = last(account);
    const seen = value as { now: number; startedAt: number; remainingMs: number };
    expect(seen).to.include({ requestId, remainingMs: 3000 - 501 });
    expect(seen.now - seen.startedAt).to.equal(500);
    expect(seen.startedAt - Date.parse("2030-01-01T00:00:00Z")).to.be.within(150, 500);
  });

  it("its own environment variables and Lambda's, none of the host's", async () => {
    const account = await deployment.start();
    const { value } = await use(account, "describe");
    expect(value).to.include({
      color: "green",
      region: "us-east-1",
      functionName: account.outputs.name,
    });
    expect(value).not.to.have.property("home");
  });
});

describe("environments", () => {
  const count = async (account: SimulatedAws): Promise<unknown> =>
    (await use(account, "count")).value;

  it("keep their module state while they are warm", async () => {
    const account = await deployment.start();
    const counts = [await count(account), await count(account), await count(account)];
    expect(counts).to.deep.equal([1, 2, 3]);
    const invocations = account.invocations("toolbox");
    expect(new Set(invocations.map(({ sandboxId }) => sandboxId)).size).to.equal(1);
    const [first, second] = invocations.map(({ endedAt, startedAt }) => endedAt! - startedAt);
    expect(first).to.be.greaterThan(150);
    expect(second).to.be.lessThan(15);
  });

  it("are one for each invocation at a time, each with a state of its own", async () => {
    const account = await deployment.start();
    const counts = await Promise.all([count(account), count(account), count(account)]);
    expect(counts).to.deep.equal([1, 1, 1]);
    expect(await count(account)).to.equal(2);
  });

  it("share nothing between accounts of one deployment", async () => {
    await count(await deployment.start());
    expect(await count(await deployment.start())).to.equal(1);
  });

  it("survive an error", async () => {
    const account = await deployment.start();
    expect(await use(account, "fail")).to.deep.equal({
      functionError: "Unhandled",
      value: { errorType: "TypeError", errorMessage: "this tool is broken", trace: [] },
    });
    expect(last(account)).to.include({ outcome: "error" });
    expect(last(account).error).to.deep.equal({
      errorType: "TypeError",
      errorMessage: "this tool is broken",
    });
    expect(last(account).logs.join("\n")).to.contain("this tool is broken");
    expect(await count(account)).to.equal(2);
  });

  it("end with a timeout", async () => {
    const account = await deployment.start();
    const { functionError, value } = await use(account, "sleep", 5000);
    expect(functionError).to.equal("Unhandled");
    const { requestId } = last(account);
    expect(value).to.deep.include({
      errorType: "Sandbox.Timedout",
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 3.00 seconds`,
    });
    expect(last(account)).to.include({ outcome: "timeout" }).and.not.have.property("zombieEndedAt");
    expect(await count(account)).to.equal(1);
    await account.advance({ seconds: 60 });
    expect(account.invocations("toolbox")[0]).not.to.have.property("zombieEndedAt");
  });

  for (const [tool, what] of [
    ["exit", "Runtime exited with error: exit status 3"],
    ["exit quietly", "Runtime exited without providing a reason"],
  ] as const) {
    it(`end when the handler exits (${tool})`, async () => {
      const account = await deployment.start();
      const { functionError, value } = await use(account, tool);
      expect(functionError).to.equal("Unhandled");
      expect(value).to.deep.include({
        errorType: "Runtime.ExitError",
        errorMessage: `RequestId: ${last(account).requestId} Error: ${what}`,
      });
      expect(last(account).outcome).to.equal("error");
      expect(await count(account)).to.equal(1);
    });
  }

  it("end with an exception that nothing catches", async () => {
    const account = await deployment.start();
    const { functionError, value } = await use(account, "fail later");
    expect(functionError).to.equal("Unhandled");
    expect(value).to.deep.include({ errorType: "RangeError", errorMessage: "nobody catches this" });
    expect(await count(account)).to.equal(1);
  });

  it("are frozen between invocations: what a timer does then, it does to the next one", async () => {
    const account = await deployment.start();
    expect((await use(account, "fail when thawed")).value).to.equal("gone before that");
    await account.advance({ seconds: 10 });
    expect(last(account).outcome).to.equal("ok");
    expect((await use(account, "count")).value).to.deep.include({ errorMessage: "left over" });
    expect(await count(account)).to.equal(1);
  });
});

describe("answers", () => {
  it("a handler that answers nothing answers null", async () => {
    const account = await deployment.start();
    expect(await use(account, "nothing")).to.deep.equal({ value: null });
    expect(last(account)).to.include({ outcome: "ok", response: null });
  });

  it("what is thrown need not be an error", async () => {
    const account = await deployment.start();
    const { functionError, value } = await use(account, "throw text");
    expect(functionError).to.equal("Unhandled");
    expect(value).to.deep.include({ errorType: "string", errorMessage: "just a text" });
  });

  it("a callback answers or fails", async () => {
    const account = await deployment.start();
    expect(await invoke(account, "callback")).to.deep.equal({ value: { answered: true } });
    const { functionError, value } = await invoke(account, "callback", { fail: true });
    expect(functionError).to.equal("Unhandled");
    expect(value).to.deep.include({ errorMessage: "called back with an error" });
  });

  it("a package that is not in the artifact cannot be imported, in any environment", async () => {
    const account = await deployment.start();
    for (let attempt = 0; attempt < 2; attempt++) {
      const { functionError, value } = await invoke(account, "unpacked");
      expect(functionError).to.equal("Unhandled");
      expect(value).to.deep.include({ errorType: "Runtime.ImportModuleError" });
      expect((value as { errorMessage: string }).errorMessage).to.contain(
        "Cannot find module 'decimal.js",
      );
    }
  });
});
