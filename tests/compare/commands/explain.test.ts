import { expect } from "chai";
import { livesOf, type RunToExplain } from "../../../compare/commands/explain/lives";
import type { Life } from "../../../compare/commands/explain/life";
import { lifeText } from "../../../compare/commands/explain/text";
import { DEFAULT_SETTINGS, START_AT_MS } from "../../../compare/workloads";
import { synthesize, type Deployment } from "../../../simulator";
import { AGGREGATION, PROJECT } from "../../support/trial";

const QUIET = { state: 0, map: 0, reduce: 0, process: 0, inventory: 0 };
const SETTINGS = { ...DEFAULT_SETTINGS, messages: 120, orders: 40, poisonRecords: 1 };

function asked(given: Partial<RunToExplain>): RunToExplain {
  const settings = { ...SETTINGS, failPercent: QUIET, poisonAttempts: 0 };
  return { workload: "poison", seed: 1, assumptions: {}, settings, ...given };
}

async function life(deployment: Deployment, run: RunToExplain, record: string): Promise<Life> {
  const { lives } = await livesOf(deployment, run, record);
  return lives[0]!;
}

const of = ({ steps }: Life, stage: string): string[] =>
  steps.filter((step) => step.stage === stage).map(({ text }) => text);

async function refusal(deployment: Deployment, run: RunToExplain, id: string): Promise<string> {
  try {
    await livesOf(deployment, run, id);
  } catch (cause) {
    return (cause as Error).message;
  }
  throw new Error("It was not refused.");
}

describe("explain: a record of the stream", function () {
  this.timeout(60_000);
  let bisect: Deployment;

  before(async () => {
    bisect = await synthesize(PROJECT, { stack: "bisect", config: AGGREGATION });
  });

  it("goes through State, Map and Reduce into the aggregates", async () => {
    const found = await life(bisect, asked({}), "0");
    expect(found.steps[0]).to.include({ stage: "producer", atMs: found.steps[0]!.atMs });
    expect(of(found, "State").at(-1)).to.equal("accepted");
    expect(of(found, "Map")[0]).to.match(/^delivered .*, attempt 1: ok$/);
    expect(of(found, "Map")[1]).to.match(/^writes outbox row .*, which adds it/);
    expect(of(found, "Reduce").at(-1)).to.match(/^adds row .* to the aggregates: /);
    expect(found.end).to.deep.equal([
      "It is processed.",
      "Its message counts once in the aggregates.",
    ]);
  });

  it("ends where the policy ended it (poison, bisect, retries)", async () => {
    const found = await life(bisect, asked({}), "dead-lettered");
    const deliveries = of(found, "State");
    expect(deliveries.filter((text) => text.endsWith("→ bisected"))).to.have.length.above(0);
    expect(deliveries.at(-1)).to.match(/^delivered alone, .* → given up: RetryAttemptsExhausted/);
    expect(found.about[0]).to.equal("Data that nothing can decode.");
    expect(found.end[0]).to.match(/^It is kept in a dead letter/);
    expect(of(found, "Map")).to.deep.equal([]);
  });

  it("has every delivery with its batch, attempt and outcome", async () => {
    const { steps } = await life(bisect, asked({}), "dead-lettered");
    const deliveries = steps.filter(({ batch }) => batch !== undefined);
    for (const { attempt, batch, outcome, requestId } of deliveries) {
      expect(batch!.position).to.be.within(1, batch!.size);
      expect(attempt).to.be.above(0);
      expect([outcome, requestId]).not.to.include(undefined);
    }
    expect(deliveries.at(-1)!.batch!.size).to.equal(1);
  });

  it("is found by index, sequence number, event id and entity id", async () => {
    const byIndex = await life(bisect, asked({}), "0");
    const [, shardId, sequenceNumber] = /^On (\S+) with sequence number (\d+)\.$/.exec(
      byIndex.about[1]!,
    )!;
    const [, entity] = /^Entity (\S+), /.exec(byIndex.about[0]!)!;
    expect(await life(bisect, asked({}), sequenceNumber!)).to.deep.equal(byIndex);
    expect(await life(bisect, asked({}), `${shardId}:${sequenceNumber}`)).to.deep.equal(byIndex);
    const { lives } = await livesOf(bisect, asked({}), entity!);
    expect(lives[0]).to.deep.equal(byIndex);
  });

  it("is refused with ids that there are (unknown id)", async () => {
    const message = await refusal(bisect, asked({}), "nope");
    expect(message).to.match(/^--record nope: no such record in this run\. There are:\n/);
    expect(message).to.match(/^ {2}dead-lettered: \d+$/m);
    expect(message).to.match(/^ {2}lost: none$/m);
    expect(message).to.contain(
      "Any index from 0 to 119 will do, an entity id such as trade-000000",
    );
  });

  it("is refused (index behind the last record)", async () => {
    expect(await refusal(bisect, asked({}), "120")).to.match(/^--record 120: no such record/);
  });

  it("tells the same life every time, of the run that the comparison does", async () => {
    const settings = { ...SETTINGS, poisonRecords: 1 };
    const [once, again] = [
      await livesOf(bisect, asked({ settings }), "dead-lettered"),
      await livesOf(bisect, asked({ settings }), "dead-lettered"),
    ];
    expect(again).to.deep.equal(once);
  });

  it("says that a record counts twice (batch-hash)", async () => {
    const config = { ...AGGREGATION, "redrive:idempotency": "batch-hash" };
    const naive = await synthesize(PROJECT, { stack: "dev", config });
    const failPercent = { ...DEFAULT_SETTINGS.failPercent, map: 40, reduce: 40 };
    const settings = { ...SETTINGS, messages: 400, failPercent };
    const found = await life(naive, asked({ workload: "burst", settings }), "duplicated");
    expect(found.end.join(" ")).to.match(/ counts (?!once in the aggregates\.)\S+.* should count /);
  });
});

describe("explain: an order", function () {
  this.timeout(60_000);
  const orders = asked({ workload: "orders" });
  let dev: Deployment;

  before(async () => {
    dev = await synthesize(PROJECT, { stack: "dev", config: { "redrive:systems": ["orders"] } });
  });

  it("goes from the client's request to both effects", async () => {
    const found = await life(dev, orders, "0");
    expect(found.name).to.equal("customer-000000");
    const [order] = /ORD-[0-9A-F]{8}/.exec(found.about[1]!)!;
    expect(of(found, "client")[0]).to.equal(`POST, attempt 1: 202 ${order}`);
    expect(of(found, "PublishOrder")).to.deep.equal(["runs: ok", `stores ${order} in the outbox`]);
    expect(of(found, "Relay").at(-1)).to.equal(`marks ${order} as published`);
    expect(of(found, "ProcessOrder").at(-1)).to.equal(`EFFECT: ${order} is processed`);
    expect(of(found, "UpdateInventory").at(-1)).to.equal(
      `EFFECT: ${order} is taken from the stock`,
    );
    expect(found.end).to.deep.equal(["It is processed: paid, and taken from the stock."]);
  });

  it("is found by its order id, customer id and Idempotency-Key", async () => {
    const byIndex = await life(dev, orders, "0");
    const [order] = /ORD-[0-9A-F]{8}/.exec(byIndex.about[1]!)!;
    expect(await life(dev, orders, order)).to.deep.equal(byIndex);
    expect(await life(dev, orders, "customer-000000")).to.deep.equal(byIndex);
    expect(await life(dev, orders, "key-000000")).to.deep.equal(byIndex);
  });

  it("names what ended an event that no consumer can process", async () => {
    const found = await life(dev, orders, "poison");
    expect(found.name).to.equal("order/1");
    expect(of(found, "ProcessOrder").at(-1)).to.match(/^given up after 3 runs: retries-exhausted/);
    expect(of(found, "queue")).to.deep.equal([
      "received too often: moved to the dead-letter queue",
    ]);
    expect(of(found, "dead letter").sort()).to.deep.equal([
      "a dead letter of ProcessOrder holds it; ended by asynchronous retries",
      "a dead letter of UpdateInventory holds it; ended by the receive count",
    ]);
  });

  it("is refused with orders that there are (unknown id)", async () => {
    const message = await refusal(dev, orders, "ORD-00000000");
    expect(message).to.match(/^--record ORD-00000000: no such order in this run\. There are:\n/);
    expect(message).to.match(/^ {2}poison: order\/1$/m);
    expect(message).to.match(/an order id such as ORD-[0-9A-F]{8}, /);
  });
});

describe("the text of a life", () => {
  const step = (attempt: number) => ({
    atMs: START_AT_MS + attempt * 60_000,
    stage: "State",
    text: `delivered alone, attempt ${attempt}: error → the same batch again`,
  });

  it("shows so many alike in part", () => {
    const steps = Array.from({ length: 1_440 }, (_, at) => step(at + 1));
    const text = lifeText({ name: "record 1", about: [], steps, end: [] }, START_AT_MS);
    expect(text.split("\n").filter((line) => line.trim() !== "")).to.deep.equal([
      "record 1:",
      "  00:01:00.000  State  delivered alone, attempt 1: error → the same batch again",
      "  00:02:00.000  State  delivered alone, attempt 2: error → the same batch again",
      "                       … 1,437 more like it",
      "  24:00:00.000  State  delivered alone, attempt 1440: error → the same batch again",
    ]);
  });
});
