import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { combinations, parseCrossing } from "../../compare/knobs";
import { planJobs, planTasks } from "../../compare/jobs";
import { OPTION_DEFAULTS, parseOptions } from "../../compare/options";
import { configWith, readStacks, stackNames } from "../../compare/stacks";
import { DEFAULT_SETTINGS } from "../../compare/workloads";

const typed = { ...OPTION_DEFAULTS, workers: "2" };

describe("parseOptions", () => {
  it("is everything with seed 1, if nothing is said", () => {
    expect(parseOptions(typed)).to.deep.include({
      stacks: [],
      workloads: ["burst", "poison", "orders"],
      seed: 1,
      smallRuns: 20,
      settings: DEFAULT_SETTINGS,
      crossings: [],
      assumptions: {},
      workers: 2,
      verbose: false,
    });
  });

  it("takes lists, repeated or with commas", () => {
    const { stacks } = parseOptions({ ...typed, stack: ["dev,bisect", "workshop"] });
    expect(stacks).to.deep.equal(["dev", "bisect", "workshop"]);
  });

  it("reads assumptions (numbers as numbers)", () => {
    const { assumptions } = parseOptions({
      ...typed,
      assume: ["bisect.left=ceil", "dynamodb.streamShards=16"],
    });
    expect(assumptions).to.deep.equal({ "bisect.left": "ceil", "dynamodb.streamShards": 16 });
  });

  it("reports everything that is wrong at once", () => {
    expect(() =>
      parseOptions({
        ...typed,
        workload: ["brust"],
        seed: "-1",
        failMap: "101",
        with: ["idempotency"],
        assume: ["bisect.lft=ceil"],
      }),
    ).to.throw(
      /Unknown workload: brust\. There are: burst, poison, orders, trips, errors\.\n--seed -1: expected a whole number.*\n--fail-map 101: expected a percentage from 0 to 100\.\n--with idempotency: expected knob=value.*\n--assume bisect\.lft: no such assumption/s,
    );
  });
});

describe("knobs", () => {
  it("reads numbers, flags and texts as a stack file would", () => {
    expect(parseCrossing("mappings.batchSize=10,100").values).to.deep.equal([10, 100]);
    expect(parseCrossing("protectData=true,false").values).to.deep.equal([true, false]);
    expect(parseCrossing("idempotency=ledger").values).to.deep.equal(["ledger"]);
  });

  it("combines every value of one with every value of the others", () => {
    const crossings = [parseCrossing("a=1,2"), parseCrossing("b.c=x,y")];
    expect(combinations(crossings)).to.deep.equal([
      { a: 1, "b.c": "x" },
      { a: 1, "b.c": "y" },
      { a: 2, "b.c": "x" },
      { a: 2, "b.c": "y" },
    ]);
    expect(combinations([])).to.deep.equal([{}]);
  });

  it("refuses a knob that is given twice", () => {
    expect(() => combinations([parseCrossing("a=1"), parseCrossing("a=2")])).to.throw(
      "--with a: given twice; write all its values in one list.",
    );
  });
});

describe("stacks", () => {
  let folder: string;
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, `Pulumi.${name}.yaml`), text);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stacks-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: redrive\n");
    write("bisect", "config:\n  redrive:mappings:\n    bisectBatchOnFunctionError: true\n");
    write("dev", "# Nothing is set.\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("lists the recommended one first, and leaves out the project file", () => {
    expect(stackNames(folder)).to.deep.equal(["dev", "bisect"]);
  });

  it("refuses an unknown stack, and lists the known ones", () => {
    expect(() => readStacks(folder, ["bisct"])).to.throw(
      "Unknown stack: bisct. There are: dev, bisect.",
    );
  });

  it("refuses a file that is no YAML, or no stack file", () => {
    write("dev", "config: [\n");
    expect(() => readStacks(folder, ["dev"])).to.throw(/^Pulumi\.dev\.yaml is no YAML: /);
    write("dev", "config: 3\n");
    expect(() => readStacks(folder, ["dev"])).to.throw(
      /^Pulumi\.dev\.yaml is no stack file: config: .*Expected a "config:" with keys/,
    );
  });

  it("changes one knob of a group and keeps the others", () => {
    const [stack] = readStacks(folder, ["bisect"]);
    expect(
      configWith(stack!, { "mappings.batchSize": 10, idempotency: "batch-hash" }),
    ).to.deep.equal({
      "redrive:mappings": { bisectBatchOnFunctionError: true, batchSize: 10 },
      "redrive:idempotency": "batch-hash",
    });
  });

  it("changes a knob however deep it lies", () => {
    write("dev", "config:\n  redrive:orders:\n    inventory: { batchSize: 3 }\n");
    const [stack] = readStacks(folder, ["dev"]);
    expect(configWith(stack!, { "orders.inventory.maxReceiveCount": 4 })).to.deep.equal({
      "redrive:orders": { inventory: { batchSize: 3, maxReceiveCount: 4 } },
    });
  });

  it("runs orders where they are deployed, and crosses each system with its own knobs alone", () => {
    write("fifo", "config:\n  redrive:systems: [orders]\n");
    const stacks = readStacks(folder, []);
    const crossings = [parseCrossing("orders.idempotency=order,none")];
    const jobs = planJobs(stacks, ["poison", "orders"], crossings);
    expect(jobs.map(({ knobs, stack, workload }) => [workload, stack, knobs])).to.deep.equal([
      ["poison", "dev", {}],
      ["poison", "bisect", {}],
      ["orders", "fifo", { "orders.idempotency": "order" }],
      ["orders", "fifo", { "orders.idempotency": "none" }],
    ]);
  });

  it("runs trips and errors where asked for, with knobs of their own and those of every stream", () => {
    write("windows", "config:\n  redrive:systems: [windows]\n");
    write("lab", "config:\n  redrive:systems: [errorlab]\n");
    const knobs = ["windows.batchSize=10", "errorlab.batchSize=20", "retentionPeriodHours=48"];
    const crossings = [...knobs, "shardCount=3"].map(parseCrossing);
    const jobs = planJobs(readStacks(folder, ["windows", "lab"]), ["trips", "errors"], crossings);
    expect(
      jobs.map(({ knobs: chosen, stack, workload }) => [workload, stack, chosen]),
    ).to.deep.equal([
      ["trips", "windows", { "windows.batchSize": 10, retentionPeriodHours: 48 }],
      ["errors", "lab", { "errorlab.batchSize": 20, retentionPeriodHours: 48 }],
    ]);
  });

  it("refuses a bad value and an unknown knob, as the program would", () => {
    const [stack] = readStacks(folder, ["bisect"]);
    expect(() => configWith(stack!, { "mappings.batchSize": 0 })).to.throw(
      /^Stack bisect, mappings\.batchSize=0: .*1 problem:\n  redrive:mappings\.batchSize: expected a whole number from 1 to 10000/,
    );
    expect(() => configWith(stack!, { idempotence: "ledger" })).to.throw(
      /redrive:idempotence: expected one of the settings systems, idempotency/,
    );
  });

  it("crosses the burst with both idempotencies unless told otherwise, and poison with nothing", () => {
    const stacks = readStacks(folder, []);
    const jobs = planJobs(stacks, ["burst", "poison"], []);
    expect(jobs.map(({ knobs, stack, workload }) => [workload, stack, knobs])).to.deep.equal([
      ["burst", "dev", { idempotency: "ledger" }],
      ["burst", "bisect", { idempotency: "ledger" }],
      ["burst", "dev", { idempotency: "batch-hash" }],
      ["burst", "bisect", { idempotency: "batch-hash" }],
      ["poison", "dev", {}],
      ["poison", "bisect", {}],
    ]);
    const crossed = planJobs(stacks, ["burst", "poison"], [parseCrossing("shardCount=1,2")]);
    expect(crossed).to.have.length(8);
  });

  describe("planTasks", () => {
    const plan = {
      projectFolder: "/p",
      seed: 7,
      smallRuns: 3,
      settings: DEFAULT_SETTINGS,
      assumptions: {},
    };
    const small = (seed: number) => {
      return { seed, messages: 400, orders: 100, trips: 400, things: 60, poisonRecords: 1 };
    };
    const main = {
      seed: 7,
      messages: 10_000,
      orders: 2_000,
      trips: 20_000,
      things: 100,
      poisonRecords: 3,
    };

    it("gives one worker all runs of a job (many jobs), poison first", () => {
      const jobs = planJobs(readStacks(folder, []), ["burst", "poison"], []);
      const tasks = planTasks(jobs, plan, 2);
      expect(tasks.map(({ job }) => job)).to.deep.equal([4, 5, 0, 1, 2, 3]);
      expect(tasks[0]!.runs).to.deep.equal([main, small(7), small(8), small(9)]);
    });

    it("spreads the small runs (few jobs)", () => {
      const jobs = planJobs(readStacks(folder, ["dev"]), ["poison"], []);
      const tasks = planTasks(jobs, plan, 2);
      expect(tasks.map(({ runs }) => runs)).to.deep.equal([
        [main],
        [small(7), small(8)],
        [small(9)],
      ]);
    });
  });
});
