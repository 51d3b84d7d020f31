import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { startEmpty, type ServedAccount, type SimulatedAws } from "../../simulator";
import { configOf, PASSPHRASE, ROOT } from "./engine-stack";
import { engineRoot } from "./install";

/** What a user's clone holds, as far as Pulumi needs it. */
const PROJECT_FILES = ["Pulumi.yaml", "package.json", "tsconfig.json", "index.ts", "config.ts"];
const PROJECT_FOLDERS = ["components", "config", "handlers"];
const STACK = "checkpoint";

describe("pulumi on the command line", function () {
  this.timeout(600_000);
  let folder: string;
  let account: SimulatedAws;
  let served: ServedAccount;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "redrive-clone-"));
    for (const name of [...PROJECT_FILES, ...PROJECT_FOLDERS, `Pulumi.${STACK}.yaml`]) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, "state"));
    account = await startEmpty();
    served = await account.serve();
  });

  after(() => {
    served.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function pulumi(...args: string[]): Promise<string> {
    const bin = join(engineRoot(), "bin");
    const env = {
      ...process.env,
      ...served.environment,
      PATH: [bin, join(__dirname, "language-host"), process.env["PATH"]].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_HOME: join(folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    return new Promise((done, failed) => {
      const options = { cwd: folder, env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 };
      execFile(
        join(bin, "pulumi"),
        [...args, "--non-interactive"],
        options,
        (cause, stdout, stderr) => {
          if (cause) failed(new Error(`pulumi ${args.join(" ")}\n${stdout}\n${stderr}`, { cause }));
          else done(stdout + stderr);
        },
      );
    });
  }

  it("deploys a stack, flips it, and leaves nothing", async () => {
    expect(configOf(STACK)["redrive:systems"]).to.deep.equal(["aggregation"]);
    await pulumi("stack", "init", STACK);
    expect(await pulumi("up", "--yes")).to.match(/\+ \d+ created/);
    const outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, string>;
    expect(account.remaining()).to.include(
      `aws:lambda/function:Function ${outputs["stateFunctionName"]}`,
    );
    await pulumi("config", "set", "--path", "redrive:mappings.bisectBatchOnFunctionError", "true");
    const flip = await pulumi("up", "--yes");
    expect(flip).to.contain("~ 3 updated").and.not.contain("replaced");
    expect(await pulumi("preview", "--expect-no-changes")).to.match(/\d+ unchanged/);
    await pulumi("destroy", "--yes");
    expect(account.remaining()).to.deep.equal([]);
    await pulumi("stack", "rm", "--yes");
  });

  it("says what is wrong with a knob, and touches nothing", async () => {
    await pulumi("stack", "init", STACK);
    await pulumi("config", "set", "--path", "redrive:mappings.batchSize", "0");
    const refused = await pulumi("up", "--yes").catch((cause: Error) => cause.message);
    expect(refused).to.contain("redrive:mappings.batchSize");
    expect(account.remaining()).to.deep.equal([]);
  });
});
