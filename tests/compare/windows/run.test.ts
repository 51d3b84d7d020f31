import { expect } from "chai";
import type { Account } from "../../../compare/account";
import { runTrips } from "../../../compare/windows/run";
import { START_AT, START_AT_MS } from "../../../compare/workloads";
import { synthesize, type Deployment } from "../../../simulator";
import { PROJECT } from "../../support/trial";
import { smallTrips, tripTrial } from "../../support/trip-trial";

const config = { "redrive:systems": ["windows"] };

describe("the comparison of windows, on the simulated account", function () {
  this.timeout(120_000);
  let exact: Deployment;
  let patient: Deployment;
  let tumbling: Deployment;

  before(async () => {
    exact = await synthesize(PROJECT, { stack: "windows-exact", config });
    patient = await synthesize(PROJECT, { stack: "windows-patient", config });
    tumbling = await synthesize(PROJECT, { stack: "windows-tumbling", config });
  });

  for (const [mode, deployment] of [
    ["exact", () => exact],
    ["tumbling", () => tumbling],
  ] as const) {
    it(`finds everything right where nothing fails and nothing is sent twice (${mode})`, async () => {
      const workload = smallTrips(1, { resendPercent: 0 });
      const { result } = await tripTrial(deployment(), 1, workload, []);
      const { records, trips } = result;
      expect(result).to.include({ exact: true, consistent: true, score: null });
      expect(records).to.include({ produced: workload.rows.length, lost: 0, duplicated: 0 });
      expect(records.processed).to.equal(workload.rows.length);
      expect(trips).to.include({ mode, windowSeconds: 300, statesDropped: 0, lostWithState: 0 });
      expect(trips!.unclean.counted).to.equal(trips!.unclean.due);
      expect(trips!.rows.exact).to.equal(trips!.rows.all);
    });
  }

  it("judges by the window that the mode promises (late trips)", async () => {
    const workload = smallTrips(1, { trips: 1_000, resendPercent: 0 });
    const byPickup = await tripTrial(exact, 1, workload, []);
    const byArrival = await tripTrial(tumbling, 1, workload, []);
    expect(byPickup.result.trips!.otherWindow).to.equal(0);
    expect(byArrival.result.trips!.otherWindow).to.be.above(0);
    expect([byPickup, byArrival].map(({ result }) => result.exact)).to.deep.equal([true, true]);
  });

  it("counts copies once in the exact mode, and catches tumbling windows counting them twice", async () => {
    const workload = smallTrips(2, { resendPercent: 5 });
    const once = await tripTrial(exact, 2, workload, []);
    expect(once.result).to.include({ exact: true, consistent: true });
    expect(once.result.records.superseded).to.be.above(0);
    const twice = await tripTrial(tumbling, 2, workload, []);
    expect(twice.result).to.include({ exact: false, consistent: false });
    expect(twice.result.records.duplicated).to.equal(once.result.records.superseded);
  });

  it("finds trips that went with a window's state, though the mapping says that all is well", async () => {
    const workload = smallTrips(1, { resendPercent: 0 });
    // Only while the first window is closed: every batch itself is taken.
    const from = START_AT_MS + 300_000;
    const down = {
      function: "windows-consumer",
      kind: "down",
      from,
      until: from + 30_000,
    } as const;
    const { result } = await tripTrial(tumbling, 1, workload, [down]);
    const { lostWithState, statesDropped } = result.trips!;
    expect(statesDropped).to.be.above(0);
    expect(lostWithState).to.be.above(0);
    expect(result.records.lost).to.be.at.least(lostWithState);
    expect(result).to.include({ exact: false, consistent: true });
  });

  it("finds good trips in dead letters, and none of an invocation without records", async () => {
    const workload = smallTrips(1, { resendPercent: 0 });
    const from = START_AT_MS + 290_000;
    const down = {
      function: "windows-consumer",
      kind: "down",
      from,
      until: from + 400_000,
    } as const;
    const { result } = await tripTrial(patient, 1, workload, [down]);
    const { deadLettered, lost, pending, processed, produced } = result.records;
    expect(deadLettered.good).to.be.above(0);
    expect(processed + deadLettered.good + deadLettered.bad + lost + pending).to.equal(produced);
  });

  it("loses nothing and counts nothing twice in the exact mode, whatever fails", async () => {
    for (const seed of [1, 2, 3]) {
      const { result } = await tripTrial(exact, seed, smallTrips(seed));
      expect(result, `seed ${seed}`).to.include({ exact: true, consistent: true });
      expect(result.trips!.countedTwice).to.equal(0);
    }
  });

  it("is the same again from the same seed", async () => {
    const traces = [];
    for (const seed of [7, 7, 8]) {
      traces.push((await tripTrial(patient, seed, smallTrips(seed))).result.trace);
    }
    expect(traces[1]).to.equal(traces[0]);
    expect(traces[2]).to.not.equal(traces[0]);
  });

  for (const [mode, deployment] of [
    ["exact", () => exact],
    ["tumbling", () => tumbling],
  ] as const) {
    it(`refuses to score writes that the trips do not explain (${mode})`, async () => {
      const workload = smallTrips(1);
      const account = await deployment().start({ seed: 1, startAt: START_AT });
      const lying = new Proxy<Account>(account, {
        get(target, name) {
          if (name === "writes") return (table: string) => more(target.writes(table));
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      let message = "";
      await runTrips(lying, workload, 1).catch((cause: Error) => ({ message } = cause));
      expect(message).to.match(/^Writes to vendor#.+ are not what was delivered\.$/);
    });
  }
});

/** The writes with one cent too much in the first amount. */
function more(writes: ReturnType<Account["writes"]>): ReturnType<Account["writes"]> {
  const at = writes.findIndex(({ after }) => after?.["fareCents"] !== undefined);
  return writes.map((write, index) => {
    if (index !== at) return write;
    const fareCents = { N: String(Number(write.after!["fareCents"]!.N) + 1) };
    return { ...write, after: { ...write.after, fareCents } };
  });
}
