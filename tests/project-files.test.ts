import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { defaults, parseSettings, warningsOf } from "../config";

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

describe("The project's files", () => {
  it("Pulumi.yaml declares the scalar settings with the program's defaults, and no others", () => {
    const { config } = read<ProjectFile>("Pulumi.yaml");
    const declared = Object.fromEntries(
      Object.entries(config).map(([key, declaration]) => [key, declaration.default]),
    );
    const { alias, mappings, functions, repair, orders, windows, errorlab, ...scalars } = defaults;
    const groups = { alias, mappings, functions, repair, orders, windows, errorlab };
    for (const group of Object.values(groups)) expect(group).to.be.an("object");
    expect(declared).to.deep.equal(
      Object.fromEntries(Object.entries(scalars).map(([key, value]) => [`redrive:${key}`, value])),
    );
  });

  /** The lines of a stack file that say what holds anyway; of mappings, what AWS does is worth saying. */
  function repeatedDefaults(config: Record<string, unknown>): string[] {
    const orders = (config["redrive:orders"] ?? {}) as Record<string, unknown>;
    const standard: Record<string, unknown> = { ...defaults.orders };
    return Object.entries(orders).flatMap(([name, value]) => {
      if (typeof value !== "object") return value === standard[name] ? [name] : [];
      const group = standard[name] as Record<string, unknown>;
      return Object.entries(value as object)
        .filter(([knob, chosen]) => chosen === group[knob])
        .map(([knob]) => `${name}.${knob}`);
    });
  }

  /** Their visibility is short on purpose, for throttles to matter. */
  const AGAINST_ADVICE = ["Pulumi.impatient.yaml", "Pulumi.throttled.yaml"];

  const stacks = readdirSync(ROOT).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
  for (const file of stacks) {
    it(`${file} is accepted, begins with what it trades, and repeats no default`, () => {
      const { config } = read<StackFile>(file);
      const { "redrive:systems": systems, ...rest } = config;
      expect(systems).to.be.an("array").with.property("length").greaterThan(0);
      const { systems: _, ...settings } = parseSettings(config);
      const { systems: __, ...others } = parseSettings(rest);
      expect(settings).to.deep.equal(others);
      expect(repeatedDefaults(rest)).to.deep.equal([]);
      const expected = AGAINST_ADVICE.includes(file) ? 1 : 0;
      expect(warningsOf(parseSettings(config))).to.have.length(expected);
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
