import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(__dirname, "../..");

describe("npm start -- invoke", function () {
  this.timeout(120_000);

  const invoke = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "compare/main.ts", "invoke", ...args], {
      cwd: ROOT,
      encoding: "utf8",
    });

  it("refuses a function that the stack has not, and lists those it has", () => {
    const { status, stderr } = invoke("windows", "--event", "valid", "--stack", "windows-exact");
    expect(status).to.equal(2);
    expect(stderr).to.equal(
      "Unknown function: windows. The stack windows-exact has: windows-consumer.\n",
    );
  });

  it("writes what came of it as JSON, and exits with 1 where the function failed", () => {
    const { status, stdout } = invoke("orders-payment", "--event", "poison", "--json", "-");
    expect(status).to.equal(1);
    expect(JSON.parse(stdout)).to.deep.include({
      formatVersion: 1,
      stack: "dev",
      function: "orders-payment",
      event: "poison",
      outcome: "error",
      error: { errorType: "Error", errorMessage: "The request names no order." },
    });
  });
});
