import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { simulate, synthesize, type SimulatedAws } from "../../../simulator";
import { rejection } from "./rejection";
import { batches, putTexts, streamProgram } from "./stream-program";
import { toolboxProgram } from "./toolbox-program";

describe("outputs", () => {
  it("are plain values, whatever the program wrapped them in", async () => {
    const { outputs } = await simulate(toolboxProgram, { config: { "program:color": "red" } });
    expect(outputs.nested).to.deep.equal({ list: [outputs.name, 1], color: "red" });
    expect(outputs.secret).to.equal("hidden");
    expect(outputs.arn).to.equal(
      `arn:aws:lambda:us-east-1:123456789012:function:${String(outputs.name)}`,
    );
  });

  it("are there before anything is started", async () => {
    const deployment = await synthesize(() => ({ answer: pulumi.output(42) }));
    expect(deployment.outputs).to.deep.equal({ answer: 42 });
    expect(deployment.resources).to.deep.equal([]);
  });
});

describe("time", () => {
  let account: SimulatedAws;

  beforeEach(async () => {
    account = await simulate(streamProgram({}, { BAD: "r1" }), {
      startAt: "2026-05-01T00:00:00Z",
    });
  });

  it("starts where it is told to, and passes as it is told to", async () => {
    const start = Date.parse("2026-05-01T00:00:00Z");
    expect(account.now).to.equal(start);
    await account.advance({ seconds: 0 });
    expect(account.now).to.equal(start);
    await account.advance({ seconds: 0.25 });
    expect(account.now).to.equal(start + 250);
    await account.advance({ seconds: 86_400 });
    expect(account.now).to.equal(start + 250 + 86_400_000);
  });

  it("passes while a call is on its way, and not between calls", async () => {
    const { now } = account;
    const call = new DescribeStreamSummaryCommand({
      StreamName: String(account.outputs.streamName),
    });
    await account.client(KinesisClient).send(call);
    expect(account.now - now).to.be.within(2, 8);
    const later = account.now;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(account.now).to.equal(later);
  });

  it("runs what is due up to the instant, and nothing after it", async () => {
    const twin = await simulate(streamProgram({}, { BAD: "none" }), { startAt: account.now });
    const puts = [account, twin].map((each) => putTexts(each, ["r2"]));
    await Promise.all(puts);
    await account.advance({ seconds: 5 });
    const [first] = account.invocations("consumer");
    await twin.advance({ seconds: (first!.startedAt - 1 - twin.now) / 1000 });
    expect(twin.invocations("consumer")).to.deep.equal([]);
    await twin.advance({ seconds: 0.001 });
    expect(twin.now).to.equal(first!.startedAt);
    expect(twin.invocations("consumer")).to.have.length(1);
  });

  it("passes for several waiters at once", async () => {
    const { now } = account;
    await Promise.all([account.advance({ seconds: 10 }), account.advance({ seconds: 4 })]);
    expect(account.now).to.equal(now + 10_000);
  });
});

describe("settle", () => {
  it("resolves at once when nothing is going on, and after the work that is", async () => {
    const account = await simulate(streamProgram({}, { BAD: "none" }));
    const { now } = account;
    await account.settle({ withinSeconds: 0 });
    expect(account.now).to.equal(now);
    await putTexts(account, ["r1"]);
    expect(account.pending()).to.have.length(1);
    await account.settle({ withinSeconds: 60 });
    expect(account.pending()).to.deep.equal([]);
    expect(batches(account)).to.deep.equal(["r1: ok"]);
    expect(account.now - now).to.be.lessThan(3000);
  });

  it("rejects with what is pending, and the seed", async () => {
    const account = await simulate(streamProgram({}, { BAD: "r1" }), { seed: 7 });
    await putTexts(account, ["r1", "r2"]);
    const { now } = account;
    const { message } = await rejection(account.settle({ withinSeconds: 30 }));
    expect(account.now).to.equal(now + 30_000);
    expect(message).to.contain("Not settled within 30 s (seed 7)");
    expect(message).to.contain("mapping").and.to.contain("2 being retried");
  });

  it("costs nothing for a day without work, and only its retries for a blocked one", async () => {
    const account = await simulate(streamProgram({}, { BAD: "r1" }));
    const idle = account.trace.entries.length;
    await account.advance({ seconds: 86_400 });
    expect(account.trace.entries.length - idle).to.be.lessThan(10);
    await putTexts(account, ["r1"]);
    const before = account.trace.entries.length;
    await account.settle({ withinSeconds: 90_000 });
    // Once a minute until the stream's retention of a day is over.
    const tries = account.invocations("consumer").length;
    expect(tries).to.be.within(1400, 1460);
    expect(account.trace.entries.length - before).to.be.lessThan(tries * 8);
  });
});

describe("writes", () => {
  it("are listed with what was before and after, by logical and by physical name", async () => {
    const account = await simulate(toolboxProgram);
    const client = account.client(DynamoDBClient);
    const name = account.writes("items");
    expect(name).to.deep.equal([]);
    const TableName = String(account.outputs.tableName);
    for (const value of ["1", "1", "2"]) {
      const Item = { id: { S: "a" }, n: { N: value } };
      await client.send(new PutItemCommand({ TableName, Item }));
    }
    const writes = account.writes("items");
    expect(writes.map(({ changed }) => changed)).to.deep.equal([true, false, true]);
    expect(writes[0]).not.to.have.any.keys("before", "requestId");
    expect(writes[2]!.before!.n!.N).to.equal("1");
    expect(writes[2]!.after!.n!.N).to.equal("2");
    expect(account.writes(TableName)).to.equal(writes);
  });
});
