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

/** One message, no stack trace. */
function refused({ code, err, out }: Ended, message: RegExp): void {
  expect(code).to.equal(2);
  expect(err).to.match(message);
  expect(err).not.to.match(/^\s+at /m);
  expect(out).to.equal("");
}

describe("npm start", function () {
  this.timeout(60_000);

  it("explains itself", async () => {
    const { code, out } = await run("--help");
    expect(code).to.equal(0);
    expect(out).to.contain("--stack <names>").and.to.contain("Examples:");
  });

  it("refuses an unknown option", async () => {
    refused(await run("--stacks", "dev"), /^unknown option '--stacks'/);
  });

  it("refuses an unknown stack", async () => {
    refused(await run("--stack", "prod"), /^Unknown stack: prod\. There are: dev, aws-defaults, /);
  });

  it("refuses a bad knob", async () => {
    refused(
      await run("--stack", "dev", "--with", "mappings.batchSize=0"),
      /^Stack dev, mappings\.batchSize=0: .*redrive:mappings\.batchSize: expected/s,
    );
  });

  it("writes JSON and nothing else to standard output (--json -)", async () => {
    const args = ["--stack", "dev", "--workload", "burst", "--with", "idempotency=ledger"];
    const small = ["--messages", "80", "--seeds", "0", "--workers", "1", "--json", "-"];
    const { code, err, out } = await run(...args, ...small);
    expect([code, err]).to.deep.equal([0, ""]);
    const { formatVersion, runs } = JSON.parse(out) as { formatVersion: number; runs: object[] };
    expect([formatVersion, runs.length]).to.deep.equal([1, 1]);
  });
});
