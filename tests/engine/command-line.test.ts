import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { startEmpty, type ServedAccount, type SimulatedAws } from "../../simulator";
import { configOf, PASSPHRASE, ROOT } from "./engine-stack";
import { engineRoot } from "./install";

const STACK = "checkpoint";

describe("pulumi on the command line", function () {
  this.timeout(600_000);
  /** `stack init` and `config set` write into a stack's file: the stacks of this suite are kept beside the project. */
  let folder: string;
  let account: SimulatedAws;
  let served: ServedAccount;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "redrive-stacks-"));
    for (const name of ["Pulumi.yaml", `Pulumi.${STACK}.yaml`]) {
      copyFileSync(join(ROOT, name), join(folder, name));
    }
    mkdirSync(join(folder, "state"));
    account = await startEmpty();
    served = await account.serve();
  });

  after(() => {
    served.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a command that is about the stack alone. */
  const pulumi = (...args: string[]): Promise<string> => run(folder, args);

  /** Runs a command that runs the program, where it is: the paths of its packages are relative. */
  const pulumiHere = (...args: string[]): Promise<string> =>
    run(ROOT, [
      ...args,
      ...["--stack", STACK],
      ...["--config-file", join(folder, `Pulumi.${STACK}.yaml`)],
    ]);

  function run(cwd: string, args: string[]): Promise<string> {
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
      const options = { cwd, env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 };
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
    expect(await pulumiHere("up", "--yes")).to.match(/\+ \d+ created/);
    const outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, string>;
    expect(account.remaining()).to.include(
      `aws:lambda/function:Function ${outputs["stateFunctionName"]}`,
    );
    await pulumi("config", "set", "--path", "redrive:mappings.bisectBatchOnFunctionError", "true");
    const flip = await pulumiHere("up", "--yes");
    expect(flip).to.contain("~ 3 updated").and.not.contain("replaced");
    expect(await pulumiHere("preview", "--expect-no-changes")).to.match(/\d+ unchanged/);
    await pulumiHere("destroy", "--yes");
    expect(account.remaining()).to.deep.equal([]);
    await pulumi("stack", "rm", "--yes");
  });

  it("says what is wrong with a knob, and touches nothing", async () => {
    await pulumi("stack", "init", STACK);
    await pulumi("config", "set", "--path", "redrive:mappings.batchSize", "0");
    const refused = await pulumiHere("up", "--yes").catch((cause: Error) => cause.message);
    expect(refused)
      .to.contain("redrive:mappings.batchSize: expected a whole number from 1 to 10000; got 0")
      .and.not.contain("    at ");
    expect(account.remaining()).to.deep.equal([]);
  });
});
