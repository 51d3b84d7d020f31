import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { synthesize, type Deployment, type Fault, type SimulatedAws } from "../../../simulator";
import { putTexts } from "./stream-program";
import { writerProgram, type WriterEvent } from "./writer-program";

describe("faults, hit by name, on a function that makes three calls", () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(writerProgram);
  });

  const start = (...faults: Omit<Fault, "function">[]): Promise<SimulatedAws> =>
    deployment.start({ faults: faults.map((fault) => ({ function: "writer", ...fault })) });

  /** Invokes the writer and answers what its caller sees. */
  async function invoke(account: SimulatedAws, event: WriterEvent = {}): Promise<unknown> {
    const { FunctionError, Payload } = await account
      .client(LambdaClient)
      .send(new InvokeCommand({ FunctionName: "writer", Payload: JSON.stringify(event) }));
    const answer = JSON.parse(Payload!.transformToString()) as { errorType?: string };
    return FunctionError ? `${FunctionError}: ${answer.errorType}` : answer;
  }

  const only = (account: SimulatedAws) => account.invocations("writer")[0]!;

  /** The items written, in order: `a b c`. */
  const written = (account: SimulatedAws): string =>
    account
      .writes("items")
      .map(({ key }) => key.id!.S)
      .join(" ");

  function expectHits(account: SimulatedAws, planned: number, hit: number): void {
    const counts = account.faults().map((count) => ({ planned: count.planned, hit: count.hit }));
    expect(counts).to.deep.equal([{ planned, hit }]);
  }

  it("without any: three writes, and the answer", async () => {
    const account = await start();
    expect(await invoke(account)).to.deep.equal(["ok", "ok", "ok"]);
    expect(written(account)).to.equal("a b c");
    expect(only(account)).to.include({ outcome: "ok" });
    expect(account.faults()).to.deep.equal([]);
  });

  it("before-effect: fails, and nothing was written; the next invocation succeeds", async () => {
    const account = await start({ kind: "before-effect", at: { invocation: 1 } });
    expect(await invoke(account)).to.equal("Unhandled: Error");
    expect(written(account)).to.equal("");
    expect(only(account).error!.errorMessage).to.contain("before-effect");
    expect(await invoke(account)).to.deep.equal(["ok", "ok", "ok"]);
    expectHits(account, 1, 1);
  });

  it("after-commit: everything was written, yet the invocation is an error", async () => {
    const account = await start({ kind: "after-commit", at: { invocation: 1 } });
    expect(await invoke(account)).to.equal("Unhandled: Error");
    expect(written(account)).to.equal("a b c");
    expect(only(account)).to.include({ outcome: "error" }).and.not.have.property("response");
    expectHits(account, 1, 1);
  });

  it("kill before the second call: one write, the environment is gone", async () => {
    const account = await start({ kind: "kill", at: { invocation: 1, call: 2 } });
    expect(await invoke(account)).to.equal("Unhandled: Runtime.ExitError");
    expect(only(account).outcome).to.equal("killed");
    await invoke(account);
    expect(written(account)).to.equal("a a b c");
    const [first, second] = account.invocations("writer");
    expect(second!.sandboxId).not.to.equal(first!.sandboxId);
    expectHits(account, 1, 1);
  });

  it("kill after the last call, before the return: everything was written", async () => {
    const account = await start({ kind: "kill", at: { invocation: 1, call: 4 } });
    await invoke(account);
    expect(only(account).outcome).to.equal("killed");
    expect(written(account)).to.equal("a b c");
    expectHits(account, 1, 1);
  });

  it("kill at a call that never comes: planned, not hit", async () => {
    const account = await start({ kind: "kill", at: { invocation: 1, call: 5 } });
    expect(await invoke(account)).to.deep.equal(["ok", "ok", "ok"]);
    expectHits(account, 1, 0);
  });

  it("response-lost: the SDK sends again, and an update without a token takes effect twice", async () => {
    const account = await start({ kind: "response-lost", at: { invocation: 1, call: 2 } });
    expect(await invoke(account)).to.deep.equal(["ok", "ok", "ok"]);
    expect(written(account)).to.equal("a b b c");
    expectHits(account, 1, 1);
  });

  it("response-lost: a transaction is sent again with its token, and takes effect once", async () => {
    const account = await start({ kind: "response-lost", at: { invocation: 1, call: 2 } });
    expect(await invoke(account, { transactions: true })).to.deep.equal(["ok", "ok", "ok"]);
    expect(written(account)).to.equal("a b c");
    expectHits(account, 1, 1);
  });

  it("sdk-error without effect: a server error, which the SDK repeats unseen", async () => {
    const error = { code: "InternalServerError", effect: false };
    const account = await start({ kind: "sdk-error", error, at: { invocation: 1, call: 2 } });
    expect(await invoke(account)).to.deep.equal(["ok", "ok", "ok"]);
    expect(written(account)).to.equal("a b c");
    expectHits(account, 1, 1);
  });

  it("sdk-error with effect: repeated by the SDK, a second effect", async () => {
    const error = { code: "InternalServerError", effect: true };
    const account = await start({ kind: "sdk-error", error, at: { invocation: 1, call: 2 } });
    expect(await invoke(account)).to.deep.equal(["ok", "ok", "ok"]);
    expect(written(account)).to.equal("a b b c");
  });

  it("sdk-error that the SDK does not repeat: the handler sees it", async () => {
    const error = { code: "ItemCollectionSizeLimitExceededException", effect: false };
    const account = await start({ kind: "sdk-error", error, at: { invocation: 1, call: 1 } });
    const seen = await invoke(account, { tolerant: true });
    expect(seen).to.deep.equal([error.code, "ok", "ok"]);
    expect(written(account)).to.equal("b c");
  });

  it("timeout: ends at the function's timeout, and a zombie goes on", async () => {
    const account = await start({ kind: "timeout", at: { invocation: 1, call: 2 } });
    expect(await invoke(account)).to.equal("Unhandled: Sandbox.Timedout");
    const invocation = only(account);
    expect(invocation.outcome).to.equal("timeout");
    expect(invocation.error!.errorMessage).to.match(/Error: Task timed out after 2\.00 seconds$/);
    await account.advance({ seconds: 2 });
    expect(invocation.zombieEndedAt!).to.be.greaterThan(invocation.endedAt!);
    expect(written(account)).to.equal("a b c");
    expectHits(account, 1, 1);
  });

  it("timeout of a batch: the zombie writes while the batch is already being retried", async () => {
    const account = await start({ kind: "timeout", at: { invocation: 1, call: 1 } });
    await putTexts(account, ["r1"]);
    await account.settle({ withinSeconds: 60 });
    const [first, second] = account.invocations("writer");
    expect([first!.outcome, second!.outcome]).to.deep.equal(["timeout", "ok"]);
    expect(second!.startedAt).to.be.greaterThan(first!.endedAt!);
    expect(first!.zombieEndedAt!).to.be.greaterThan(second!.startedAt);
    const late = account
      .writes("items")
      .filter(({ atMs, requestId }) => requestId === first!.requestId && atMs > second!.startedAt);
    expect(late.map(({ key }) => key.id!.S)).to.deep.equal(["b", "c"]);
    expect(second!.sandboxId).not.to.equal(first!.sandboxId);
  });

  it("throttle: every invocation of an interval is refused with 429, and listed", async () => {
    const account = await start({ kind: "throttle", until: Date.parse("2026-01-01T00:00:10Z") });
    await putTexts(account, ["r1"]);
    await account.settle({ withinSeconds: 60 });
    const outcomes = account.invocations("writer").map(({ outcome }) => outcome!);
    expect(outcomes.at(-1)).to.equal("ok");
    expect(new Set(outcomes.slice(0, -1))).to.deep.equal(new Set(["throttled"]));
    expect(only(account)).to.include({ billedMs: 0 }).and.not.have.property("sandboxId");
    expectHits(account, outcomes.length - 1, outcomes.length - 1);
    expect(written(account)).to.equal("a b c");
  });

  it("down: every invocation of an interval fails before its handler", async () => {
    const account = await start({ kind: "down", until: Date.parse("2026-01-01T00:00:05Z") });
    await putTexts(account, ["r1"]);
    await account.settle({ withinSeconds: 60 });
    const outcomes = account.invocations("writer").map(({ outcome }) => outcome!);
    expect(outcomes.length).to.be.greaterThan(2);
    expect(outcomes).to.deep.equal([...Array(outcomes.length - 1).fill("error"), "ok"]);
    expect(written(account)).to.equal("a b c");
    expectHits(account, outcomes.length - 1, outcomes.length - 1);
  });

  it("poison: writes of a key fail in the first invocations that try", async () => {
    const account = await start({ kind: "poison", match: { keys: ["b"], times: 2 } });
    const seen: unknown[] = [];
    for (let count = 0; count < 3; count++) seen.push(await invoke(account, { tolerant: true }));
    const failing = ["ok", "ValidationException", "ok"];
    expect(seen).to.deep.equal([failing, failing, ["ok", "ok", "ok"]]);
    expect(written(account)).to.equal("a c a c a b c");
    expectHits(account, 2, 2);
  });

  it("probability 1 hits every invocation, 0 none", async () => {
    const always = await start({ kind: "after-commit", probability: 1 });
    const never = await start({ kind: "after-commit", probability: 0 });
    for (const account of [always, never]) {
      await invoke(account);
      await invoke(account);
    }
    expectHits(always, 2, 2);
    expectHits(never, 0, 0);
  });

  it("`from` and `until` bound what is drawn", async () => {
    const bounds = {
      from: Date.parse("2026-01-01T00:01:00Z"),
      until: Date.parse("2026-01-01T00:02:00Z"),
    };
    const account = await start({ kind: "before-effect", probability: 1, ...bounds });
    const outcomes: unknown[] = [];
    for (let minute = 0; minute < 3; minute++) {
      await invoke(account);
      outcomes.push(account.invocations("writer").at(-1)!.outcome);
      await account.advance({ seconds: 60 });
    }
    expect(outcomes).to.deep.equal(["ok", "error", "ok"]);
  });

  it("the same seed and faults give the same trace, another seed another", async () => {
    const faults: Fault[] = [{ function: "writer", kind: "kill", probability: 0.5 }];
    const hashes: string[] = [];
    for (const seed of [1, 1, 2]) {
      const account = await deployment.start({ seed, faults });
      await putTexts(account, ["r1", "r2"]);
      await account.settle({ withinSeconds: 600 });
      hashes.push(account.trace.hash);
    }
    expect(hashes[0]).to.equal(hashes[1]);
    expect(hashes[0]).not.to.equal(hashes[2]);
  });
});
