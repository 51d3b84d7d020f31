import { expect } from "chai";
import fc from "fast-check";
import { Random } from "../../../simulator/kernel/random";
import { adding, windowWorld } from "./window-world";
import { type Reply, type WindowEvent, World } from "./world";

const scenario = fc.record({
  // Bursts, so that batches have several records and later ones wait behind them.
  gaps: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 900 }) },
      { weight: 1, arbitrary: fc.integer({ min: 900, max: 90_000 }) },
    ),
    { minLength: 1, maxLength: 40 },
  ),
  batchSize: fc.integer({ min: 1, max: 10 }),
  windowSeconds: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 4, max: 120 })),
  gatherSeconds: fc.constantFrom(0, 0, 5, 100),
  shardCount: fc.integer({ min: 1, max: 3 }),
  bisect: fc.boolean(),
  partial: fc.boolean(),
  finalRecords: fc.constantFrom("none", "last-batch"),
  idleCloseMs: fc.constantFrom(0, 120_000),
  earlyFlags: fc.constantFrom("early-only", "both"),
  failing: fc.integer({ min: 0, max: 70 }),
  seed: fc.nat(100_000),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** What the final and the early invocations that succeeded were given, added up. */
type Taken = Map<string, number>;

async function run(given: Scenario): Promise<{ all: string[]; taken: Taken; world: World }> {
  const random = new Random(given.seed);
  const draw = (what: string, call: number): number => random.keyed("test", what, String(call));
  const taken: Taken = new Map();
  const take = (state: object): void => {
    for (const [text, count] of Object.entries(state)) {
      taken.set(text, (taken.get(text) ?? 0) + (count as number));
    }
  };
  const reply = (texts: readonly string[], call: number, event: WindowEvent): Reply => {
    const percent = draw("fails", call) * 100;
    if (percent < given.failing) {
      if (percent < given.failing / 4) return "throttled";
      const at = Math.floor(draw("at", call) * texts.length);
      if (!given.partial || percent < given.failing / 3 || texts.length === 0) return "error";
      if (percent < given.failing / 2) {
        // A state that must not be kept: the response is no valid one.
        const batchItemFailures = [{ itemIdentifier: "unknown" }];
        return { response: { batchItemFailures, ...adding(texts, event) } };
      }
      const { response } = world.report(texts[at]!) as { response: object };
      return { response: { ...response, ...adding(texts.slice(0, at), event) } };
    }
    const response = adding(texts, event);
    if (event.isFinalInvokeForWindow || event.isWindowTerminatedEarly) take(response.state);
    return { response };
  };
  const world: World = windowWorld(
    {
      seed: given.seed,
      shardCount: given.shardCount,
      assumptions: {
        "windows.earlyFlags": given.earlyFlags,
        "windows.finalRecords": given.finalRecords,
        "windows.idleCloseMs": given.idleCloseMs,
      },
      settings: {
        batchSize: given.batchSize,
        bisectBatchOnFunctionError: given.bisect,
        maximumBatchingWindowInSeconds: given.gatherSeconds,
        reportBatchItemFailures: given.partial,
        tumblingWindowInSeconds: given.windowSeconds,
      },
    },
    reply,
  );
  world.mapping.enable();
  const all = given.gaps.map((_, index) => `k${index % 7}-${index}`);
  for (const [index, gap] of given.gaps.entries()) {
    await world.advance(gap / 1000);
    world.put(all[index]!);
  }
  await world.settle();
  return { all, taken, world };
}

describe("tumbling windows: properties", () => {
  it("adds every record up exactly once, whatever fails, if nothing is discarded", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { all, taken, world } = await run(given);
        expect(Object.fromEntries(taken)).to.deep.equal(
          Object.fromEntries(all.map((text) => [text, 1])),
        );
        expect(world.mapping.unsettled()).to.deep.equal([]);
        expect(world.kernel.quiet).to.equal(true);
      }),
      { numRuns: 150, seed: 20260401 },
    );
  });

  it("never mixes records of two windows, and tells each batch its own", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { world } = await run(given);
        for (const { event } of world.deliveries) {
          const start = Date.parse(event.window.start);
          expect(Date.parse(event.window.end) - start).to.equal(given.windowSeconds * 1000);
          expect(start % (given.windowSeconds * 1000)).to.equal(0);
          for (const record of event.Records) {
            const { kinesis } = record as { kinesis: { approximateArrivalTimestamp: number } };
            const sinceStart = Math.round(kinesis.approximateArrivalTimestamp * 1000) - start;
            expect(sinceStart).to.be.within(0, given.windowSeconds * 1000 - 1);
          }
        }
      }),
      { numRuns: 40, seed: 20260402 },
    );
  });

  it("closes every window of a shard once, in order, before the next one opens", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { world } = await run(given);
        for (const shardId of new Set(world.deliveries.map((delivery) => delivery.shardId))) {
          let openMs = -1;
          let closedMs = -1;
          for (const { kind, shardId: id, window } of world.mapping.decisions) {
            if (id !== shardId || !window || window.isTerminatedEarly) continue;
            expect(window.startMs).to.be.greaterThan(closedMs);
            if (openMs >= 0) expect(window.startMs).to.equal(openMs);
            openMs = window.startMs;
            if (kind !== "ok" || !window.isFinal) continue;
            [closedMs, openMs] = [openMs, -1];
          }
          expect(openMs).to.equal(-1);
        }
      }),
      { numRuns: 40, seed: 20260403 },
    );
  });

  it("is the same run for the same seed", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const [first, second] = [await run(given), await run(given)];
        expect(second.world.trace.hash).to.equal(first.world.trace.hash);
      }),
      { numRuns: 10, seed: 20260404 },
    );
  });
});
