import { expect } from "chai";
import { simulate, synthesize, type Deployment } from "../../../simulator";
import { queueProgram, received, runs, sendJobs } from "./queue-program";

describe("a queue's mapping, deployed", () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(queueProgram());
  });

  it("delivers messages to the function, deletes them, and is settled", async () => {
    const account = await deployment.start();
    await sendJobs(account, "a", "b");
    await account.settle({ withinSeconds: 60 });
    expect(runs(account)).to.deep.equal(["a b: ok"]);
    expect(await received(account, "done")).to.deep.equal(["a", "b"]);
    await account.advance({ seconds: 3600 });
    expect(await received(account, "jobs")).to.deep.equal([]);
  });

  it("is among the account's mappings", async () => {
    const account = await deployment.start();
    await sendJobs(account, "a");
    await account.settle({ withinSeconds: 60 });
    const [mapping, ...others] = account.mappings();
    expect(others).to.deep.equal([]);
    expect(mapping).to.include({
      function: "worker",
      source: account.outputs.jobsArn,
      iteratorAgeMsMax: 0,
    });
    expect(mapping!.decisions.map(({ kind }) => kind)).to.deep.equal(["send", "ok"]);
    const [send, ok] = mapping!.decisions;
    expect(ok!.recordIds).to.deep.equal(send!.recordIds);
    expect(ok!.requestId).to.equal(account.invocations("worker")[0]!.requestId);
  });

  it("invokes twice for a message that always fails, then it is dead (maxReceiveCount 2)", async () => {
    const account = await deployment.start();
    await sendJobs(account, "bad");
    await account.settle({ withinSeconds: 120 });
    expect(runs(account)).to.deep.equal(["bad: error", "bad: error"]);
    expect(await received(account, "dead")).to.deep.equal(["bad"]);
    expect(account.pending()).to.deep.equal([]);
  });

  it("is pending while a message is invisible after a failure", async () => {
    const account = await deployment.start();
    await sendJobs(account, "bad");
    await account.advance({ seconds: 10 });
    expect(account.pending()).to.have.length(1);
    expect(account.pending()[0]).to.match(/0 visible, 1 in flight, 0 delayed$/);
  });

  it("bills the empty polls of an hour without messages, and runs nothing for it", async () => {
    const account = await deployment.start();
    await account.advance({ seconds: 3600 });
    expect(account.usage).to.include({ "sqs.emptyReceives": 900 });
    expect(account.usage).to.include({ "sqs.emptyReceives": 900 });
    expect(account.trace.entries.every(({ label }) => label.startsWith("deploy:"))).to.equal(true);
  });

  it("is the same run for the same seed", async () => {
    const hashes = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const account = await deployment.start({ seed });
        await sendJobs(account, "a", "bad", "b");
        await account.settle({ withinSeconds: 600 });
        return account.trace.hash;
      }),
    );
    expect(hashes[1]).to.equal(hashes[0]);
    expect(hashes[2]).not.to.equal(hashes[0]);
  });

  it("dead-letters without ever running the function (reserved concurrency 0)", async () => {
    const account = await simulate(queueProgram({ reservedConcurrentExecutions: 0 }));
    await sendJobs(account, "a");
    await account.settle({ withinSeconds: 600 });
    expect(new Set(runs(account))).to.deep.equal(new Set(["a: throttled"]));
    expect(await received(account, "done")).to.deep.equal([]);
    expect(await received(account, "dead")).to.deep.equal(["a"]);
    const kinds = account.mappings()[0]!.decisions.map(({ kind }) => kind);
    expect(kinds).not.to.include("ok");
    expect(kinds).not.to.include("returned");
  });

  it("processes twice what a timed-out invocation goes on with (zombie)", async () => {
    const program = queueProgram({ queue: { visibilityTimeoutSeconds: 3 } });
    const account = await simulate(program, {
      faults: [{ function: "worker", kind: "timeout", at: { invocation: 1, call: 1 } }],
    });
    await sendJobs(account, "a");
    await account.settle({ withinSeconds: 60 });
    expect(runs(account)).to.deep.equal(["a: timeout", "a: ok"]);
    expect(account.invocations("worker")[0]!.zombieEndedAt).to.be.a("number");
    expect(await received(account, "done")).to.deep.equal(["a", "a"]);
  });

  it("fails as on AWS when the role may not read the queue, or the function runs too long", async () => {
    const refusal = async (program: ReturnType<typeof queueProgram>): Promise<string> => {
      const outcome = await simulate(program).then(
        () => "not refused",
        (cause: unknown) => (cause as Error).message,
      );
      return outcome;
    };
    const actions = ["ReceiveMessage", "GetQueueAttributes"];
    expect(await refusal(queueProgram({ actions }))).to.include(
      "The provided execution role does not have permissions to call DeleteMessage on SQS.",
    );
    expect(await refusal(queueProgram({ timeout: 60 }))).to.include(
      "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    );
  });

  it("changes in place, and is gone with everything else when destroyed", async () => {
    const account = await deployment.start();
    const changes = await account.update(queueProgram({ mapping: { batchSize: 1 } }));
    const kinds = changes.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["update"]);
    await sendJobs(account, "a", "b");
    await account.settle({ withinSeconds: 60 });
    expect(runs(account)).to.deep.equal(["a: ok", "b: ok"]);
    expect(await account.destroy()).to.deep.equal([]);
  });
});
