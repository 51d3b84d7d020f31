import { join } from "node:path";
import { expect } from "chai";
import { compare, jsonOf, type Comparison } from "../../compare/compare";
import { planJobs } from "../../compare/jobs";
import { parseCrossing } from "../../compare/knobs";
import { conservationCheck } from "../../compare/aggregation/oracles";
import { createPool } from "../../compare/pool";
import { comparisonSchema } from "../../compare/result";
import { runWorkload } from "../../compare/aggregation/run";
import { readStacks } from "../../compare/stacks";
import { topologyOf } from "../../compare/aggregation/topology";
import { createWorkload } from "../../compare/aggregation/create";
import { DEFAULT_SETTINGS, START_AT } from "../../compare/workloads";
import { Deployment, synthesize } from "../../simulator";

const PROJECT = join(__dirname, "../..");
const SETTINGS = { ...DEFAULT_SETTINGS, messages: 120, poisonRecords: 1 };

async function compared(workers: number): Promise<Comparison> {
  const jobs = planJobs(
    readStacks(PROJECT, ["dev", "bisect"]),
    ["burst"],
    [parseCrossing("idempotency=ledger,batch-hash")],
  );
  const plan = {
    projectFolder: PROJECT,
    seed: 3,
    smallRuns: 2,
    settings: { ...SETTINGS, messages: 440 },
    assumptions: {},
  };
  const pool = createPool(workers);
  try {
    return await compare(jobs, plan, pool, workers);
  } finally {
    await pool.close();
  }
}

describe("the comparison, on the simulated account", function () {
  this.timeout(120_000);

  describe("with one worker and with two", () => {
    let one: Comparison;
    let two: Comparison;

    before(async () => {
      one = await compared(1);
      two = await compared(2);
    });

    it("comes to the same rows (wall time apart), trace hashes included", () => {
      const comparable = ({ rows }: Comparison) =>
        rows.map((row) => ({ ...row, seconds: row.seconds.virtual }));
      expect(one.failed).to.deep.equal([]);
      expect(comparable(two)).to.deep.equal(comparable(one));
    });

    it("finds the ledger exact and batch-hash wrong under bisect", () => {
      const found = one.rows.map(({ consistent, exact, settings, stack }) => [
        stack,
        settings["idempotency"],
        exact,
        consistent,
      ]);
      expect(found).to.deep.equal([
        ["dev", "ledger", true, true],
        ["bisect", "ledger", true, true],
        ["dev", "batch-hash", false, false],
        ["bisect", "batch-hash", false, false],
      ]);
    });

    it("accounts for every record, once", () => {
      for (const { records } of one.rows) {
        const { deadLettered, lost, pending, processed, produced, superseded } = records;
        const sum = deadLettered.good + deadLettered.bad + lost + pending + processed + superseded;
        expect(sum).to.equal(produced).and.to.equal(440);
      }
    });

    it("writes the promised format", () => {
      const json = JSON.parse(JSON.stringify(jsonOf(one, 3))) as unknown;
      expect(comparisonSchema.parse(json)).to.deep.equal(json);
    });
  });

  it("stops at a function whose code does not load, and says which", async () => {
    const { synthesis } = await synthesize(PROJECT, { stack: "dev" });
    const broken = structuredClone(synthesis);
    const map = broken.resources.find(
      ({ name, type }) => name === "aggregation-map" && type.startsWith("aws:lambda/function"),
    )!;
    const { code } = map.inputs as { code: { files: Record<string, string> } };
    code.files["__index.js"] = 'require("a-package-that-is-not-there");';
    const workload = createWorkload("burst", 1, SETTINGS);
    const account = await new Deployment(broken).start({ faults: workload.faults });
    let message = "";
    await runWorkload(account, workload, 1).catch((cause: Error) => (message = cause.message));
    expect(message).to.match(
      /^The function aggregation-map does not load: .*a-package-that-is-not/,
    );
    expect((account.now - Date.parse(START_AT)) / 1000).to.be.lessThan(60);
  });

  for (const stack of ["dev", "bisect-checkpoint", "bounded-retries"]) {
    it(`conserves sums after every event, poison included (${stack}, ledger)`, async () => {
      const deployment = await synthesize(PROJECT, { stack });
      for (let seed = 1; seed <= 3; seed += 1) {
        const workload = createWorkload("poison", seed, SETTINGS);
        const account = await deployment.start({
          seed,
          faults: workload.faults,
          startAt: START_AT,
        });
        account.onEventDone(conservationCheck(account, topologyOf(account.outputs)));
        const result = await runWorkload(account, workload, seed);
        expect(result.consistent, `seed ${seed}`).to.equal(true);
        if (stack === "dev") {
          expect(result.exact, `seed ${seed}`).to.equal(true);
          expect(result.records).to.deep.include({ lost: 0, pending: 0, duplicated: 0 });
          expect(result.records.deadLettered).to.deep.equal({ good: 0, bad: 1 });
        }
      }
    });
  }
});
