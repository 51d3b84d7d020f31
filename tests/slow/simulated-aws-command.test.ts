import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";

const MAIN = join(__dirname, "../../serve/main.ts");

function start(...args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args]);
  const said = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (said.out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said.err += text.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number, ...said }));
  return { child, said, ended };
}

const run = (...args: string[]) => start(...args).ended;

async function taken(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server): string => String((server.address() as AddressInfo).port);

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  const server = await taken();
  const port = portOf(server);
  server.close();
  return port;
}

describe("npm run simulated-aws", function () {
  this.timeout(60_000);

  it("serves until Ctrl-C, and says how to deploy and what is gone", async () => {
    const [port, control] = [await freePort(), await freePort()];
    const { child, ended, said } = start("--port", port, "--control-port", control, "--seed", "7");
    while (!said.out.includes("Ctrl-C")) await once(child.stdout, "data");
    const status = await run("status", "--control-port", control, "--json", "-");
    child.kill("SIGINT");
    const { code, err, out } = await ended;
    expect([code, err]).to.deep.equal([0, ""]);
    expect(out)
      .to.contain(`export PULUMI_DEBUG_PROVIDERS=aws:${port}\n`)
      .and.to.contain("export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true\n")
      .and.to.contain("everything in it is gone")
      .and.to.contain("pulumi stack rm --force");
    expect(status.code, status.err).to.equal(0);
    expect(JSON.parse(status.out)).to.deep.include({ seed: 7, resources: [], pending: [] });
  });

  it("says that a port is taken, and which option chooses another", async () => {
    const server = await taken();
    const port = portOf(server);
    const ended = await run("--port", await freePort(), "--control-port", port);
    server.close();
    expect(ended).to.deep.equal({
      code: 1,
      out: "",
      err: `Port ${port} of 127.0.0.1 is taken, perhaps by another simulated account: choose another with --control-port.\n`,
    });
  });

  it("says that no account is served, where, and how to start one", async () => {
    const port = await freePort();
    expect(await run("status", "--control-port", port)).to.deep.equal({
      code: 1,
      out: "",
      err:
        `No account is served with its control port at 127.0.0.1:${port}. ` +
        `Start one: npm run simulated-aws -- --control-port ${port}\n`,
    });
  });
});
