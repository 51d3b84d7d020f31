import { expect } from "chai";
import { Journal } from "../../live/redrive/journal";
import { redrive, type RedriveReport } from "../../live/redrive/redrive";
import { sourcesOf } from "../../live/redrive/sources";
import { environmentOf, redrivableRun } from "../../live/rehearsal/rehearse";
import { DEFAULT_SETTINGS, START_AT } from "../../compare/workloads";
import { breaking, deployed, rehearsed, type Workload } from "./trial";

const mappings = (changed: object): Record<string, unknown> => ({
  "redrive:mappings": { maximumRetryAttempts: 2, ...changed },
});
const orders = (process: object): Record<string, unknown> => ({ "redrive:orders": { process } });

interface Kind {
  readonly what: string;
  readonly stack: string;
  readonly workload: Workload;
  readonly config?: Record<string, unknown>;
  /** What this kind of dead letter must have led to. */
  readonly replayed: (keyof RedriveReport["replayed"])[];
  /** Dead letters of the one bad record or event. */
  readonly stillBad: number;
}

const NOTHING: RedriveReport["replayed"] = {
  ...{ records: 0, functionRecords: 0, tableRecords: 0, windows: 0, events: 0, messages: 0 },
};

const checkpointing = { reportBatchItemFailures: true };

const KINDS: readonly Kind[] = [
  {
    what: "metadata in a queue: records are fetched again from their shard",
    stack: "checkpoint",
    workload: "poison",
    replayed: ["records"],
    stillBad: 1,
  },
  {
    what: "metadata behind a topic",
    stack: "checkpoint",
    workload: "poison",
    config: mappings({ ...checkpointing, onFailure: "sns" }),
    replayed: ["records"],
    stillBad: 1,
  },
  {
    what: "records in S3",
    stack: "checkpoint",
    workload: "poison",
    config: mappings({ ...checkpointing, onFailure: "s3" }),
    replayed: ["records"],
    stillBad: 1,
  },
  {
    what: "whole batches in S3, of which nobody knows which record is bad",
    stack: "bounded-retries",
    workload: "poison",
    config: mappings({ onFailure: "s3" }),
    replayed: ["records"],
    stillBad: 1,
  },
  {
    what: "records of asynchronous invocations in a queue",
    stack: "dev",
    workload: "orders",
    replayed: ["events", "messages"],
    stillBad: 2,
  },
  {
    what: "records of asynchronous invocations in S3, and the event behind a topic besides",
    stack: "dev",
    workload: "orders",
    config: orders({ onFailure: "s3", deadLetterQueue: "sns" }),
    replayed: ["events", "messages"],
    stillBad: 2,
  },
  {
    what: "what a function was told of failures, and the event in a queue besides",
    stack: "dev",
    workload: "orders",
    config: orders({ onFailure: "lambda", deadLetterQueue: "sqs" }),
    replayed: ["events", "messages"],
    stillBad: 2,
  },
  {
    what: "what the bus was told of failures",
    stack: "dev",
    workload: "orders",
    config: orders({ onFailure: "eventbridge" }),
    replayed: ["events", "messages"],
    stillBad: 2,
  },
  {
    what: "messages that were throttled away",
    stack: "throttled",
    workload: "orders",
    replayed: ["events", "messages"],
    stillBad: 2,
  },
  {
    what: "messages of a FIFO queue",
    stack: "fifo",
    workload: "orders",
    replayed: ["events", "messages"],
    stillBad: 2,
  },
  {
    what: "everything that failed once",
    stack: "impatient",
    workload: "orders",
    replayed: ["events", "messages"],
    stillBad: 2,
  },
];

describe("a redrive", function () {
  this.timeout(120_000);

  for (const { config, replayed, stack, stillBad, what, workload } of KINDS) {
    it(`brings back what can be processed: ${what} (${stack})`, async () => {
      const deployment = await deployed(stack, workload, config);
      const { before, after, report } = (await rehearsed(deployment, { workload })).rehearsal;
      expect(before.records.deadLettered.good, "before").to.be.greaterThan(0);
      expect(before.exact).to.equal(false);
      const { bad, good } = after.records.deadLettered;
      expect({ bad, good }).to.deep.equal({ bad: 1, good: 0 });
      expect(after).to.deep.include({ exact: true, consistent: true });
      expect(after.records).to.deep.include({ lost: 0, pending: 0, duplicated: 0 });
      expect(report).to.deep.include({ stillBad, gone: [], kept: [] });
      for (const kind of replayed) expect(report.replayed[kind], kind).to.be.greaterThan(0);
    });
  }

  const failing = { ...DEFAULT_SETTINGS.failPercent, map: 50, reduce: 50 };

  for (const [onFailure, how] of [
    ["s3", "their function is invoked with them"],
    ["sqs", "Repair does without them"],
  ] as const) {
    it(`does changes of tables again that were given up: ${how} (${onFailure})`, async () => {
      const deployment = await deployed("bounded-retries", "poison", mappings({ onFailure }));
      const conditions = { workload: "poison", settings: { failPercent: failing } } as const;
      const { after, report } = (await rehearsed(deployment, conditions)).rehearsal;
      expect(report.replayed.tableRecords).to.be.greaterThan(0);
      expect(report).to.deep.include({ stillBad: 1, gone: [], kept: [] });
      expect(after).to.deep.include({ exact: true, consistent: true });
      expect(after.records).to.deep.include({ duplicated: 0, alreadyApplied: 0, lost: 0 });
    });
  }

  it("is caught doubling what batch-hash had applied already (ten minutes later)", async () => {
    const config = { ...mappings({ onFailure: "s3" }), "redrive:idempotency": "batch-hash" };
    const deployment = await deployed("bounded-retries", "poison", config);
    const conditions = {
      workload: "poison",
      settings: { failPercent: failing },
      conserving: false,
    } as const;
    const { after, before } = (await rehearsed(deployment, conditions)).rehearsal;
    expect(before).to.deep.include({ consistent: true });
    expect(before.records).to.deep.include({ duplicated: 0 });
    expect(after).to.deep.include({ exact: false, consistent: false });
    expect(after.records.duplicated).to.be.greaterThan(0);
  });

  it("keeps changes of tables that are nowhere but in them (batch-hash, without records)", async () => {
    const config = { ...mappings({ onFailure: "sqs" }), "redrive:idempotency": "batch-hash" };
    const deployment = await deployed("bounded-retries", "poison", config);
    const conditions = {
      workload: "poison",
      settings: { failPercent: failing },
      conserving: false,
    } as const;
    const { report } = (await rehearsed(deployment, conditions)).rehearsal;
    expect(report.replayed.tableRecords).to.equal(0);
    expect(report.kept.map(({ why }) => why)).to.include("Repair does nothing without the ledger.");
  });

  it("does nothing where there are no dead letters (bounded-retries)", async () => {
    const deployment = await deployed("bounded-retries", "poison");
    const { before, after, report } = (await rehearsed(deployment, { workload: "poison" }))
      .rehearsal;
    expect(report).to.deep.equal({
      letters: 0,
      replayed: NOTHING,
      cameBack: 0,
      stillBad: 0,
      gone: [],
      kept: [],
      copies: [],
      taken: [],
    });
    expect(after.records).to.deep.equal(before.records);
  });

  it("comes after the cause is mended: writes that were refused for good are not any more", async () => {
    const deployment = await deployed("dev", "poison");
    const settings = { messages: 200, poisonAttempts: 10_000 };
    const { before, after } = (await rehearsed(deployment, { workload: "poison", settings }))
      .rehearsal;
    expect(before.records.deadLettered).to.deep.equal({ good: 3, bad: 1 });
    expect(after.records.deadLettered).to.deep.equal({ good: 0, bad: 1 });
    expect(after.exact).to.equal(true);
  });

  it("goes the same way from the same seed, to the last event", async () => {
    const deployment = await deployed("dev", "orders");
    const hashes: string[] = [];
    for (let times = 0; times < 2; times += 1) {
      const conditions = { workload: "orders", interruptAfter: 5 } as const;
      hashes.push((await rehearsed(deployment, conditions)).account.trace.hash);
    }
    expect(hashes[0]).to.equal(hashes[1]);
  });

  it("keeps letters whose records are gone, and says why (a day later)", async () => {
    const deployment = await deployed("checkpoint", "poison");
    const settings = { ...DEFAULT_SETTINGS, messages: 400, poisonRecords: 1 };
    const run = redrivableRun("poison", 1, settings, deployment.outputs);
    const account = await deployment.start({ seed: 1, faults: run.faults, startAt: START_AT });
    const score = await run.drive(account);
    const before = await score({ copies: [], taken: [] });
    account.endFaults();
    await account.advance({ seconds: 25 * 3_600 });
    const report = await redrive(environmentOf(account), sourcesOf(account.outputs));
    const { deadLettered, alreadyApplied, superseded } = before.records;
    expect(deadLettered.good).to.be.greaterThan(0);
    expect(report.replayed.records).to.equal(0);
    const gone = report.gone.reduce((sum, { items }) => sum + items, 0);
    expect(gone).to.be.within(
      deadLettered.good + deadLettered.bad,
      400 - superseded + alreadyApplied,
    );
    for (const { why } of report.gone) {
      expect(why).to.equal("The stream's retention is over, and the letter holds no copy.");
    }
    const after = await score(report);
    expect(after.records).to.deep.equal(before.records);
  });

  it("done twice changes nothing the second time", async () => {
    const deployment = await deployed("dev", "orders");
    const { account, rehearsal } = await rehearsed(deployment, { workload: "orders" });
    const again = await redrive(environmentOf(account), sourcesOf(account.outputs));
    // The bad event's letters, of both consumers.
    expect(again).to.deep.include({ stillBad: 2, gone: [], kept: [] });
    expect(again.replayed).to.deep.include({ events: 1 });
    expect(rehearsal.after.exact).to.equal(true);
  });

  for (const [stack, workload] of [
    ["checkpoint", "poison"],
    ["dev", "orders"],
  ] as const) {
    it(`loses and doubles nothing, whichever call breaks, once started again (${stack})`, async () => {
      const deployment = await deployed(stack, workload);
      const settings = { ...DEFAULT_SETTINGS, messages: 200, orders: 40, poisonRecords: 1 };
      let brokenOff = 0;
      for (let atCall = 1; atCall < 200; atCall += 5) {
        const run = redrivableRun(workload, 2, settings, deployment.outputs);
        const account = await deployment.start({ seed: 2, faults: run.faults, startAt: START_AT });
        const score = await run.drive(account);
        account.endFaults();
        const environment = environmentOf(account);
        const sources = sourcesOf(account.outputs);
        const tookEffect = atCall % 2 === 0;
        const broken = breaking(environment, { atCall, tookEffect });
        const journal = new Journal();
        const isWhole = await redrive(broken, sources, {}, journal).then(
          () => true,
          () => false,
        );
        if (!isWhole) brokenOff += 1;
        const { copies } = await redrive(environment, sources);
        await environment.settled();
        const { exact, records } = await score({
          copies: [...journal.copies, ...copies],
          taken: [],
        });
        expect(exact, `call ${atCall}`).to.equal(true);
        expect(records, `call ${atCall}`).to.deep.include({ lost: 0, duplicated: 0, pending: 0 });
        if (isWhole) break;
      }
      expect(brokenOff).to.be.greaterThan(5);
    });
  }
});
