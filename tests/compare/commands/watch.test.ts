import * as path from "node:path";
import { expect } from "chai";
import { Screen } from "../../../compare/commands/watch/screen";
import { durationText, type ViewLine } from "../../../compare/commands/watch/view";
import { watch, type RunToWatch } from "../../../compare/commands/watch/watch";
import { prepareRun } from "../../../compare/systems";
import { DEFAULT_SETTINGS, START_AT, type WorkloadName } from "../../../compare/workloads";
import { synthesize, type Deployment } from "../../../simulator";

const ROOT = path.join(__dirname, "..", "..", "..");

/** Keeps what is written. */
function recorder(terminal?: { readonly rows: number }) {
  const texts: string[] = [];
  const write = (text: string) => texts.push(text);
  return { texts, output: { write, ...(terminal && { isTTY: true, columns: 80, ...terminal }) } };
}

const asked = (workload: WorkloadName, changed: Partial<RunToWatch> = {}): RunToWatch => ({
  heading: "heading",
  workload,
  seed: 1,
  settings: { ...DEFAULT_SETTINGS, messages: 400, orders: 40, poisonRecords: 1 },
  assumptions: {},
  speed: 0,
  ...changed,
});

describe("watch", function () {
  this.timeout(120_000);

  const deployments = new Map<string, Deployment>();
  async function deployed(stack: string, system: string): Promise<Deployment> {
    const known = deployments.get(stack + system);
    const config = { "redrive:systems": [system] };
    const deployment = known ?? (await synthesize(ROOT, { stack, config }));
    deployments.set(stack + system, deployment);
    return deployment;
  }

  for (const [stack, workload, system] of [
    ["aws-defaults", "poison", "aggregation"],
    ["impatient", "orders", "orders"],
  ] as const) {
    it(`does the run that the comparison does (${workload})`, async () => {
      const deployment = await deployed(stack, system);
      const watched = asked(workload);
      const { output } = recorder();
      const { trace } = await watch(deployment, watched, output, new AbortController().signal);
      const { faults, run } = prepareRun(workload, 1, watched.settings, deployment.outputs);
      const account = await deployment.start({ seed: 1, faults, startAt: START_AT });
      expect(trace).to.equal((await run(account)).trace);
    });
  }

  it("tells when a shard is blocked and what expires (no terminal)", async () => {
    const { output, texts } = recorder();
    const deployment = await deployed("aws-defaults", "aggregation");
    await watch(deployment, asked("poison"), output, new AbortController().signal);
    const told = texts.filter((text) => text.includes("Given up and blocked"));
    expect(told[0]).to.match(
      /^\+\d+ s {2}Given up and blocked: aggregation-state shard \d+: blocked for \d+ s, \d+ failed attempts\n$/,
    );
    expect(told.some((text) => /^\+24 h .*records expired: \d+\n$/.test(text))).to.equal(true);
    expect(told.at(-1)).to.match(/free again\n$|records expired/);
    expect(texts.join("")).not.to.include("\u001b");
  });

  it("counts orders by what became of them", async () => {
    const { output, texts } = recorder();
    const deployment = await deployed("impatient", "orders");
    const finished = await watch(deployment, asked("orders"), output, new AbortController().signal);
    const last = (label: string): number => {
      const line = texts.filter((text) => text.includes(`Orders: ${label}: `)).at(-1) ?? "0";
      return Number(/(\d+)\n$/.exec(line)?.[1] ?? 0);
    };
    expect(last("processed")).to.be.at.least(finished.records.processed);
    expect(last("stock reserved")).to.be.at.least(finished.records.processed);
    expect(last("published by the outbox")).to.be.at.most(
      last("answered 202, repeated requests included"),
    );
  });

  it("takes its time (at a speed), and ends when it is told to", async () => {
    const deployment = await deployed("aws-defaults", "aggregation");
    const { output, texts } = recorder();
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("Interrupted.")), 700);
    const began = performance.now();
    const ended = await watch(
      deployment,
      asked("poison", { speed: 10 }),
      output,
      abort.signal,
    ).catch((cause: Error) => cause);
    expect(ended).to.be.an("error").with.property("message", "Interrupted.");
    expect(performance.now() - began).to.be.lessThan(10_000);
    expect(texts.length).to.be.greaterThan(0);
  });
});

describe("Screen", () => {
  const line = (state: string, more: Partial<ViewLine> = {}): ViewLine => ({
    key: "a",
    label: "a",
    state,
    ...more,
  });

  function screen(frames: readonly (readonly ViewLine[])[], terminal?: { readonly rows: number }) {
    const { output, texts } = recorder(terminal);
    let at = 0;
    const view = { title: "View", lines: () => frames[at]! };
    const shown = new Screen(output, "heading", [view]);
    for (; at < frames.length; at += 1) shown.show(at * 1_000);
    return texts;
  }

  it("says only what has changed, a line each (no terminal)", () => {
    expect(
      screen([
        [line("0")],
        [line("1")],
        [line("1", { detail: "for 1 s" })],
        [line("2", { detail: "for 2 s" })],
        [],
      ]),
    ).to.deep.equal([
      "+1 s  View: a: 0 → 1\n",
      "+3 s  View: a: 1 → 2 for 2 s\n",
      "+4 s  View: a: no longer\n",
    ]);
  });

  it("says how a thing ended that is there no more", () => {
    expect(screen([[line("blocked", { gone: "free again" })], []])).to.deep.equal([
      "+0 s  View: a: blocked\n",
      "+1 s  View: a: free again\n",
    ]);
  });

  it("draws over what it drew before (in a terminal)", () => {
    const [first, second] = screen([[line("1")], [line("2")]], { rows: 24 });
    expect(first).to.equal(
      "\r\u001b[2Kheading   0 s\n\u001b[2K\n\u001b[2KView\n\u001b[2K  a  1\n\u001b[J",
    );
    expect(second).to.match(/^\u001b\[4A\r/);
  });

  it("never draws more lines than the terminal has", () => {
    const many = Array.from({ length: 50 }, (_, at) => line("1", { key: `${at}`, label: `${at}` }));
    const [text] = screen([many], { rows: 10 });
    expect(text!.split("\n")).to.have.length(10);
    expect(text).to.include("… 45 more lines");
  });
});

describe("durationText", () => {
  it("has two units at most", () => {
    expect([0, 59_999, 61_000, 3_900_000].map(durationText)).to.deep.equal([
      ...["0 s", "59 s", "1 min 01 s", "1 h 05 min"],
    ]);
  });
});
