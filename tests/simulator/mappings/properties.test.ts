import { expect } from "chai";
import fc from "fast-check";
import { type Reply, World } from "./world";

const records = (count: number) =>
  Array.from({ length: count }, (_, index) => `k${index % 5}-${index}`);

const scenario = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  poison: fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 6 }),
  batchSize: fc.integer({ min: 1, max: 40 }),
  retries: fc.integer({ min: 0, max: 3 }),
  parallelizationFactor: fc.integer({ min: 1, max: 3 }),
  left: fc.constantFrom("floor", "ceil"),
  seed: fc.nat(1000),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** Runs a scenario in which the function throws for, or reports, poison records. */
async function run(
  { batchSize, count, left, parallelizationFactor, poison, retries, seed }: Scenario,
  bisect: boolean,
  checkpoint: boolean,
) {
  const all = records(count);
  const bad = new Set(poison.filter((index) => index < count).map((index) => all[index]!));
  const world: World = new World({
    seed,
    assumptions: { "bisect.left": left },
    settings: {
      batchSize,
      bisectBatchOnFunctionError: bisect,
      maximumRetryAttempts: retries,
      parallelizationFactor,
      reportBatchItemFailures: checkpoint,
    },
    reply: (texts): Reply => {
      const first = texts.find((text) => bad.has(text));
      if (first === undefined) return "ok";
      return checkpoint ? world.report(first) : "error";
    },
  });
  await world.process(...all);
  return { all, bad, world };
}

/** The texts of the records that decisions of these kinds are about. */
function decided(world: World, ...kinds: string[]): string[] {
  const texts = new Map(
    world.deliveries.flatMap(({ request, texts: batch }) =>
      batch.map((text, index) => [request.recordIds![index]!, text] as const),
    ),
  );
  return world.mapping.decisions
    .filter(({ kind }) => kinds.includes(kind))
    .flatMap(({ recordIds }) => recordIds.map((id) => texts.get(id)!));
}

function expectOrderPerKey(texts: readonly string[]): void {
  for (const key of new Set(texts.map((text) => text.split("-")[0]!))) {
    const own = texts
      .filter((text) => text.startsWith(`${key}-`))
      .map((text) => text.split("-")[1]!);
    expect(own).to.deep.equal([...own].sort((a, b) => Number(a) - Number(b)));
  }
}

describe("stream mapping: properties", () => {
  for (const checkpoint of [false, true]) {
    const how = checkpoint ? "reported" : "thrown";
    it(`discards exactly the poison records under bisect (${how})`, async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (given) => {
          const { all, bad, world } = await run(given, true, checkpoint);
          expect(decided(world, "discard").sort()).to.deep.equal([...bad].sort());
          const done = decided(world, "ok", "checkpoint");
          expect([...done].sort()).to.deep.equal(all.filter((text) => !bad.has(text)).sort());
          expectOrderPerKey(decided(world, "ok", "checkpoint", "discard"));
          for (const { record } of world.deadLetters) {
            expect(record.requestContext.approximateInvokeCount).to.equal(given.retries + 1);
          }
          expect(world.mapping.unsettled()).to.deep.equal([]);
        }),
        { numRuns: 60, seed: 20260101 },
      );
    });
  }

  it("discards whole batches, each delivered retries + 1 times, without bisect", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { all, bad, world } = await run(given, false, false);
        const discarded = world.mapping.decisions.filter(({ kind }) => kind === "discard");
        for (const { recordIds } of discarded) {
          const sends = world.deliveries.filter(
            ({ request }) => String(request.recordIds) === String(recordIds),
          );
          expect(sends).to.have.length(given.retries + 1);
          expect(sends[0]!.texts.some((text) => bad.has(text))).to.equal(true);
        }
        const ended = decided(world, "ok", "discard");
        expect([...ended].sort()).to.deep.equal([...all].sort());
        expectOrderPerKey(ended);
      }),
      { numRuns: 40, seed: 20260102 },
    );
  });

  it("is the same run for the same seed", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const first = await run(given, true, false);
        const second = await run(given, true, false);
        expect(second.world.trace.hash).to.equal(first.world.trace.hash);
      }),
      { numRuns: 10, seed: 20260103 },
    );
  });
});
