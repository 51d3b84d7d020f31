import { expect } from "chai";
import { DEFAULT_SETTINGS } from "../../compare/workloads";
import type { Rehearsal } from "../../live/rehearsal/rehearse";
import type { Deployment } from "../../simulator";
import { deployed, rehearsed, type Conditions, type Workload } from "../live/trial";

/** No failure in n runs bounds a run's chance of failing by 3/n, with 95 % confidence. */
const SEEDS = 200;
const CONTROL_SEEDS = 20;

/** Of one seed only: `ONLY_SEED=17`. */
const { ONLY_SEED } = process.env;
const seedsTried = (count: number): readonly number[] =>
  ONLY_SEED ? [Number(ONLY_SEED)] : Array.from({ length: count }, (_, at) => at + 1);

/** Two of three redrives are broken off, early or late, and started again. */
const interruptAfterOf = (seed: number, itemsMax = 17): number | undefined =>
  seed % 3 === 0 ? undefined : 1 + (seed % itemsMax);

const HALF_FAIL = { ...DEFAULT_SETTINGS.failPercent, map: 50, reduce: 50 };

interface System {
  readonly stack: string;
  readonly workload: Workload;
  readonly config?: Record<string, unknown>;
  readonly settings: Conditions["settings"];
  /** What mends the consumer, over `config`. */
  readonly mended?: Record<string, unknown>;
  /** Broken off after fewer items than this, where there are few letters. @default 17 */
  readonly itemsMax?: number;
  /** @default {@link SEEDS} */
  readonly seeds?: number;
}

const windows = (changed: object) => ({ "redrive:windows": changed });
const errorlab = (changed: object) => ({
  "redrive:errorlab": {
    idempotency: "payload-hash",
    bisectBatchOnFunctionError: true,
    reportBatchItemFailures: true,
    maximumRetryAttempts: 1,
    infrastructureRecoversPercent: 30,
    ...changed,
  },
});

const SYSTEMS: readonly System[] = [
  { stack: "checkpoint", workload: "poison", settings: { messages: 160 } },
  {
    // Whole batches, changes of tables among them.
    stack: "bounded-retries",
    workload: "poison",
    config: { "redrive:mappings": { maximumRetryAttempts: 2, onFailure: "s3" } },
    settings: { messages: 160, failPercent: HALF_FAIL },
  },
  { stack: "dev", workload: "orders", settings: { orders: 40 } },
  {
    stack: "windows-exact",
    workload: "trips",
    config: windows({ mode: "exact", shardCount: 1, maximumRetryAttempts: 1, onFailure: "sqs" }),
    settings: { trips: 30, resendPercent: 5, failConsumerPercent: 30 },
    itemsMax: 4,
  },
  {
    // Copies count twice in tumbling windows, redrive or not: there are none.
    stack: "windows-tumbling",
    workload: "trips",
    config: windows({ shardCount: 1, onFailure: "s3" }),
    settings: { trips: 30, resendPercent: 0, failConsumerPercent: 20 },
    itemsMax: 4,
  },
  {
    stack: "windows-patient",
    workload: "trips",
    config: windows({
      ...{ shardCount: 1, onFailure: "sqs" },
      ...{ bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
    }),
    settings: { trips: 30, resendPercent: 0, failConsumerPercent: 20 },
    itemsMax: 4,
    seeds: 60,
  },
  {
    stack: "errorlab-isolated",
    workload: "errors",
    config: errorlab({ onFailure: "s3" }),
    mended: errorlab({ timeoutPercent: 0, infrastructureRecoversPercent: 100 }),
    settings: { things: 30 },
    // Each is a second deployment.
    seeds: 30,
  },
];

async function tryOnce(deployment: Deployment, system: System, seed: number): Promise<Rehearsal> {
  const { settings, stack, workload } = system;
  const interruptAfter = interruptAfterOf(seed, system.itemsMax);
  const mended = system.mended && { stack, config: system.mended };
  const conditions = { workload, settings, seed, interruptAfter, mended };
  return (await rehearsed(deployment, conditions)).rehearsal;
}

/** What must hold and does not; none if all does. */
function violations({ after, before, report }: Rehearsal): string[] {
  const { deadLettered, duplicated, lost, pending, processed, produced, superseded } =
    after.records;
  // A row that is to be dropped is done when it is counted as dropped.
  const bad = after.trips ? 0 : before.records.deadLettered.bad;
  const all = deadLettered.good + deadLettered.bad + lost + pending + processed + superseded;
  return [
    after.exact ? "" : "not exact",
    after.consistent ? "" : "not consistent",
    lost === 0 ? "" : `${lost} lost`,
    pending === 0 ? "" : `${pending} pending`,
    duplicated === 0 ? "" : `${duplicated} counted twice`,
    deadLettered.good === 0 ? "" : `${deadLettered.good} good ones in dead letters`,
    deadLettered.bad === bad ? "" : "a bad one is in no dead letter",
    all === produced ? "" : `${produced} produced, but ${all} accounted for`,
    report.gone.length + report.kept.length === 0 ? "" : "letters were not replayed",
  ].filter((violation) => violation !== "");
}

describe("after a redrive, broken off or not", function () {
  this.timeout(900_000);

  for (const system of SYSTEMS) {
    const { config, seeds = SEEDS, stack, workload } = system;
    const tried = seedsTried(seeds);
    it(`nothing that can be processed is missing, and nothing counts twice: ${stack}, ${workload}, ${tried.length} seeds`, async () => {
      const deployment = await deployed(stack, workload, config);
      const failures: string[] = [];
      let brokenOff = 0;
      let cameBack = 0;
      for (const seed of tried) {
        let found: string[];
        try {
          const rehearsal = await tryOnce(deployment, system, seed);
          found = violations(rehearsal);
          if (rehearsal.brokenOff) brokenOff += 1;
          cameBack += rehearsal.after.records.processed - rehearsal.before.records.processed;
        } catch (cause) {
          found = [(cause as Error).message];
        }
        if (found.length === 0) continue;
        const again = `ONLY_SEED=${seed} npx mocha tests/slow/redrive-exactness.test.ts`;
        failures.push(`${stack}: ${found.join(", ")}: ${again}`);
      }
      expect(failures.join("\n")).to.equal("");
      if (ONLY_SEED) return;
      // A redrive that has nothing to bring back, or is never broken off, proves nothing.
      expect(brokenOff).to.be.greaterThan(seeds / 4);
      expect(cameBack).to.be.greaterThan(seeds);
    });
  }

  const controls: readonly (System & { readonly without: string })[] = [
    {
      ...SYSTEMS[1]!,
      without: "the ledger",
      config: { ...SYSTEMS[1]!.config, "redrive:idempotency": "batch-hash" },
    },
    {
      stack: "impatient",
      workload: "orders",
      without: "markers",
      config: { "redrive:orders": { idempotency: "none" } },
      settings: { orders: 40 },
    },
  ];

  for (const control of controls) {
    it(`is caught doubling, without ${control.without}`, async function () {
      if (ONLY_SEED) this.skip();
      const { config, settings, stack, workload } = control;
      const deployment = await deployed(stack, workload, config);
      let doubled = 0;
      for (let seed = 1; seed <= CONTROL_SEEDS; seed += 1) {
        const interruptAfter = interruptAfterOf(seed);
        const conditions = { workload, settings, seed, interruptAfter, conserving: false };
        const { after, before } = (await rehearsed(deployment, conditions)).rehearsal;
        if (after.records.duplicated > before.records.duplicated) doubled += 1;
      }
      expect(doubled).to.be.greaterThan(CONTROL_SEEDS / 10);
    });
  }
});
