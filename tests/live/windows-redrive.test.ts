import { expect } from "chai";
import { START_AT_MS } from "../../compare/workloads";
import { redrive } from "../../live/redrive/redrive";
import { sourcesOf } from "../../live/redrive/sources";
import { environmentOf, redrivableRun } from "../../live/rehearsal/rehearse";
import { DEFAULT_SETTINGS, START_AT } from "../../compare/workloads";
import { deployed, rehearsed } from "./trial";

const windows = (changed: object): Record<string, unknown> => ({ "redrive:windows": changed });
const FAILING = { failConsumerPercent: 30 };
/** No copies on the stream: those count twice in tumbling windows, redrive or not. */
const ONCE = { resendPercent: 0 };

describe("a redrive of windows", function () {
  this.timeout(120_000);

  for (const onFailure of ["s3", "sqs", "sns"] as const) {
    it(`adds given up trips to the windows of their pickups, once (exact, ${onFailure})`, async () => {
      const config = windows({ mode: "exact", maximumRetryAttempts: 1, onFailure });
      const deployment = await deployed("windows-exact", "trips", config);
      const conditions = { workload: "trips", settings: FAILING, interruptAfter: 2 } as const;
      const { after, before, brokenOff, report } = (await rehearsed(deployment, conditions))
        .rehearsal;
      expect(before.exact).to.equal(false);
      expect(before.records.deadLettered.good).to.be.greaterThan(0);
      expect(brokenOff!.replayed.functionRecords).to.be.greaterThan(1);
      expect(report).to.deep.include({ gone: [], kept: [], stillBad: 0 });
      expect(after).to.include({ exact: true, consistent: true });
    });

    it(`adds batches and sums to the windows that they were of (tumbling, ${onFailure})`, async () => {
      const deployment = await deployed("windows-tumbling", "trips", windows({ onFailure }));
      const conditions = { workload: "trips", settings: ONCE, interruptAfter: 1 } as const;
      const { after, before, report } = (await rehearsed(deployment, conditions)).rehearsal;
      expect(before.trips!.lostWithState).to.be.greaterThan(0);
      expect(before.records.deadLettered.good).to.be.greaterThan(0);
      expect(report.replayed.windows).to.be.greaterThan(0);
      expect(report.replayed.functionRecords).to.be.greaterThan(0);
      expect(report).to.deep.include({ gone: [], kept: [], stillBad: 0 });
      expect(after).to.include({ exact: true, consistent: true });
    });
  }

  it("takes nothing back of what tumbling windows counted twice", async () => {
    const deployment = await deployed("windows-tumbling", "trips", windows({ onFailure: "s3" }));
    const conditions = { workload: "trips", settings: { resendPercent: 5 } } as const;
    const { after, before } = (await rehearsed(deployment, conditions)).rehearsal;
    expect(before.records.duplicated).to.be.greaterThan(0);
    expect(after.records).to.deep.include({ duplicated: before.records.duplicated, lost: 0 });
    expect(after.exact).to.equal(false);
  });

  it("finds nothing where dead letters go nowhere, though windows are lost (tumbling)", async () => {
    const deployment = await deployed("windows-tumbling", "trips");
    const { after, report } = (await rehearsed(deployment, { workload: "trips" })).rehearsal;
    expect(report.letters).to.equal(0);
    expect(after.records.lost).to.be.greaterThan(0);
  });

  it("says which sums and records are gone, and keeps their letters (a day later)", async () => {
    const deployment = await deployed("windows-tumbling", "trips", windows({ onFailure: "sqs" }));
    const settings = { ...DEFAULT_SETTINGS, ...ONCE, trips: 400 };
    const run = redrivableRun("trips", 1, settings, deployment.outputs);
    const account = await deployment.start({ seed: 1, faults: run.faults, startAt: START_AT });
    const score = await run.drive(account);
    const before = await score({ copies: [], taken: [] });
    account.endFaults();
    await account.advance({ seconds: 25 * 3_600 });
    const report = await redrive(environmentOf(account), sourcesOf(account.outputs));
    expect(report.replayed).to.include({ windows: 0, functionRecords: 0 });
    expect(new Set(report.gone.map(({ why }) => why))).to.deep.equal(
      new Set([
        "Its sums were Lambda's, and the stream no longer has all records of the window.",
        "The stream's retention is over, and the letter holds no copy.",
      ]),
    );
    const again = await redrive(environmentOf(account), sourcesOf(account.outputs));
    expect(again.gone).to.have.length(report.gone.length);
    expect((await score(report)).records).to.deep.equal(before.records);
  });

  it("keeps what the function fails on, and the batches whose window has no sums yet", async () => {
    const deployment = await deployed("windows-tumbling", "trips", windows({ onFailure: "sqs" }));
    const settings = { ...DEFAULT_SETTINGS, ...ONCE, trips: 400 };
    const run = redrivableRun("trips", 1, settings, deployment.outputs);
    const down = { function: "windows-consumer", kind: "down", from: START_AT_MS + 7_200_000 };
    const faults = [...run.faults, down] as const;
    const account = await deployment.start({
      seed: 1,
      faults: faults as typeof run.faults,
      startAt: START_AT,
    });
    const score = await run.drive(account);
    const before = await score({ copies: [], taken: [] });
    await account.advance({ seconds: 2 * 3_600 });
    const report = await redrive(environmentOf(account), sourcesOf(account.outputs));
    expect(report.replayed).to.include({ windows: 0, functionRecords: 0 });
    const reasons = report.kept.map(({ why }) => why);
    expect(reasons.some((why) => why.startsWith("The sums of its window"))).to.equal(true);
    account.endFaults();
    const after = await redrive(environmentOf(account), sourcesOf(account.outputs));
    expect(after.kept).to.deep.equal([]);
    expect(before.exact).to.equal(false);
    expect((await score(after)).exact).to.equal(true);
  });
});
