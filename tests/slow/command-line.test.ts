import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const MAIN = join(__dirname, "../../compare/main.ts");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", MAIN, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe("npm start -- <command>", function () {
  this.timeout(120_000);

  it("is listed by --help, with examples", async () => {
    const { out } = await run("--help");
    for (const command of ["explain", "sensitivity", "examples"]) {
      expect(out).to.match(new RegExp(`^ {2}${command} `, "m"));
      expect(out).to.contain(`npm start -- ${command} `);
    }
  });

  it("examples --list names every example", async () => {
    const { code, out } = await run("examples", "--list");
    expect(code).to.equal(0);
    const names = out
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(names).to.deep.equal([
      ...["bisect", "without-bisect", "checkpoint", "checkpoint-once", "checkpoint-bisect"],
      ...["checkpoint-counter", "record-age", "canary", "receive-count", "fifo", "async-retries"],
      ...["async-age-60", "async-age-90", "zero-concurrency", "target-refused"],
    ]);
    expect(out).to.match(/^bisect +batch of 10, record 3 always fails/m);
  });

  it("examples refuses an unknown name and lists the others", async () => {
    const { code, err } = await run("examples", "bisekt");
    expect(code).to.equal(2);
    expect(err).to.match(/^Unknown example: bisekt\. There are: bisect, /);
  });

  it("explain writes JSON and nothing else to standard output (--json -)", async () => {
    const which = ["--stack", "bisect", "--workload", "poison", "--record", "0", "--small"];
    const { code, out } = await run("explain", ...which, "--json", "-");
    expect(code).to.equal(0);
    const { records, stack } = JSON.parse(out) as { stack: string; records: { name: string }[] };
    expect([stack, records[0]!.name]).to.deep.equal(["bisect", "record 0"]);
  });

  it("explain refuses an unknown record", async () => {
    const which = ["--stack", "bisect", "--workload", "poison", "--record", "nope", "--small"];
    const { code, err, out } = await run("explain", ...which);
    expect([code, out]).to.deep.equal([2, ""]);
    expect(err).to.match(/^--record nope: no such record in this run\. There are:$/m);
    expect(err).not.to.match(/^\s+at /m);
  });

  it("explain needs a workload that it knows", async () => {
    const { code, err } = await run("explain", "--workload", "bursts", "--record", "0");
    expect(code).to.equal(2);
    expect(err).to.match(/^Unknown workload: bursts\./);
  });

  it("sensitivity compares again under other values, and writes JSON (--json -)", async () => {
    const small = ["--messages", "80", "--workers", "1", "--json", "-"];
    const which = ["--stack", "dev", "--workload", "burst", "--with", "idempotency=ledger"];
    const { code, out } = await run("sensitivity", ...which, ...small);
    expect(code).to.equal(0);
    const { alternatives, comparison } = JSON.parse(out) as {
      comparison: { runs: object[] };
      alternatives: { assumption: string; runs: number; verdicts: object[] }[];
    };
    expect(comparison.runs).to.have.length(1);
    expect(alternatives.map(({ assumption }) => assumption)).to.include("stream.backoff");
    for (const { runs } of alternatives) expect(runs).to.equal(1);
  });
});
