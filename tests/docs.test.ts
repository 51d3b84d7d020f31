import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { defaults, parseSettings } from "../config";
import { SimulatedAccount } from "../simulator/account";
import { ASSUMPTIONS, type Assumption } from "../simulator/assumptions";
import { catalogue } from "../simulator/deploy/catalogue";

const ROOT = path.join(__dirname, "..");

const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

/** The part of a document under a heading, down to the next heading. */
function section(file: string, heading: string): string {
  const [, after] = read(file).split(`\n${heading}\n`);
  expect(after, `${file} has no heading ${heading}`).to.be.a("string");
  return after!.split(/\n#+ /)[0]!;
}

/** The rows of all tables in a text, without their headings; cells as written. */
function rowsOf(text: string): string[][] {
  const lines = text.split("\n").map((line) => line.trim());
  const isRow = (line: string | undefined): line is string => line?.startsWith("|") ?? false;
  const isRule = (line: string | undefined): boolean => /^\|[\s|:-]+\|$/.test(line ?? "");
  return lines
    .filter((line, at) => isRow(line) && !isRule(line) && !isRule(lines[at + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("\\|", "|")),
    );
}

/** What stands in backticks. */
const quoted = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

/** What a document's table lists in its first column. */
const firstsOf = (text: string): string[] => rowsOf(text).flatMap(([first]) => quoted(first));

describe("docs/knobs.md", () => {
  /** `mappings.batchSize` as the schema knows it; functions share their knobs, so one stands for all. */
  const pathOf = (knob: string): string[] =>
    knob.replace("orders.<function>", "orders.process").replace("<function>", "sweep").split(".");

  function configWith(knob: string, value: unknown): Record<string, unknown> {
    const nested = pathOf(knob).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    return nested as Record<string, unknown>;
  }

  function problemOf(config: Record<string, unknown>): string {
    try {
      parseSettings(config);
    } catch (cause) {
      return (cause as Error).message;
    }
    throw new Error(`Accepted: ${JSON.stringify(config)}`);
  }

  /** The names that the schema itself knows, from its answer to one that it does not. */
  function knownTo(...group: string[]): string[] {
    const message = problemOf(configWith([...group, "noSuchKnob"].join("."), 1));
    return /expected one of the settings ([^;]+);/.exec(message)![1]!.split(", ");
  }

  function documentedDefaults(): [string, string][] {
    const groups = "alias,state,map,reduce,sweep,repair,mappings,orders,windows,errorlab".split(
      ",",
    );
    const scalars = knownTo().filter((name) => !groups.includes(name));
    const values: Record<string, unknown> = { ...defaults };
    const alias: Record<string, unknown> = { ...defaults.alias };
    const mappings: Record<string, unknown> = { ...defaults.mappings };
    const functions: Record<string, unknown> = { ...defaults.functions };
    const repair = Object.entries(defaults.repair).filter(
      ([name, value]) => value !== functions[name],
    );
    const known: [string, unknown][] = [
      ...scalars.map((name): [string, unknown] => [name, values[name]]),
      ...knownTo("alias").map((name): [string, unknown] => [`alias.${name}`, alias[name]]),
      ...knownTo("mappings").map((name): [string, unknown] => [`mappings.${name}`, mappings[name]]),
      ...knownTo("sweep").map((name): [string, unknown] => [`<function>.${name}`, functions[name]]),
      ...repair.map(([name, value]): [string, unknown] => [`repair.${name}`, value]),
      ...orderDefaults(functions),
      ...labDefaults({ ...mappings, ...functions }),
    ];
    return known.map(([name, value]) => [name, value === undefined ? "none" : textOf(value)]);
  }

  /** The functions of the order flow share their knobs; one that has another default has a row of its own. */
  function orderDefaults(functions: Record<string, unknown>): [string, unknown][] {
    const shared = Object.keys(functions);
    const orders: Record<string, unknown> = { ...defaults.orders };
    const known = knownTo("orders").flatMap((name): [string, unknown][] => {
      const value = orders[name];
      if (typeof value !== "object") return [[`orders.${name}`, value]];
      const group = value as Record<string, unknown>;
      return knownTo("orders", name)
        .filter((knob) => !shared.includes(knob) || group[knob] !== functions[knob])
        .map((knob) => [`orders.${name}.${knob}`, group[knob]]);
    });
    return [
      ...known,
      ...shared.map((knob): [string, unknown] => [`orders.<function>.${knob}`, functions[knob]]),
    ];
  }

  /** The labs have a mapping and functions as the others have them; what has another default has a row of its own. */
  function labDefaults(shared: Record<string, unknown>): [string, unknown][] {
    const ofLab = (lab: "windows" | "errorlab"): [string, unknown][] => {
      const values: Record<string, unknown> = { ...defaults[lab] };
      return knownTo(lab)
        .filter((knob) => knob !== "fetch" && values[knob] !== shared[knob])
        .map((knob) => [`${lab}.${knob}`, values[knob]]);
    };
    return [...ofLab("windows"), ...ofLab("errorlab")];
  }

  const textOf = (value: unknown): string =>
    `\`${Array.isArray(value) ? value.join(", ") : String(value)}\``;

  const rows = rowsOf(read("docs/knobs.md"));

  it("lists every knob of config.ts with its default, and no others", () => {
    const listed = rows.map(([knob, , , standard]) => [quoted(knob)[0], standard]);
    expect(listed).to.have.deep.members(documentedDefaults());
  });

  it("gives the values that the schema says it expects", () => {
    for (const [knob, , values] of rows) {
      const [name] = quoted(knob);
      // An object is wrong everywhere, so that the answer is what the schema expects at all.
      expect(problemOf(configWith(name!, { wrong: true })), name).to.include(`expected ${values};`);
    }
  });

  it("says what each knob is, what it changes and where it comes from", () => {
    for (const cells of rows) {
      expect(cells, cells[0]).to.have.length(6);
      expect(cells.filter((cell) => cell === "")).to.deep.equal([]);
    }
  });
});

describe("docs/strategies.md", () => {
  const stacks = readdirSync(ROOT).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

  it("has a row and a section for each stack file, and no others", () => {
    const text = read("docs/strategies.md");
    expect(firstsOf(text)).to.have.members(stacks);
    const headings = [...text.matchAll(/^## ([\w-]+)(:.*)?$/gm)].map(([, name]) => name);
    expect(headings).to.have.members(stacks);
  });
});

describe("docs/assumptions.md", () => {
  it("is the table of assumptions.ts", () => {
    const documented = rowsOf(read("docs/assumptions.md")).map(
      ([name, values, decides, source]) => {
        const [, from, to] = /; (\d+) to (\d+)$/.exec(values!) ?? [];
        const range = from === undefined ? undefined : [Number(from), Number(to)];
        return { name: quoted(name)[0], values: quoted(values), range, decides, source };
      },
    );
    const table: [string, Assumption][] = Object.entries(ASSUMPTIONS);
    expect(documented).to.deep.equal(
      table.map(([name, { decides, range, source, values }]) => ({
        name,
        values: values.map(String),
        range: range && [...range],
        decides,
        source,
      })),
    );
  });
});

describe("docs/simulator.md", () => {
  it("lists the modelled resource types, and no others", () => {
    expect(firstsOf(section("docs/simulator.md", "## Modelled resource types"))).to.have.members(
      catalogue.resources.map(({ type }) => type),
    );
  });

  it("lists the modelled provider functions, and no others", () => {
    expect(
      firstsOf(section("docs/simulator.md", "## Modelled provider functions")),
    ).to.have.members(catalogue.invokes.map(({ token }) => token));
  });

  it("lists each service's operations, and no others", () => {
    const account = new SimulatedAccount(
      { accountId: "123456789012", region: "us-east-1" },
      { seed: 1, assumptions: {}, faults: [], startAtMs: 0 },
      new Map(),
    );
    const modelled = Object.values(account.services).map(
      ({ operations, serviceId }: { operations: object; serviceId: string }) =>
        [serviceId, Object.keys(operations).sort()] as const,
    );
    const documented = rowsOf(section("docs/simulator.md", "## Modelled operations")).map(
      ([service, operations, refused]) =>
        [service, [...quoted(operations), ...quoted(refused)].sort()] as const,
    );
    expect(Object.fromEntries(documented)).to.deep.equal(Object.fromEntries(modelled));
  });

  it("names every member of a running account and of a deployment", () => {
    const text = read("docs/simulator.md");
    for (const [className, file, variable] of [
      ["SimulatedAws", "simulator/simulated-aws.ts", "account"],
      ["Deployment", "simulator/index.ts", "deployment"],
    ] as const) {
      const body = read(file).split(`export class ${className} {`)[1]!.split("\n}\n")[0]!;
      const declared = /^ {2}(?:readonly |get |async )?([a-z]\w*)[<(:]/gm;
      const members = [...body.matchAll(declared)].map(([, name]) => name!);
      const own = members.filter((name) => name !== "constructor");
      expect(own.length).to.be.at.least(3);
      const missing = own.filter((name) => !new RegExp(`${variable}\\.${name}\\b`).test(text));
      expect(missing).to.deep.equal([]);
    }
  });
});

describe("docs/dependencies.md", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;

  for (const [heading, group] of [
    ["## In the functions", "dependencies"],
    ["## For development, the simulator and the comparison", "devDependencies"],
  ] as const) {
    it(`gives a reason for each of package.json's ${group}, and for no others`, () => {
      const rows = rowsOf(section("docs/dependencies.md", heading));
      expect(rows.flatMap(([name]) => quoted(name))).to.have.members(Object.keys(manifest[group]!));
      expect(rows.filter(([, why]) => !why)).to.deep.equal([]);
    });
  }
});

describe("README.md", () => {
  /** The code block after a marker. */
  function block(marker: string): string {
    const [, after] = read("README.md").split(`<!-- ${marker} -->\n`);
    return /^```\w*\n([^]*?)^```$/m.exec(after!)![1]!;
  }

  it("has an example that runs and prints what it says", () => {
    const folder = path.join(ROOT, "out", "docs");
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, "example.ts");
    writeFileSync(file, block("example").replace('"./simulator"', '"../../simulator"'));
    const run = spawnSync(process.execPath, ["--import", "tsx", file], {
      cwd: ROOT,
      encoding: "utf8",
    });
    rmSync(folder, { recursive: true });
    expect(run.stderr).to.equal("");
    expect(run.stdout).to.equal(block("example output"));
  });

  it("shows the recommended stack's settings", () => {
    const [, shown] = /`Pulumi\.dev\.yaml`:\n\n```yaml\n([^]*?)```/.exec(read("README.md"))!;
    const { config } = parse(read("Pulumi.dev.yaml")) as { config: Record<string, unknown> };
    expect(parse(shown!)).to.deep.equal({ "redrive:mappings": config["redrive:mappings"] });
  });
});

describe("All documents", () => {
  const files = [
    "README.md",
    "CONTRIBUTING.md",
    ...readdirSync(path.join(ROOT, "docs"))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `docs/${file}`),
  ];

  const anchorsOf = (file: string): string[] =>
    [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );

  for (const file of files) {
    it(`${file} links to what is there`, () => {
      for (const [, target] of read(file).matchAll(/\]\(([^)]+)\)/g)) {
        const [linked, anchor] = target!.split("#");
        if (/^https?:/.test(linked!)) continue;
        const resolved = linked ? path.join(path.dirname(file), linked) : file;
        expect(existsSync(path.join(ROOT, resolved)), target).to.equal(true);
        if (anchor !== undefined) expect(anchorsOf(resolved), target).to.include(anchor);
      }
    });

    it(`${file} names only npm scripts that exist`, () => {
      const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
      const named = [...read(file).matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)];
      for (const [, script, short] of named) expect(scripts).to.have.property(script ?? short!);
    });
  }
});
