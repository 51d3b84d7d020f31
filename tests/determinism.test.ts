import { expect } from "chai";
import { topologyOf } from "../compare/aggregation/topology";
import { createWorkload } from "../compare/aggregation/create";
import { prepareRun } from "../compare/systems";
import { DEFAULT_SETTINGS, START_AT } from "../compare/workloads";
import { synthesize, type Deployment, type TraceEntry } from "../simulator";
import { chaos } from "./support/chaos";
import { compareAfresh } from "./support/fresh-process";
import { orderChaos } from "./support/order-chaos";
import { orderTrial, smallOrders } from "./support/order-trial";
import { AGGREGATION, plainIdsOf, PROJECT, smallWorkload, trial } from "./support/trial";

/** One with the ledger, one with batch-hash. */
const STACKS = ["dev", "workshop"];
const SEED = 5;
const MESSAGES = 400;

/** By stack. */
type Hashes = Record<string, string>;

/** What `npm start` runs for a row: here, as part of this process. */
async function hashHere(deployment: Deployment, seed: number): Promise<string> {
  // Small runs hold one record that nothing can process, and so does this one.
  const settings = { ...DEFAULT_SETTINGS, messages: MESSAGES, poisonRecords: 1 };
  const workload = createWorkload("poison", seed, settings);
  const { result } = await trial(deployment, { workload, seed, faults: workload.faults });
  return result.trace;
}

async function hashesOfFreshProcess(workers: number): Promise<Hashes> {
  const { runs } = await compareAfresh([
    ...["--stack", STACKS.join(",")],
    ...["--workload", "poison", "--seed", `${SEED}`, "--messages", `${MESSAGES}`, "--poison", "1"],
    ...["--seeds", "0", "--workers", `${workers}`],
  ]);
  return Object.fromEntries(runs.map(({ stack, trace }) => [stack, trace]));
}

interface Remains {
  readonly hash: string;
  readonly entries: readonly TraceEntry[];
  /** Everything that was committed, as text. */
  readonly writes: string;
}

/** A run under every kind of fault, and all that it leaves behind. */
async function chaoticRun(deployment: Deployment, seed: number): Promise<Remains> {
  const workload = smallWorkload("burst", seed);
  const faults = chaos(seed, plainIdsOf(workload));
  const { account } = await trial(deployment, { workload, seed, faults });
  const { aggregateTableName, outboxTableName, stateTableName } = topologyOf(account.outputs);
  const writes = [stateTableName, outboxTableName, aggregateTableName].map((table) =>
    account.writes(table),
  );
  const { entries, hash } = account.trace;
  return { hash, entries: [...entries], writes: JSON.stringify(writes) };
}

/** Where two traces part, each with what it does there; undefined if they are the same. */
function parting(one: Remains, other: Remains): readonly unknown[] | undefined {
  const length = Math.max(one.entries.length, other.entries.length);
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [one.entries[at], other.entries[at]];
    if (a?.atMs !== b?.atMs || a?.label !== b?.label) return [at, a, b];
  }
  return undefined;
}

describe("determinism", function () {
  this.timeout(120_000);

  describe("the same seed gives the same trace", () => {
    const here: Hashes = {};
    let fresh: Hashes;
    let freshWithTwo: Hashes;

    before(async () => {
      // Both at once: what a process does must not depend on what others do meanwhile.
      const processes = Promise.all([hashesOfFreshProcess(1), hashesOfFreshProcess(2)]);
      for (const stack of STACKS) {
        here[stack] = await hashHere(
          await synthesize(PROJECT, { stack, config: AGGREGATION }),
          SEED,
        );
      }
      [fresh, freshWithTwo] = await processes;
    });

    it("in fresh processes, with one worker and with two", () => {
      expect(Object.keys(fresh)).to.have.length(STACKS.length);
      expect(freshWithTwo).to.deep.equal(fresh);
    });

    it("in a process that has run others before", () => {
      expect(here).to.deep.equal(fresh);
    });

    it("while no two strategies have the same", () => {
      expect(new Set(Object.values(here)).size).to.equal(Object.keys(here).length);
    });
  });

  for (const stack of STACKS) {
    it(`holds twice in one process under every kind of fault: ${stack}`, async () => {
      const deployment = await synthesize(PROJECT, { stack, config: AGGREGATION });
      const first = await chaoticRun(deployment, SEED);
      const other = await chaoticRun(deployment, SEED + 1);
      const again = await chaoticRun(deployment, SEED);
      expect(parting(first, again)).to.equal(undefined);
      expect(again.hash).to.equal(first.hash);
      expect(again.writes === first.writes, "the same writes").to.equal(true);
      expect(other.hash).not.to.equal(first.hash);
    });
  }

  describe("of orders", () => {
    const stack = "source-orders";
    const ORDERS = 60;
    const args = ["--stack", stack, "--workload", "orders", "--seed", `${SEED}`, "--seeds", "2"];

    async function hashesAfresh(workers: number): Promise<[string, number]> {
      const more = ["--orders", `${ORDERS}`, "--workers", `${workers}`];
      const { runs } = await compareAfresh([...args, ...more]);
      return [runs[0]!.trace, runs[0]!.small.consistent];
    }

    it("is the same in fresh processes, with one worker and with two, and here", async () => {
      const [one, two] = await Promise.all([hashesAfresh(1), hashesAfresh(2)]);
      expect(two).to.deep.equal(one);
      const deployment = await synthesize(PROJECT, { stack });
      const settings = { ...DEFAULT_SETTINGS, orders: ORDERS };
      // Another seed comes first: what a process did before must not matter.
      const results = [];
      for (const seed of [SEED + 1, SEED]) {
        const { faults, run } = prepareRun("orders", seed, settings, deployment.outputs);
        results.push(await run(await deployment.start({ seed, faults, startAt: START_AT })));
      }
      expect(results[1]!.trace).to.equal(one[0]);
      expect(results[0]!.trace).not.to.equal(one[0]);
    });

    it("holds twice in one process under every kind of fault", async () => {
      const config = { "redrive:systems": ["orders"] };
      const deployment = await synthesize(PROJECT, { stack: "dev", config });
      const run = (seed: number) =>
        orderTrial(deployment, seed, smallOrders(seed), orderChaos(seed));
      const [first, other, again] = [await run(SEED), await run(SEED + 1), await run(SEED)];
      expect(again.result).to.deep.equal(first.result);
      expect(other.result.trace).not.to.equal(first.result.trace);
    });
  });

  it("synthesizes the same deployment again", async () => {
    const first = await synthesize(PROJECT, { stack: "bisect" });
    const again = await synthesize(PROJECT, { stack: "bisect" });
    expect(again.synthesis).to.deep.equal(first.synthesis);
  });
});
