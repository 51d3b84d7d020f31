import { expect } from "chai";
import fc from "fast-check";
import { messages, QueueMappingWorld, type Reply } from "./queue-world";

const scenario = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  batchSize: fc.integer({ min: 1, max: 25 }),
  windowSeconds: fc.integer({ min: 0, max: 10 }),
  fifo: fc.boolean(),
  reportBatchItemFailures: fc.boolean(),
  maxReceiveCount: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  maximumConcurrency: fc.option(fc.integer({ min: 2, max: 8 }), { nil: undefined }),
  visibilityTimeoutSeconds: fc.integer({ min: 3, max: 60 }),
  // How the n-th attempt ends, over and over.
  replies: fc.array(
    fc.constantFrom("ok", "ok", "ok", "error", "timeout", "killed", "throttled", "partial"),
    { minLength: 1, maxLength: 12 },
  ),
  slowMs: fc.constantFrom(1, 100, 2000, 5000, 20_000),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

async function run(given: Scenario, hours: number): Promise<QueueMappingWorld> {
  const { fifo, maxReceiveCount, replies, reportBatchItemFailures, slowMs } = given;
  const batchSize = fifo ? Math.min(given.batchSize, 10) : given.batchSize;
  const window = fifo ? 0 : batchSize > 10 ? Math.max(1, given.windowSeconds) : given.windowSeconds;
  const world: QueueMappingWorld = new QueueMappingWorld({
    maxReceiveCount,
    queue: {
      ...(fifo && { fifoQueue: true }),
      visibilityTimeoutSeconds: given.visibilityTimeoutSeconds,
    },
    settings: {
      batchSize,
      maximumBatchingWindowInSeconds: window,
      maximumConcurrency: given.maximumConcurrency,
      reportBatchItemFailures,
    },
    replyMs: (bodies) => (bodies.length % 2 === 0 ? slowMs : 50),
    reply: (bodies, call, records): Reply => {
      const reply = replies[(call - 1) % replies.length]!;
      if (reply !== "partial") return reply as Reply;
      return world.report(records, bodies.at(-1)!);
    },
  });
  const bodies = messages(given.count).map((body, index) =>
    fifo ? `g${index % 3}-${body}` : body,
  );
  await world.put(...bodies.slice(0, given.count / 2));
  world.mapping.enable();
  await world.advance(7);
  await world.put(...bodies.slice(given.count / 2));
  await world.settle(hours * 3600);
  return world;
}

describe("queue mapping: properties", () => {
  it("ends each message deleted, in the dead-letter queue or still in the queue: one of them", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const world = await run(given, 2);
        const bodies = new Map(
          world.attempts.flatMap(({ records }) =>
            records.map(({ body, messageId }) => [messageId, body]),
          ),
        );
        const named = (kind: string): string[] =>
          world.mapping.decisions
            .filter((decision) => decision.kind === kind)
            .flatMap(({ recordIds }) => recordIds.map((id) => bodies.get(id)!));
        const undeleted = named("undeleted");
        const deleted = named("ok");
        for (const body of undeleted) deleted.splice(deleted.indexOf(body), 1);
        const dead = given.maxReceiveCount === undefined ? [] : world.held(world.dead);
        const held = world.held(world.source);
        expect([...deleted, ...dead, ...held]).to.have.length(given.count);
        expect(new Set([...deleted, ...dead, ...held]).size).to.equal(given.count);
      }),
      { numRuns: 80, seed: 20260201 },
    );
  });

  it("settles, and leaves nothing (messages are dead-lettered, functions answer in time)", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const world = await run({ ...given, maxReceiveCount: given.maxReceiveCount ?? 3 }, 24);
        expect(world.mapping.unsettled()).to.deep.equal([]);
        expect(world.kernel.quiet).to.equal(true);
        expect(world.mapping.concurrency).to.equal(0);
      }),
      { numRuns: 60, seed: 20260202 },
    );
  });

  it("never receives a message more often than it may, nor runs more at once", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const world = await run(given, 1);
        for (const { records } of world.attempts) {
          for (const { attributes } of records) {
            const receives = Number(attributes.ApproximateReceiveCount);
            expect(receives).to.be.at.most(given.maxReceiveCount ?? Infinity);
          }
        }
        expect(world.runningMax).to.be.at.most(given.maximumConcurrency ?? 1250);
      }),
      { numRuns: 60, seed: 20260203 },
    );
  });

  it("keeps the order of each group, whatever fails (FIFO, the last of a batch reported)", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const visibilityTimeoutSeconds = 60;
        const world = await run(
          {
            ...given,
            fifo: true,
            maxReceiveCount: undefined,
            visibilityTimeoutSeconds,
            slowMs: 100,
            reportBatchItemFailures: true,
            replies: [...given.replies.filter((reply) => reply !== "throttled"), "ok"],
          },
          24,
        );
        const bodies = new Map(
          world.attempts.flatMap(({ records }) =>
            records.map(({ body, messageId }) => [messageId, body]),
          ),
        );
        const done = world.mapping.decisions
          .filter(({ kind }) => kind === "ok")
          .flatMap(({ recordIds }) => recordIds.map((id) => bodies.get(id)!));
        for (const group of ["g0", "g1", "g2"]) {
          const own = done.filter((body) => body.startsWith(`${group}-`));
          const numbers = own.map((body) => Number(body.split("-m")[1]));
          expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
        }
      }),
      { numRuns: 60, seed: 20260204 },
    );
  });

  it("is the same run for the same seed", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const [first, second] = [await run(given, 1), await run(given, 1)];
        expect(second.trace.hash).to.equal(first.trace.hash);
      }),
      { numRuns: 20, seed: 20260205 },
    );
  });
});
