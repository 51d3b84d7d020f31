import { expect } from "chai";
import { defaults, parseSettings, warningsOf } from "../config";

/** The problems that parsing finds, a line each. */
function problemsOf(raw: Record<string, unknown>): string[] {
  try {
    parseSettings(raw);
  } catch (error) {
    expect((error as { code?: string }).code).to.equal("INVALID_CONFIG");
    const [, ...lines] = (error as Error).message.split("\n");
    return lines.map((line) => line.trim());
  }
  return [];
}

describe("parseSettings", () => {
  it("fills in every default (nothing set)", () => {
    const settings = parseSettings({});
    const stage = { ...defaults.mappings, ...defaults.functions };
    expect(settings).to.deep.equal({
      systems: ["aggregation"],
      idempotency: "ledger",
      aggregateLanes: 1,
      shardCount: 20,
      streamMode: "PROVISIONED",
      retentionPeriodHours: 24,
      encryption: "kms",
      protectData: false,
      failureInjection: false,
      logRetentionDays: 14,
      sweepAgeSeconds: 120,
      outboxRetentionDays: 7,
      publishVersions: false,
      sharedCodeLayer: false,
      alias: { canaryWeight: 0, previousVersion: 0 },
      state: stage,
      map: stage,
      reduce: stage,
      sweep: defaults.functions,
      repair: defaults.repair,
      orders: defaults.orders,
      windows: defaults.windows,
      errorlab: defaults.errorlab,
    });
  });

  it("sets all mappings at once, and one of them on top", () => {
    const settings = parseSettings({
      mappings: { batchSize: 50, maximumRetryAttempts: 2 },
      map: { batchSize: 1000, memorySize: 512 },
    });
    expect(settings.state.batchSize).to.equal(50);
    expect(settings.map).to.include({ batchSize: 1000, maximumRetryAttempts: 2, memorySize: 512 });
    expect(settings.reduce).to.include({ batchSize: 50, memorySize: 256 });
  });

  it("reads Pulumi's strings as it reads YAML's values, and leaves other namespaces alone", () => {
    const fromPulumi = parseSettings({
      "redrive:shardCount": "4",
      "redrive:idempotency": "batch-hash",
      "redrive:protectData": "true",
      "redrive:state": '{"batchSize":7}',
      "aws:region": "eu-central-1",
    });
    expect(fromPulumi).to.deep.equal(
      parseSettings({
        shardCount: 4,
        idempotency: "batch-hash",
        protectData: true,
        state: { batchSize: 7 },
      }),
    );
  });

  it("reports every problem at once, those between right settings included", () => {
    expect(
      problemsOf({
        shardCount: 0,
        protectData: "perhaps",
        mappings: { batchsize: 10 },
        state: { maximumRecordAgeInSeconds: 30 },
        idempotency: "batch-hash",
        aggregateLanes: 4,
      }).map((line) => line.split(":", 2).join(":")),
    ).to.deep.equal([
      "redrive:shardCount",
      "redrive:protectData",
      "redrive:mappings.batchsize",
      "redrive:state.maximumRecordAgeInSeconds",
      "redrive:aggregateLanes",
    ]);
  });

  const cases: { title: string; raw: Record<string, unknown>; line: string }[] = [
    {
      title: "a number outside its range",
      raw: { state: { batchSize: 10_001 } },
      line:
        "redrive:state.batchSize: expected a whole number from 1 to 10000; got 10001. " +
        "Change the value, or remove the line for the default, 100.",
    },
    {
      title: "a fraction",
      raw: { mappings: { maximumRetryAttempts: 2.5 } },
      line:
        "redrive:mappings.maximumRetryAttempts: expected a whole number from 0 to 10000, or -1 for no " +
        "limit; got 2.5. Change the value, or remove the line for the default, -1.",
    },
    {
      title: "an age below a minute",
      raw: { mappings: { maximumRecordAgeInSeconds: 59 } },
      line:
        "redrive:mappings.maximumRecordAgeInSeconds: expected a whole number from 60 to 604800, or -1 " +
        "for no limit; got 59. Change the value, or remove the line for the default, -1.",
    },
    {
      title: "a value that is none of the choices",
      raw: { idempotency: "hope" },
      line:
        'redrive:idempotency: expected one of ledger, batch-hash; got "hope". ' +
        "Change the value, or remove the line for the default, ledger.",
    },
    {
      title: "a system that does not exist",
      raw: { systems: ["aggregation", "billing"] },
      line:
        'redrive:systems.1: expected one of aggregation, orders, windows, errorlab; got "billing". ' +
        "Change the value, or remove the line for the default, aggregation.",
    },
    {
      title: "a name that does not exist",
      raw: { sweep: { memory: 128 } },
      line:
        "redrive:sweep.memory: expected one of the settings memorySize, timeout, " +
        'reservedConcurrentExecutions, previousVersion; got "memory". Correct the name, or remove the line.',
    },
    {
      title: "a value where a group belongs",
      raw: { map: 10 },
      line: "redrive:map: expected a group of settings; got 10. Change the value, or remove the line.",
    },
    {
      title: "a retention that CloudWatch does not know",
      raw: { logRetentionDays: 2 },
      line:
        "redrive:logRetentionDays: expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, " +
        "545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653; got 2. " +
        "Change the value, or remove the line for the default, 14.",
    },
    {
      title: "a starting time for a DynamoDB stream",
      raw: {
        reduce: {
          startingPosition: "AT_TIMESTAMP",
          startingPositionTimestamp: "2026-01-01T00:00:00Z",
        },
      },
      line:
        "redrive:reduce.startingPosition: expected TRIM_HORIZON or LATEST for reduce, which reads a " +
        'DynamoDB stream; got "AT_TIMESTAMP". Set AT_TIMESTAMP under redrive:state alone.',
    },
    {
      title: "AT_TIMESTAMP without a time",
      raw: { state: { startingPosition: "AT_TIMESTAMP" } },
      line:
        "redrive:mappings.startingPositionTimestamp: expected a UTC time with startingPosition " +
        "AT_TIMESTAMP; got nothing. Add it.",
    },
    {
      title: "a time without AT_TIMESTAMP",
      raw: { state: { startingPositionTimestamp: "2026-01-01T00:00:00Z" } },
      line:
        "redrive:state.startingPositionTimestamp: expected no time with startingPosition TRIM_HORIZON; " +
        'got "2026-01-01T00:00:00Z". Remove the line, or set startingPosition to AT_TIMESTAMP.',
    },
    {
      title: "an age beyond the stream's retention",
      raw: { state: { maximumRecordAgeInSeconds: 90_000 } },
      line:
        "redrive:state.maximumRecordAgeInSeconds: expected at most 86400 for state, whose source keeps " +
        "records no longer; got 90000. Lower it, or raise redrive:retentionPeriodHours.",
    },
    {
      title: "an age beyond a DynamoDB stream's day",
      raw: { retentionPeriodHours: 48, map: { maximumRecordAgeInSeconds: 90_000 } },
      line:
        "redrive:map.maximumRecordAgeInSeconds: expected at most 86400 for map, whose source keeps " +
        "records no longer; got 90000. Lower it.",
    },
    {
      title: "lanes under batch-hash",
      raw: { idempotency: "batch-hash", aggregateLanes: 2 },
      line:
        "redrive:aggregateLanes: expected 1 with idempotency batch-hash, whose retried requests must be " +
        "identical; got 2. Set it to 1, or set redrive:idempotency to ledger.",
    },
    {
      title: "shards where AWS chooses them",
      raw: { streamMode: "ON_DEMAND", shardCount: 4 },
      line:
        "redrive:shardCount: expected no shard count with streamMode ON_DEMAND, where AWS chooses it; " +
        "got 4. Remove the line, or set redrive:streamMode to PROVISIONED.",
    },
    {
      title: "a repair that ends before its first page",
      raw: { repair: { timeout: 10 } },
      line:
        "redrive:repair.timeout: expected a whole number from 30 to 900, for the function stops in good " +
        "order before it ends; got 10. Change the value, or remove the line for the default, 900.",
    },
    {
      title: "an alias that is a number",
      raw: { alias: { name: "1" } },
      line:
        'redrive:alias.name: expected 1 to 128 of A–Z a–z 0–9 _ -, not digits alone; got "1". ' +
        "Change the value, or remove the line.",
    },
    {
      title: "a canary of more than everything",
      raw: { publishVersions: true, alias: { name: "live", canaryWeight: 10, previousVersion: 1 } },
      line:
        "redrive:alias.canaryWeight: expected a number from 0 to 1; got 10. " +
        "Change the value, or remove the line for the default, 0.",
    },
    {
      title: "a canary without a version for the others",
      raw: { publishVersions: true, alias: { name: "live", canaryWeight: 0.1 } },
      line:
        "redrive:alias.previousVersion: expected a version with canaryWeight, for the invocations that the canary " +
        "does not get; got 0. Set it to what the alias stands for now, or remove redrive:alias.canaryWeight.",
    },
    {
      title: "a canary of $LATEST",
      raw: { alias: { name: "live", canaryWeight: 0.1, previousVersion: 1 } },
      line:
        "redrive:publishVersions: expected true with alias.canaryWeight or alias.previousVersion, for $LATEST cannot " +
        "be one of two versions; got false. Set it to true, or remove the two.",
    },
    {
      title: "a previous version without an alias",
      raw: { publishVersions: true, alias: { previousVersion: 1 } },
      line:
        "redrive:alias.name: expected a name with canaryWeight or previousVersion; got nothing. " +
        "Add it, or remove the two.",
    },
    {
      title: "an order knob outside its range",
      raw: { orders: { target: { maximumRetryAttempts: 186 } } },
      line:
        "redrive:orders.target.maximumRetryAttempts: expected a whole number from 0 to 185; got 186. " +
        "Change the value, or remove the line for the default, 185.",
    },
    {
      title: "an order knob that does not exist",
      raw: { orders: { breaker: { threshhold: 3 } } },
      line:
        "redrive:orders.breaker.threshhold: expected one of the settings threshold, cooldownMs; " +
        'got "threshhold". Correct the name, or remove the line.',
    },
    {
      title: "a visibility timeout below the function's",
      raw: { orders: { inventory: { visibilityTimeoutSeconds: 29 } } },
      line:
        "redrive:orders.inventory.visibilityTimeoutSeconds: expected at least 30, UpdateInventory's timeout, " +
        "or AWS refuses the mapping; got 29. Raise it, best to 180, or lower redrive:orders.inventory.timeout.",
    },
    {
      title: "a large batch without a window",
      raw: { orders: { inventory: { batchSize: 11 } } },
      line:
        "redrive:orders.inventory.maximumBatchingWindowInSeconds: expected at least 1 with a batchSize above " +
        "10; got 0. Raise it, or lower redrive:orders.inventory.batchSize.",
    },
    {
      title: "a large batch from a FIFO queue",
      raw: {
        orders: { inventory: { batchSize: 11, fifo: true } },
      },
      line:
        "redrive:orders.inventory.batchSize: expected at most 10 with a FIFO queue; got 11. " +
        "Change the value, or remove the line for the default, 5.",
    },
    {
      title: "a window with a FIFO queue",
      raw: { orders: { inventory: { maximumBatchingWindowInSeconds: 1, fifo: true } } },
      line:
        "redrive:orders.inventory.maximumBatchingWindowInSeconds: expected 0 with a FIFO queue; got 1. " +
        "Change the value, or remove the line for the default, 0.",
    },
    {
      title: "deleting messages and reporting failures at once",
      raw: { orders: { inventory: { deletesItself: true } } },
      line:
        "redrive:orders.inventory.reportBatchItemFailures: expected false with deletesItself, which is what was " +
        "done before there were partial responses; got true. Set one of the two to false.",
    },
    {
      title: "a payment that outlasts who waits for it",
      raw: { orders: { payment: { timeout: 30 } } },
      line:
        "redrive:orders.process.timeout: expected more than 30, the payment's timeout, for ProcessOrder waits " +
        "for it; got 30. Raise it, or lower redrive:orders.payment.timeout.",
    },
    {
      title: "markers that end before the archive",
      raw: { orders: { markerRetentionDays: 7 } },
      line:
        "redrive:orders.markerRetentionDays: expected at least 14, the archive's retention, or a replay counts " +
        "orders again; got 7. Raise it, or lower redrive:orders.archiveRetentionDays.",
    },
  ];
  for (const { title, raw, line } of cases) {
    it(`refuses ${title}`, () => {
      expect(problemsOf(raw)).to.deep.equal([line]);
    });
  }

  it("reports wrong order knobs together with those between right ones", () => {
    expect(
      problemsOf({
        orders: {
          publishing: "hope",
          process: { maximumRetryAttempts: 3 },
          inventory: { visibilityTimeoutSeconds: 5 },
        },
        shardCount: 0,
      }).map((line) => line.split(":", 2).join(":")),
    ).to.deep.equal([
      "redrive:shardCount",
      "redrive:orders.publishing",
      "redrive:orders.process.maximumRetryAttempts",
      "redrive:orders.inventory.visibilityTimeoutSeconds",
    ]);
  });

  it("changes one order knob and leaves its neighbours (a group given in part)", () => {
    const { orders } = parseSettings({ "redrive:orders": '{"inventory":{"maxReceiveCount":-1}}' });
    expect(orders).to.deep.equal({
      ...defaults.orders,
      inventory: { ...defaults.orders.inventory, maxReceiveCount: -1 },
    });
  });

  it("accepts the limits themselves", () => {
    expect(
      problemsOf({
        retentionPeriodHours: 168,
        mappings: { batchSize: 10_000, maximumRetryAttempts: 10_000, parallelizationFactor: 10 },
        state: { maximumRecordAgeInSeconds: 604_800, maximumBatchingWindowInSeconds: 300 },
        map: { maximumRecordAgeInSeconds: 86_400 },
        reduce: { maximumRecordAgeInSeconds: 60, reservedConcurrentExecutions: 0 },
      }),
    ).to.deep.equal([]);
  });
});

describe("warningsOf", () => {
  const warnings = (orders: Record<string, unknown>, systems = ["orders"]) =>
    warningsOf(parseSettings({ systems, orders }));

  it("advises six times the timeout and the window (visibility one second below)", () => {
    const inventory = { timeout: 10, maximumBatchingWindowInSeconds: 5 };
    expect(warnings({ inventory: { ...inventory, visibilityTimeoutSeconds: 65 } })).to.deep.equal(
      [],
    );
    expect(warnings({ inventory: { ...inventory, visibilityTimeoutSeconds: 64 } })).to.deep.equal([
      "redrive:orders.inventory.visibilityTimeoutSeconds is 64; AWS advises at least 65 (6 × timeout + batching " +
        "window), or a message can come back while it is being worked on.",
    ]);
  });

  it("says that an archive for ever outlasts the markers", () => {
    expect(warnings({ archiveRetentionDays: 0 })[0]).to.include("counts orders again");
  });

  it("is silent about a system that the stack does not hold", () => {
    expect(warnings({ archiveRetentionDays: 0 }, ["aggregation"])).to.deep.equal([]);
  });
});
