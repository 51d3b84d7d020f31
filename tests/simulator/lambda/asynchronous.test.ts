import { expect } from "chai";
import { START_MS } from "../iam/account-fixture";
import { functionArn, FunctionWorld } from "./world";

describe("an asynchronous invocation", () => {
  it("is retried a minute and two minutes later (1 call by 30 s, 2 by 91 s, 3 by 213 s)", async () => {
    const world = new FunctionWorld();
    world.fn("process");
    await world.invoke("process");
    const counts: number[] = [];
    for (const seconds of [30, 91, 213, 4000]) {
      await world.until(seconds);
      counts.push(world.runs("process").length);
    }
    expect(counts).to.deep.equal([1, 2, 3, 3]);
    expect(world.seconds("process")).to.deep.equal([0, 60, 180]);
  });

  it("has one request id for all its attempts, and its answer says nothing", async () => {
    const world = new FunctionWorld();
    world.fn("process");
    const answer = await world.invoke("process");
    await world.until(300);
    expect(answer).to.deep.include({ StatusCode: 202, value: undefined });
    const ids = world.runs("process").map(({ requestId }) => requestId);
    expect(ids).to.have.length(3);
    expect(new Set(ids)).to.deep.equal(new Set([world.events("process")[0]!.requestId]));
  });

  it("is reported with what became of it", async () => {
    const world = new FunctionWorld();
    world.fn("process", { handler: "if (event.fail) throw new Error('no'); return 1;" });
    await world.invoke("process", { fail: true });
    await world.invoke("process", {});
    const shared = { function: "process", eventIdentity: "Event process", receivedAtMs: START_MS };
    expect(world.events("process")[1]).to.deep.include({ ...shared, attempts: 0 });
    expect(world.events("process")[1]).not.to.have.any.keys("ended", "endedAtMs");
    await world.until(300);
    const [failed, done] = world.events("process");
    expect(failed).to.deep.include({ ...shared, attempts: 3, throttles: 0, lostTo: [] });
    expect(failed!.ended).to.equal("retries-exhausted");
    expect(failed!.endedAtMs).to.equal(world.runs("process").at(-1)!.endedAt);
    expect(done).to.deep.include({ ...shared, attempts: 1, ended: "ok" });
    expect(world.metric("AsyncEventsReceived", "process")).to.equal(2);
    expect(world.metric("AsyncEventsDropped", "process")).to.equal(1);
  });

  for (const [attempts, seconds] of [
    [0, [0]],
    [1, [0, 60]],
    [2, [0, 60, 180]],
  ] as const) {
    it(`is retried as often as its function's configuration says (${attempts})`, async () => {
      const world = new FunctionWorld();
      world.fn("process");
      world.configure("process", { maximumRetryAttempts: attempts });
      await world.invoke("process");
      await world.until(3000);
      expect(world.seconds("process")).to.deep.equal([...seconds]);
      expect(world.events("process")[0]!.ended).to.equal("retries-exhausted");
    });
  }

  for (const [age, calls] of [
    [60, 1],
    [90, 2],
    [200, 3],
  ] as const) {
    it(`has its age tested ahead (age ${age}: ${calls} calls)`, async () => {
      const world = new FunctionWorld();
      const destination = world.queue("failures");
      world.fn("process");
      world.configure("process", {
        maximumEventAgeInSeconds: age,
        destinationConfig: { onFailure: { destination } },
      });
      await world.invoke("process");
      await world.until(4000);
      expect(world.runs("process")).to.have.length(calls);
      const endedAt = world.runs("process").at(-1)!.endedAt!;
      const [event] = world.events("process");
      const ended = calls === 3 ? "retries-exhausted" : "age-exceeded";
      // At once: nothing waits for the age to be reached.
      expect(event).to.include({ ended, endedAtMs: endedAt });
      const condition = calls === 3 ? "RetriesExhausted" : "EventAgeExceeded";
      const [record] = world.bodies<{ requestContext: object }>("failures");
      expect(record!.requestContext).to.include({ condition, approximateInvokeCount: calls });
    });
  }

  it("waits 1 s after a throttle, then twice as long each time up to 5 minutes", async () => {
    const from = START_MS;
    const faults = [
      { function: "process", kind: "throttle", from, until: from + 1_000_000 },
    ] as const;
    const world = new FunctionWorld({ faults });
    world.fn("process", { handler: "return 1;" });
    await world.invoke("process");
    await world.until(2000);
    const seconds = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111];
    expect(world.seconds("process")).to.deep.equal(seconds);
    expect(world.events("process")[0]).to.include({ attempts: 1, throttles: 11, ended: "ok" });
  });

  it("uses no retry when it is throttled", async () => {
    const faults = [
      { function: "process", kind: "throttle", from: START_MS, until: START_MS + 20_000 },
    ] as const;
    const world = new FunctionWorld({ faults });
    world.fn("process");
    world.configure("process", { maximumRetryAttempts: 1 });
    await world.invoke("process");
    await world.until(2000);
    expect(world.seconds("process")).to.deep.equal([0, 1, 3, 7, 15, 31, 91]);
    const ended = "retries-exhausted";
    expect(world.events("process")[0]).to.include({ attempts: 2, throttles: 5, ended });
  });

  it("is given up for its age alone while it is throttled", async () => {
    const faults = [{ function: "process", kind: "throttle", from: START_MS }] as const;
    const world = new FunctionWorld({ faults });
    const destination = world.queue("failures");
    world.fn("process");
    world.configure("process", { destinationConfig: { onFailure: { destination } } });
    await world.invoke("process");
    await world.until(30_000);
    const [event] = world.events("process");
    expect(event).to.include({ attempts: 0, throttles: 80, ended: "age-exceeded" });
    // The attempt after 21,511 s would have been the first beyond six hours.
    expect(Math.round((event!.endedAtMs! - START_MS) / 1000)).to.equal(21_511);
    const [record] = world.bodies("failures");
    expect(record!.requestContext).to.include({
      condition: "EventAgeExceeded",
      approximateInvokeCount: 0,
    });
    expect(record).not.to.have.any.keys("responseContext", "responsePayload");
  });

  it("counts throttled attempts as invocations too (async.invokeCount attempts)", async () => {
    const faults = [{ function: "process", kind: "throttle", from: START_MS }] as const;
    const world = new FunctionWorld({ faults, assumptions: { "async.invokeCount": "attempts" } });
    const destination = world.queue("failures");
    world.fn("process");
    world.configure("process", {
      maximumEventAgeInSeconds: 60,
      destinationConfig: { onFailure: { destination } },
    });
    await world.invoke("process");
    await world.until(100);
    const [record] = world.bodies("failures");
    expect(record!.requestContext).to.include({ approximateInvokeCount: 6 });
    expect(world.assumptions.used()).to.include("async.invokeCount");
  });

  it("is given up at once, and never run, with reserved concurrency 0", async () => {
    const world = new FunctionWorld();
    const destination = world.queue("failures");
    world.fn("process", { inputs: { reservedConcurrentExecutions: 0 } });
    world.configure("process", { destinationConfig: { onFailure: { destination } } });
    await world.invoke("process", { n: 7 });
    await world.until(1);
    const [event] = world.events("process");
    expect(event).to.include({ attempts: 0, ended: "zero-concurrency" });
    const [record] = world.bodies("failures");
    expect(Object.keys(record!)).to.deep.equal([
      ...["version", "timestamp", "requestContext", "requestPayload"],
    ]);
    expect(record).to.deep.include({
      requestContext: {
        requestId: event!.requestId,
        functionArn: `${functionArn("process")}:$LATEST`,
        condition: "ZeroReservedConcurrency",
        approximateInvokeCount: 0,
      },
      requestPayload: { n: 7 },
    });
    await world.until(30_000);
    expect(world.events("process")[0]!.throttles).to.equal(1);
    expect(world.bodies("failures")).to.have.length(1);
  });

  it("is dropped when its function is gone before the retry", async () => {
    const world = new FunctionWorld();
    world.fn("process");
    await world.invoke("process");
    await world.until(30);
    const events = world.events("process");
    world.services.lambda.deleteFunction("process");
    await world.until(100);
    expect(events[0]).to.include({ attempts: 1, ended: "dropped" });
  });

  it("follows a changed configuration", async () => {
    const world = new FunctionWorld();
    world.fn("process");
    const config = world.configure("process", { maximumRetryAttempts: 0 });
    world.change(config, { functionName: "process", maximumRetryAttempts: 1 });
    await world.invoke("process");
    await world.until(1000);
    expect(world.runs("process")).to.have.length(2);
  });

  it("is the same run again with the same seed", async () => {
    const run = async (): Promise<string> => {
      const world = new FunctionWorld();
      const destination = world.queue("failures");
      world.fn("process");
      world.configure("process", { destinationConfig: { onFailure: { destination } } });
      for (let n = 0; n < 5; n++) await world.invoke("process", { n });
      await world.until(500);
      return world.trace.hash;
    };
    expect(await run()).to.equal(await run());
  });
});
