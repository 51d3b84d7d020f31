import { expect } from "chai";
import { durationsOf } from "../../../compare/errors/durations";
import { createThingWorkload } from "../../../compare/errors/create";
import { runThings } from "../../../compare/errors/run";
import type { Fault } from "../../../compare/account";
import { DEFAULT_SETTINGS, START_AT, START_AT_MS } from "../../../compare/workloads";
import { synthesize, type Deployment } from "../../../simulator";
import { PROJECT } from "../../support/trial";

const deploymentOf = (stack: string, errorlab: object = {}): Promise<Deployment> =>
  synthesize(PROJECT, {
    stack,
    config: {
      "redrive:systems": ["errorlab"],
      ...(Object.keys(errorlab).length > 0 && { "redrive:errorlab": errorlab }),
    },
  });

async function ran(
  deployment: Deployment,
  given: object = {},
  faults?: readonly Fault[],
  seed = 1,
) {
  const workload = createThingWorkload(seed, { ...DEFAULT_SETTINGS, ...given });
  const account = await deployment.start({
    seed,
    faults: faults ?? workload.faults,
    startAt: START_AT,
  });
  return { account, workload, result: await runThings(account, workload, seed) };
}

describe("the workload errors", () => {
  it("depends on its seed alone, and has as many rows as asked for", () => {
    const workload = createThingWorkload(3, { ...DEFAULT_SETTINGS, things: 250 });
    expect(workload).to.deep.equal(createThingWorkload(3, { ...DEFAULT_SETTINGS, things: 250 }));
    expect(workload.things).to.have.length(250);
    expect(workload.copies).to.equal(13);
    expect(workload.puts.flatMap(({ things }) => things)).to.have.length(263);
    expect(new Set(workload.things.map(({ thingId }) => thingId)).size).to.equal(3);
  });
});

describe("the comparison of error handling in the lab, on the simulated account", function () {
  this.timeout(120_000);

  it("finds one effect of each record where nothing is retried, and copies done twice", async () => {
    const { result, workload } = await ran(await deploymentOf("errorlab-in-handler"), {}, []);
    const { deliveries, duplicates, ended, messages, things } = result.errors!;
    expect(ended).to.include({ dlq: things.badFormat, givenUp: 0, lost: 0, pending: 0 });
    expect(ended.done + ended.timeout + ended.infra).to.equal(things.ok + things.infra);
    expect(duplicates).to.include({ repeated: 0, copied: workload.copies, mostEffects: 2 });
    expect(deliveries).to.deep.equal({ total: 105, p50: 1, p90: 1, max: 1 });
    expect(messages).to.include({ notWhole: 0, gone: 0 });
    expect(result.consistent).to.equal(false);
  });

  it("finds every row where it belongs with content as identity", async () => {
    const deployment = await deploymentOf("errorlab-in-handler", {
      infrastructure: "handler",
      idempotency: "payload-hash",
    });
    const { result } = await ran(deployment, { things: 200 }, []);
    expect(result).to.include({ exact: true, consistent: true });
    expect(result.errors!.duplicates).to.include({ copied: 0, extraEffects: 0, mostEffects: 1 });
    expect(result.records).to.include({ produced: 210, superseded: 10, lost: 0, duplicated: 0 });
  });

  it("measures what redelivery does: repeated rows, good ones given up with bad ones", async () => {
    const { result } = await ran(await deploymentOf("errorlab"), { things: 200 });
    const { duplicates, deliveries, ended } = result.errors!;
    expect(duplicates.repeated).to.be.above(0);
    // Three deliveries of each of its two records.
    expect(duplicates.mostEffects).to.be.within(3, 6);
    expect(ended.givenUp).to.be.above(0);
    expect(ended.lost).to.equal(0);
    expect(deliveries.max).to.equal(3);
  });

  it("finds rows lost that were given up without a destination", async () => {
    const deployment = await deploymentOf("errorlab", { onFailure: "none" });
    const { result } = await ran(deployment, { things: 200 });
    expect(result.errors!.ended.lost).to.be.above(0);
    expect(result.records.lost).to.equal(result.errors!.ended.lost);
  });

  it("finds rows lost that were gone before they were fetched, and the messages that say so", async () => {
    const until = START_AT_MS + 24.5 * 3_600_000;
    const down = { function: "errorlab-fetch", kind: "down", until } as const;
    const { result } = await ran(await deploymentOf("errorlab"), {}, [down]);
    expect(result.errors!.ended.lost).to.be.above(0);
    expect(result.errors!.messages.gone).to.be.above(0);
  });

  it("accounts for every record, and is the same again from the same seed", async () => {
    const deployment = await deploymentOf("errorlab-isolated");
    const traces = [];
    for (const seed of [4, 4, 5]) {
      const { result } = await ran(deployment, {}, undefined, seed);
      const { deadLettered, lost, pending, processed, produced, superseded } = result.records;
      const { bad, good } = deadLettered;
      expect(processed + superseded + lost + pending + good + bad).to.equal(produced);
      traces.push(result.trace);
    }
    expect(traces[1]).to.equal(traces[0]);
    expect(traces[2]).to.not.equal(traces[0]);
  });
});

describe("durationsOf", () => {
  const lasting = (ms: number, outcome?: "throttled") =>
    ({ startedAt: 100, endedAt: 100 + ms, outcome }) as never;

  it("counts each duration in one step of the histogram, throttled attempts in none", () => {
    const found = durationsOf([0, 20, 21, 10_000, 10_001].map((ms) => lasting(ms)));
    expect(found).to.include({ p50: 21, p90: 10_001, p99: 10_001, max: 10_001 });
    const counts = found.histogram.map(({ count, upToMs }) => [upToMs, count]);
    expect(counts.filter(([, count]) => count !== 0)).to.deep.equal([
      [20, 2],
      [50, 1],
      [10_000, 1],
      [null, 1],
    ]);
    expect(durationsOf([lasting(5, "throttled")])).to.include({ p50: null, max: null });
  });
});
