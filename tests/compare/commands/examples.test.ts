import { expect } from "chai";
import { EXAMPLES } from "../../../compare/commands/examples/command";
import { rangesOf, type Replayed } from "../../../compare/commands/examples/example";
import { replay, type ExampleReport } from "../../../compare/commands/examples/replay";
import { exampleText } from "../../../compare/commands/examples/text";
import type { AssumptionValues } from "../../../simulator";

function replayed(name: string, assumptions: AssumptionValues = {}): Promise<ExampleReport> {
  return replay(
    EXAMPLES.find((example) => example.name === name)!,
    { seed: 1, assumptions },
  );
}

const textsOf = ({ steps }: Replayed): string[] => steps.map(({ text }) => text);

const BISECTED = [
  "[1-10] failed → split",
  "[1-5] failed → split",
  "[1-2] ok",
  "[3-5] failed → split",
  "[3] failed → retry",
  "[3] failed → retry",
  "[3] failed → given up: RetryAttemptsExhausted",
  "[4-5] ok",
  "[6-10] ok",
];

const CHECKPOINTED = [
  "[1-10] reported 8 → 1-7 done, 8 and after again",
  "[8-10] reported 8 → retry",
  "[8-10] reported 8 → retry",
];

describe("worked example: a canary", function () {
  this.timeout(30_000);

  it("gives a batch that one version failed on to the other, each with its own error handling", async () => {
    const report = await replayed("canary");
    const texts = textsOf(report);
    expect(texts.slice(0, 3)).to.deep.equal([
      "[1-10] version 2: reported 3 → 1-2 done, 3 and after again",
      "[3-10] version 1: failed → retry",
      "[3-10] version 2: reported 3 → retry",
    ]);
    expect(report.assumptions).to.include({ "alias.routing": "per-invocation" });
  });

  it("keeps a batch's retries with one version, if that is assumed", async () => {
    const report = await replayed("canary", { "alias.routing": "per-retry-chain" });
    const retries = textsOf(report).slice(1);
    expect(new Set(retries.map((text) => /version \d/.exec(text)![0])).size).to.equal(1);
  });
});

describe("worked example A: bisect", function () {
  // The first deployment loads Pulumi.
  this.timeout(30_000);
  let report: ExampleReport;

  before(async () => {
    report = await replayed("bisect");
  });

  it("takes nine invocations, in the course's order", () => {
    expect(textsOf(report)).to.deep.equal(BISECTED);
  });

  it("delivers 1 and 2 three times, 3 six, 4 and 5 four, the others twice", () => {
    const counts = Object.entries(report.deliveries!).sort(([a], [b]) => Number(a) - Number(b));
    expect(counts.map(([, times]) => times)).to.deep.equal([3, 3, 6, 4, 4, 2, 2, 2, 2, 2]);
  });

  it("gives up record 3 alone, after three invocations", () => {
    expect(report.facts).to.deep.equal([
      "Given up: record 3 (RetryAttemptsExhausted).",
      "Dead letter: RetryAttemptsExhausted, approximateInvokeCount 3, batchSize 1.",
    ]);
  });

  it("says that two assumptions make it so, and what their other values would make of it", () => {
    const said = report.variants.map(({ assumption, value }) => `${assumption}=${value}`);
    expect(said).to.deep.equal(["bisect.left=ceil", "bisect.retryCounter=inherit"]);
    expect(textsOf(report.variants[0]!)[2]).to.equal("[1-3] failed → split");
    expect(textsOf(report.variants[1]!)).to.deep.equal([
      ...BISECTED.slice(0, 3),
      "[3-5] failed → given up: RetryAttemptsExhausted",
      "[6-10] ok",
    ]);
    expect(report.indifferent).to.include("stream.backoff");
  });

  it("follows an assumption that is asked for (bisect.left=ceil)", async () => {
    const asked = await replayed("bisect", { "bisect.left": "ceil" });
    expect(textsOf(asked)).to.deep.equal(textsOf(report.variants[0]!));
    expect(asked.assumptions["bisect.left"]).to.equal("ceil");
  });

  it("is printed as a numbered list, steps first", () => {
    const lines = exampleText(report).split("\n");
    expect(lines[1]).to.match(/^ {2}1\. \[1-10\] failed → split +at 0 s$/);
    expect(lines[8]).to.match(/^ {2}8\. \[4-5\] ok +at /);
    expect(lines[10]).to.equal("  Deliveries: 1-2 × 3; 3 × 6; 4-5 × 4; 6-10 × 2.");
    expect(lines).to.include("  Assumed: bisect.left=floor, bisect.retryCounter=reset.");
  });

  it("is the same whenever it is replayed", async () => {
    expect(await replayed("bisect")).to.deep.equal(report);
  });

  it("loses all ten without bisect", async () => {
    const without = await replayed("without-bisect");
    expect(textsOf(without)).to.deep.equal([
      "[1-10] failed → retry",
      "[1-10] failed → retry",
      "[1-10] failed → given up: RetryAttemptsExhausted",
    ]);
    expect(without.facts[0]).to.equal("Given up: records 1-10 (RetryAttemptsExhausted).");
    expect(without.variants).to.deep.equal([]);
  });
});

describe("worked example B: checkpoint", function () {
  this.timeout(30_000);
  it("gives up 8 and what follows (checkpoint.exhausted=remaining)", async () => {
    const report = await replayed("checkpoint");
    expect(textsOf(report)).to.deep.equal([
      ...CHECKPOINTED,
      "[8-10] reported 8 → given up: RetryAttemptsExhausted",
    ]);
    expect(report.facts).to.deep.equal([
      "Given up: records 8-10 (RetryAttemptsExhausted).",
      "Dead letter: RetryAttemptsExhausted, approximateInvokeCount 3, batchSize 3.",
    ]);
    expect(report.variants.map(({ value }) => value)).to.deep.equal(["failed-record"]);
  });

  it("gives up 8 alone, then delivers 9 and 10 (checkpoint.exhausted=failed-record)", async () => {
    const report = await replayed("checkpoint", { "checkpoint.exhausted": "failed-record" });
    expect(textsOf(report)).to.deep.equal([
      ...CHECKPOINTED,
      "[8-10] reported 8 → 8 given up: RetryAttemptsExhausted",
      "[9-10] ok",
    ]);
    expect(report.facts[0]).to.equal("Given up: record 8 (RetryAttemptsExhausted).");
  });

  it("takes two invocations if 8 is reported once", async () => {
    const report = await replayed("checkpoint-once");
    expect(textsOf(report)).to.deep.equal([CHECKPOINTED[0], "[8-10] ok"]);
    expect(report.facts).to.deep.equal(["Nothing is given up."]);
  });

  it("gives up 8 alone with bisect, whatever is assumed", async () => {
    for (const policy of ["remaining", "failed-record"]) {
      const report = await replayed("checkpoint-bisect", { "checkpoint.exhausted": policy });
      expect(textsOf(report).slice(1)).to.deep.equal([
        "[8-10] reported 8 → split",
        "[8] reported 8 → retry",
        "[8] reported 8 → retry",
        "[8] reported 8 → given up: RetryAttemptsExhausted",
        "[9-10] ok",
      ]);
      expect(report.assumptions).not.to.have.property("checkpoint.exhausted");
    }
  });

  it("starts the counter afresh with progress: record 6 is tried five times with 3 retries", async () => {
    const report = await replayed("checkpoint-counter");
    expect(report.deliveries).to.deep.equal({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 5 });
  });
});

describe("the other worked examples", function () {
  this.timeout(30_000);
  const expected: Readonly<Record<string, readonly string[]>> = {
    "record-age": [
      ...Array<string>(7).fill("[1] failed → retry"),
      "[1] given up: RecordAgeExceeded",
    ],
    "receive-count": [
      "[1] failed → back to the queue",
      "[1] failed → back to the queue",
      "[1] not sent → dead-letter queue",
    ],
    fifo: [
      "[1-4] 1 ok, 2-4 reported → back to the queue",
      "[2-4] 2-3 ok, 4 reported → back to the queue",
      "[4] not sent → dead-letter queue",
    ],
    "async-retries": [
      "failed → again in 60 s",
      "failed → again in 2 min",
      "failed → given up: RetriesExhausted",
    ],
    "async-age-60": ["failed → given up: EventAgeExceeded"],
    "async-age-90": ["failed → again in 60 s", "failed → given up: EventAgeExceeded"],
    "zero-concurrency": ["throttled, not run → given up: ZeroReservedConcurrency"],
    "target-refused": ["refused: NO_PERMISSIONS → dead-letter queue"],
  };

  for (const [name, texts] of Object.entries(expected)) {
    it(`${name} goes as documented or recorded`, async () => {
      expect(textsOf(await replayed(name))).to.deep.equal(texts);
    });
  }

  it("tell destinations how often the function ran", async () => {
    const counts = await Promise.all(
      ["async-retries", "async-age-60", "async-age-90", "zero-concurrency"].map(async (name) => {
        const { facts } = await replayed(name);
        return / (\d+)\.$/.exec(facts[1]!)![1];
      }),
    );
    expect(counts).to.deep.equal(["3", "1", "2", "0"]);
  });

  it("name an assumption that changes nothing but the dead letter (record-age)", async () => {
    const { variants } = await replayed("record-age");
    const other = variants.find(({ assumption }) => assumption === "stream.ageExceededCount")!;
    expect(other.facts.at(-1)).to.contain("approximateInvokeCount 7");
  });
});

describe("ranges", () => {
  it("join neighbours", () => {
    expect(rangesOf(["1", "2", "3", "7", "9", "10"])).to.equal("1-3, 7, 9-10");
  });
});
