import { expect } from "chai";
import { createWorkload } from "../../compare/aggregation/create";
import { groundTruthOf } from "../../compare/aggregation/ground-truth";
import { scoreAt } from "../../compare/aggregation/scoring";
import { topologyOf } from "../../compare/aggregation/topology";
import type { ProducedRecord } from "../../compare/aggregation/workload";
import { putRecords } from "../../compare/put-records";
import { DEFAULT_SETTINGS } from "../../compare/workloads";
import { parseSettings, type Settings } from "../../config";
import { startEmpty, type SimulatedAws } from "../../simulator";
import {
  configOf,
  EngineFolder,
  EngineStack,
  packagesOf,
  redrive,
  redriveProject,
  type Config,
  type Steps,
} from "./engine-stack";
import { emptyBooks, rebuildBooks } from "./rebuild";
import { tourOf } from "./tour";

const STRATEGIES = [
  "dev",
  "aws-defaults",
  "bounded-retries",
  "bounded-age",
  "bisect",
  "checkpoint",
  "bisect-checkpoint",
  "parallel",
  "workshop",
];
const STAGES = ["state", "map", "reduce"] as const;
const RECORDS_A_FLIP = 10;
const SETTLE_S = 3_600;

const configs = new Map<string, Config>(
  STRATEGIES.map((name) => [name, { ...configOf(name), "redrive:systems": ["aggregation"] }]),
);

function settingsOf(name: string): Settings {
  const entries = Object.entries(configs.get(name)!);
  return parseSettings(
    Object.fromEntries(entries.map(([key, value]) => [key.replace("redrive:", ""), value])),
  );
}

/** What a flip must change, told from the settings alone: the rules are those of docs/engine.md. */
function expectedSteps(from: string, to: string): Steps {
  const [old, next] = [settingsOf(from), settingsOf(to)];
  const updated = new Set<string>();
  const replaced = new Set<string>();
  const isOther = (one: unknown, other: unknown): boolean =>
    JSON.stringify(one) !== JSON.stringify(other);
  for (const stage of STAGES) {
    const mapping = `aggregation-${stage}-mapping`;
    const [before, after] = [mappingOf(old, stage), mappingOf(next, stage)];
    if (before.startingPosition !== after.startingPosition) replaced.add(mapping);
    else if (isOther(before, after)) updated.add(mapping);
    // The handler stops at the first failure if it may report, and the role writes to the destination.
    if (before.reportBatchItemFailures !== after.reportBatchItemFailures)
      updated.add(`aggregation-${stage}`);
    if (before.onFailure !== after.onFailure) updated.add(`aggregation-${stage}-policy`);
  }
  if (old.idempotency !== next.idempotency) {
    for (const name of ["map", "reduce", "repair", "map-policy", "reduce-policy"])
      updated.add(`aggregation-${name}`);
  }
  if (isOther(old.reduce.reservedConcurrentExecutions, next.reduce.reservedConcurrentExecutions)) {
    updated.add("aggregation-reduce");
  }
  const names = [...replaced].sort();
  return {
    ...(updated.size > 0 && { update: [...updated].sort() }),
    ...(names.length > 0 && {
      "create-replacement": names,
      "delete-replaced": names,
      replace: names,
    }),
  };
}

function mappingOf(settings: Settings, stage: (typeof STAGES)[number]) {
  const {
    maximumRetryAttempts,
    maximumRecordAgeInSeconds,
    bisectBatchOnFunctionError,
    reportBatchItemFailures,
  } = settings[stage];
  const {
    batchSize,
    maximumBatchingWindowInSeconds,
    parallelizationFactor,
    startingPosition,
    onFailure,
  } = settings[stage];
  return {
    batchSize,
    maximumBatchingWindowInSeconds,
    parallelizationFactor,
    startingPosition,
    onFailure,
    maximumRetryAttempts,
    maximumRecordAgeInSeconds,
    bisectBatchOnFunctionError,
    reportBatchItemFailures,
  };
}

/** Records on the stream, in flight while the stack is flipped; and what the aggregates must come to. */
class Producer {
  readonly #records: readonly ProducedRecord[];
  #sent = 0;

  constructor(
    private readonly account: SimulatedAws,
    flips: number,
  ) {
    const messages = flips * RECORDS_A_FLIP;
    this.#records = createWorkload("burst", 1, { ...DEFAULT_SETTINGS, messages }).records;
    expect(this.#records.length).to.equal(messages);
  }

  async putSome(): Promise<void> {
    const { streamName } = topologyOf(this.account.outputs);
    const next = this.#records.slice(this.#sent, this.#sent + RECORDS_A_FLIP);
    this.#sent += next.length;
    await putRecords(this.account, streamName, next);
  }

  /** Whether the aggregates hold exactly what was put so far. */
  get isExact(): boolean {
    const records = this.#records.slice(0, this.#sent);
    return scoreAt(this.account, topologyOf(this.account.outputs), groundTruthOf(records)) === 100;
  }
}

describe("flips of the streaming aggregation, by the engine", function () {
  this.timeout(3_600_000);

  it("change exactly what the settings say, replace no stream, table, queue or bucket, and lose and double nothing in flight", async () => {
    const account = await startEmpty({ seed: 1 });
    const folder = new EngineFolder(redriveProject());
    folder.addPackages(await packagesOf(STRATEGIES));
    const stack = await EngineStack.create("flipped", redrive, folder, account);
    try {
      const tour = tourOf(STRATEGIES);
      stack.configure(configs.get(tour[0]!)!);
      await stack.up();
      account.adoptOutputs(await stack.outputs());
      const producer = new Producer(account, tour.length - 1);
      let inFlight = 0;
      for (const [at, from] of tour.slice(0, -1).entries()) {
        const to = tour[at + 1]!;
        await producer.putSome();
        await account.advance({ seconds: 0.4 });
        const [old, next] = [settingsOf(from), settingsOf(to)];
        const keepsBooks = old.idempotency === next.idempotency;
        if (!keepsBooks) {
          // Another start, or other books: nothing may be in flight.
          await account.settle({ withinSeconds: SETTLE_S });
          expect(producer.isExact, `${from}, before ${to}`).to.equal(true);
        } else if (!producer.isExact) inFlight += 1;
        const newBooks = !keepsBooks && next.idempotency === "ledger";
        if (newBooks) await emptyBooks(account);
        stack.configure(configs.get(to)!);
        const { counts, steps, text } = await stack.up();
        expect(steps, `${from} → ${to}: ${text}`).to.deep.equal(expectedSteps(from, to));
        expect(counts["update"] ?? 0, `${from} → ${to}`).to.equal(steps["update"]?.length ?? 0);
        if (newBooks) await rebuildBooks(account);
        if (!keepsBooks) expect(producer.isExact, `${from} → ${to}`).to.equal(true);
      }
      await account.settle({ withinSeconds: SETTLE_S });
      expect(producer.isExact, "after the tour").to.equal(true);
      // A few puts are of copies and old versions alone, and change nothing.
      expect(inFlight, "flips with something in flight").to.be.greaterThan(40);
      await stack.destroy();
      expect(account.remaining()).to.deep.equal([]);
    } finally {
      stack.close();
    }
  });
});
