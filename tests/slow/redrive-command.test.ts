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
    execFile(process.execPath, ["--import", "tsx", MAIN, "redrive", ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe("npm start -- redrive", function () {
  this.timeout(120_000);

  it("writes JSON and nothing else to standard output (--json -)", async () => {
    const args = ["--stack", "checkpoint", "--workload", "poison", "--messages", "400"];
    const more = ["--seed", "3", "--interrupt-after", "2", "--json", "-"];
    const first = await run(...args, ...more);
    expect([first.code, first.err]).to.deep.equal([0, ""]);
    const json = JSON.parse(first.out) as Record<string, Record<string, unknown>>;
    expect(json).to.include({ formatVersion: 1, stack: "checkpoint", seed: 3, interruptAfter: 2 });
    expect(json["before"]).to.include({ exact: false, consistent: true });
    expect(json["after"]).to.include({ exact: true, consistent: true });
    const none = { functionRecords: 0, tableRecords: 0, windows: 0, events: 0, messages: 0 };
    expect(json["redrive"]!["brokenOff"]).to.deep.equal({ replayed: { records: 2, ...none } });
  });

  for (const [what, args, message] of [
    [
      "a stack without the workload's system",
      ["--stack", "checkpoint", "--workload", "orders"],
      /^The stack checkpoint does not hold the system orders\.\n$/,
    ],
    [
      "several values of a setting",
      ["--stack", "dev", "--workload", "poison", "--with", "idempotency=ledger,batch-hash"],
      /^redrive takes one stack, one workload and one value of each setting\.\n$/,
    ],
    [
      "an interruption before anything",
      ["--stack", "dev", "--workload", "poison", "--interrupt-after", "0"],
      /^--interrupt-after 0: expected a whole number from 1\.\n$/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, err, out } = await run(...args);
      expect([code, out]).to.deep.equal([2, ""]);
      expect(err).to.match(message);
    });
  }
});
