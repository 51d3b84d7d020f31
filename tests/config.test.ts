import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { defaults, parseSettings } from "../config";

const ROOT = path.join(__dirname, "..");

interface ProjectFile {
  config: Record<string, { default: unknown }>;
}
interface StackFile {
  config: Record<string, unknown>;
}

function read<T>(file: string): T {
  return parse(readFileSync(path.join(ROOT, file), "utf8")) as T;
}

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
      state: stage,
      map: stage,
      reduce: stage,
      sweep: defaults.functions,
      repair: defaults.repair,
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
        'redrive:systems.1: expected one of aggregation; got "billing". ' +
        "Change the value, or remove the line for the default, aggregation.",
    },
    {
      title: "a name that does not exist",
      raw: { sweep: { memory: 128 } },
      line:
        "redrive:sweep.memory: expected one of the settings memorySize, timeout, " +
        'reservedConcurrentExecutions; got "memory". Correct the name, or remove the line.',
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
  ];
  for (const { title, raw, line } of cases) {
    it(`refuses ${title}`, () => {
      expect(problemsOf(raw)).to.deep.equal([line]);
    });
  }

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

describe("The project's files", () => {
  it("Pulumi.yaml declares the scalar settings with the program's defaults, and no others", () => {
    const { config } = read<ProjectFile>("Pulumi.yaml");
    const declared = Object.fromEntries(
      Object.entries(config).map(([key, declaration]) => [key, declaration.default]),
    );
    const { mappings, functions, repair, ...scalars } = defaults;
    expect(Object.keys({ mappings, functions, repair })).to.have.length(3);
    expect(declared).to.deep.equal(
      Object.fromEntries(Object.entries(scalars).map(([key, value]) => [`redrive:${key}`, value])),
    );
  });

  const stacks = readdirSync(ROOT).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
  for (const file of stacks) {
    it(`${file} is accepted, begins with what it trades, and repeats no default`, () => {
      const { config } = read<StackFile>(file);
      const { "redrive:systems": systems, ...rest } = config;
      expect(systems).to.deep.equal(["aggregation"]);
      expect(parseSettings(config)).to.deep.equal(parseSettings(rest));
      expect(readFileSync(path.join(ROOT, file), "utf8")).to.match(/^# [A-Z].*/);
    });
  }

  it("dev gives up nothing silently: retries and age end, and what is given up keeps its payload", () => {
    const { state, map, reduce } = parseSettings(read<StackFile>("Pulumi.dev.yaml").config);
    for (const stage of [state, map, reduce]) {
      expect(stage).to.include({
        bisectBatchOnFunctionError: true,
        reportBatchItemFailures: true,
        maximumRetryAttempts: 10,
        maximumRecordAgeInSeconds: 21_600,
        startingPosition: "TRIM_HORIZON",
        onFailure: "s3",
      });
    }
  });
});
