import { expect } from "chai";
import { holds, readStacks } from "../../compare/stacks";
import { synthesize, type Deployment, type FaultCount } from "../../simulator";
import { chaos } from "../support/chaos";
import { miscountedFaults } from "../support/fault-accounts";
import {
  AGGREGATION,
  plainIdsOf,
  PROJECT,
  smallWorkload,
  trial,
  type Trial,
} from "../support/trial";

/** No failure in n runs bounds a run's chance of failing by 3/n, with 95 % confidence. */
const SEEDS = 100;

/** Of one stack and seed only: `ONLY_STACK=bisect ONLY_SEED=17`. */
const { ONLY_STACK, ONLY_SEED } = process.env;
const SEEDS_TRIED = ONLY_SEED
  ? [Number(ONLY_SEED)]
  : Array.from({ length: SEEDS }, (_, at) => at + 1);
const STACKS_TRIED = readStacks(PROJECT, [])
  .filter((stack) => holds(stack, "aggregation") && (!ONLY_STACK || stack.name === ONLY_STACK))
  .map(({ name }) => name);

/** Every fifth run holds a record that nothing can process. */
const hasUnprocessable = (seed: number): boolean => seed % 5 === 0;

interface MappingInputs {
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeInSeconds: number;
}

/** Whether no mapping ever gives a record up before it expires. */
function neverGivesUp({ resources }: Deployment): boolean {
  return resources
    .filter(({ type }) => type.endsWith(":EventSourceMapping"))
    .every(({ inputs }) => {
      const { maximumRecordAgeInSeconds, maximumRetryAttempts } =
        inputs as unknown as MappingInputs;
      return maximumRetryAttempts === -1 && maximumRecordAgeInSeconds === -1;
    });
}

async function tryOnce(deployment: Deployment, seed: number): Promise<Trial> {
  const workload = smallWorkload(hasUnprocessable(seed) ? "poison" : "burst", seed);
  const faults = chaos(seed, plainIdsOf(workload));
  return trial(deployment, { workload, seed, faults, conserving: true });
}

/** What must hold and does not; none if all does. */
function violations({ account, result }: Trial, promised: boolean): string[] {
  const { exact, consistent, records } = result;
  const { deadLettered, duplicated, lost, pending, processed, produced, superseded } = records;
  const all = deadLettered.good + deadLettered.bad + lost + pending + processed + superseded;
  return [
    ...miscountedFaults(account, account.faults()),
    consistent ? "" : "not consistent",
    duplicated === 0 ? "" : `${duplicated} duplicated`,
    all === produced ? "" : `${produced} produced, but ${all} accounted for`,
    promised && !exact ? "not exact" : "",
    promised && lost > 0 ? `${lost} lost` : "",
    promised && pending > 0 ? `${pending} pending` : "",
    promised && deadLettered.good > 0 ? `${deadLettered.good} good ones dead-lettered` : "",
  ].filter((violation) => violation !== "");
}

function replay(stack: string, seed: number): string {
  return `ONLY_STACK=${stack} ONLY_SEED=${seed} npx mocha tests/slow/exactness.test.ts`;
}

describe("with the ledger, under every kind of fault", function () {
  this.timeout(300_000);
  const hits = new Map<string, number>();

  for (const stack of STACKS_TRIED) {
    it(`${stack}: what State accepted is counted once, at all of ${SEEDS_TRIED.length} seeds`, async () => {
      const config = { ...AGGREGATION, "redrive:idempotency": "ledger" };
      const deployment = await synthesize(PROJECT, { stack, config });
      const promising = stack === "dev" || neverGivesUp(deployment);
      const failures: string[] = [];
      for (const seed of SEEDS_TRIED) {
        let found: string[];
        try {
          const tried = await tryOnce(deployment, seed);
          found = violations(tried, promising && !hasUnprocessable(seed));
          countHits(hits, tried.account.faults());
        } catch (cause) {
          found = [(cause as Error).message];
        }
        if (found.length > 0) failures.push(`${found.join(", ")}: ${replay(stack, seed)}`);
      }
      expect(failures.join("\n")).to.equal("");
    });
  }

  it("has met every kind of fault in every function", function () {
    if (ONLY_STACK || ONLY_SEED) this.skip();
    // A fault that hits nothing in any run proves nothing.
    const never = [...hits].flatMap(([name, count]) => (count === 0 ? [name] : []));
    expect(never).to.deep.equal([]);
    expect(hits.size).to.be.at.least(30);
  });
});

function countHits(hits: Map<string, number>, counts: readonly FaultCount[]): void {
  for (const { fault, hit } of counts) {
    const name = `${fault.kind} of ${fault.function}`;
    hits.set(name, (hits.get(name) ?? 0) + hit);
  }
}
