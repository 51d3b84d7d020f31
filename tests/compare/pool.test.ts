import { join } from "node:path";
import { expect } from "chai";
import type { PreparedTask } from "../../compare/jobs";
import { createPool } from "../../compare/pool";
import { DEFAULT_SETTINGS } from "../../compare/workloads";

const task = (seed: number): PreparedTask => ({
  job: 0,
  projectFolder: "",
  stack: "dev",
  config: {},
  workload: "burst",
  settings: { ...DEFAULT_SETTINGS, messages: 40, poisonRecords: 0 },
  assumptions: {},
  synthesis: {
    target: { project: "p", stack: "dev", accountId: "1", region: "r" },
    resources: [],
    outputs: {},
  },
  runs: [{ seed, messages: 40, orders: 20, trips: 20, things: 20, poisonRecords: 0 }],
});

describe("createPool", () => {
  it("makes a worker that dies a failed run, and goes on with the others", async () => {
    const pool = createPool(1, join(__dirname, "dying-worker.ts"));
    try {
      const outcomes = await Promise.all([12, 13, 14].map((seed) => pool.run(task(seed))));
      expect(outcomes.map(({ failure }) => failure?.message)).to.deep.equal([
        undefined,
        "The worker that ran it died: worker exited with code: 7",
        undefined,
      ]);
      expect(outcomes[1]!.failure).to.deep.include({ phase: "run", seed: 13, messages: 40 });
    } finally {
      await pool.close();
    }
  }).timeout(20_000);

  it("says where our own code threw, not where its bundle did", async () => {
    const pool = createPool(1, join(__dirname, "throwing-worker.ts"));
    try {
      const { failure } = await pool.run(task(1));
      expect(failure?.message).to.equal("The worker that ran it died: on purpose");
      expect(failure?.stackTrace).to.match(/tests\/compare\/throwing-worker\.ts:5:/);
    } finally {
      await pool.close();
    }
  }).timeout(20_000);
});
