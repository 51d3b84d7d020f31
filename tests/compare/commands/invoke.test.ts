import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import {
  functionNames,
  invokeOnce,
  type InvocationReport,
} from "../../../compare/commands/invoke/invoke-once";
import { eventNames, readEvent, summaryOf } from "../../../compare/commands/invoke/sample-events";
import { invocationText } from "../../../compare/commands/invoke/text";
import { synthesize, type Deployment } from "../../../simulator";

const ROOT = path.join(__dirname, "..", "..", "..");

/** Events that a function is to fail on; all others it answers. */
const FAILING = [
  "aggregation-map poison",
  "aggregation-reduce poison",
  "aggregation-state poison",
  "errorlab-consumer infrastructure",
  "orders-payment poison",
  "orders-process poison",
];

describe("Sample events", function () {
  this.timeout(120_000);

  let deployment: Deployment;
  before(async () => {
    deployment = await synthesize(ROOT, {
      config: {
        "redrive:systems": ["aggregation", "orders", "windows", "errorlab"],
        // Without it there is no function that keeps outcomes.
        "redrive:orders": { process: { onSuccess: "lambda" } },
      },
    });
  });

  const run = (name: string, event: string): Promise<InvocationReport> =>
    invokeOnce(deployment, name, readEvent(ROOT, name, event), { seed: 1, assumptions: {} });

  it("are there for every function of the program, and for no others", () => {
    const names = functionNames(deployment);
    expect(readdirSync(path.join(ROOT, "events")).sort()).to.deep.equal(names);
    for (const name of names) expect(eventNames(ROOT, name), name).not.to.deep.equal([]);
  });

  for (const name of readdirSync(path.join(ROOT, "events"))) {
    for (const event of eventNames(ROOT, name)) {
      const fails = FAILING.includes(`${name} ${event}`);
      it(`${name} ${fails ? "fails on" : "answers"} ${event}`, async () => {
        const report = await run(name, event);
        expect(report.outcome, JSON.stringify(report.error)).to.equal(fails ? "error" : "ok");
        expect(report.logs.at(-1)).to.match(/^REPORT /);
        expect(report.billedMs).to.be.greaterThan(0);
      });
    }
  }

  it("tell what they write, call and answer", async () => {
    const report = await run("orders-inventory", "one-poison");
    expect(report.response).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: "00000000-0000-4000-8000-000000000002" }],
    });
    expect(report.calls).to.deep.equal([{ operation: "DynamoDB.TransactWriteItems", times: 2 }]);
    const stock = report.writes.filter(({ table }) => table === "orders-stock");
    expect(stock.map(({ after }) => after!["quantity"]!.N)).to.deep.equal(["98", "0", "96", "-1"]);
    const lines = invocationText("title", report).split("\n");
    expect(lines).to.include("outcome   ok");
    expect(lines).to.include("calls     DynamoDB.TransactWriteItems × 2");
    expect(lines).to.include("      after   productId product-2, quantity -1");
  });

  it("are the same run every time, and nothing else runs beside", async () => {
    const again = await run("aggregation-reduce", "valid");
    expect(await run("aggregation-reduce", "valid")).to.deep.equal(again);
    // What it found was put there by hand; fed by its mapping, it would have been applied before.
    expect(again.writes.map(({ table }) => table)).to.include("aggregation-aggregates");
    expect((await run("aggregation-reduce", "applied-before")).writes).to.deep.equal([]);
  });

  it("may be any file, with what it finds beside it", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "events-"));
    try {
      const file = path.join(folder, "mine.json");
      writeFileSync(file, '{"orderId":"ORD-00000001"}');
      const report = await run("orders-payment", file);
      expect(report.response).to.deep.equal({ orderId: "ORD-00000001", paid: true });
      writeFileSync(path.join(folder, "mine.given.json"), '{"table":{}}');
      expect(() => readEvent(ROOT, "orders-payment", file)).to.throw(/Unrecognized key/);
      writeFileSync(path.join(folder, "mine.given.json"), '{"tables":{"nope":[{}]}}');
      const sample = readEvent(ROOT, "orders-payment", file);
      const refused = await invokeOnce(deployment, "orders-payment", sample, {
        seed: 1,
        assumptions: {},
      }).catch((cause: Error) => cause.message);
      expect(refused).to.equal("The event needs nope, which this stack has not.");
      writeFileSync(file, "{");
      expect(() => readEvent(ROOT, "orders-payment", file)).to.throw(/no event can be read from/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are listed where there is no such event", () => {
    expect(() => readEvent(ROOT, "orders-payment", "nope")).to.throw(
      "--event nope: orders-payment has no such event, and there is no such file. Its events: poison, valid.",
    );
  });

  it("are summed up by where they come from", () => {
    expect(summaryOf('{"Records":[]}')).to.equal("no records");
    expect(summaryOf('{"Records":[{"eventSource":"aws:sqs"}]}')).to.equal("1 record of aws:sqs");
    expect(summaryOf(readEvent(ROOT, "orders-publish", "valid").text)).to.equal("POST /orders");
    expect(summaryOf(readEvent(ROOT, "orders-process", "valid").text)).to.equal(
      "OrderPlaced from orders.api",
    );
    expect(summaryOf("{}")).to.equal("{}");
  });
});
