import { createServer } from "node:net";
import { EXIT, Refusal } from "../../compare/failure";
import { OPTION_DEFAULTS, parseOptions } from "../../compare/options";
import { listenForCommands, type ControlServer } from "../service/control-server";
import { Session } from "../service/session";
import { isoOf } from "../service/status";
import { DEFAULT_CONTROL_PORT, portOf, SERVE_DEFAULTS, type TypedServe } from "./options";

/** Serves an account until it is interrupted. */
export async function serve(typed: TypedServe): Promise<number> {
  const { assume, seed: typedSeed, startAt } = typed;
  const { assumptions, seed } = parseOptions({ ...OPTION_DEFAULTS, assume, seed: typedSeed });
  if (Number.isNaN(new Date(startAt).getTime())) {
    throw new Refusal(`--start-at ${startAt}: expected a time such as ${SERVE_DEFAULTS.startAt}.`);
  }
  const port = portOf("--port", typed.port);
  const controlPort = portOf("--control-port", typed.controlPort);
  if (port === controlPort) throw new Refusal(`--port and --control-port: two ports are needed.`);
  const options = { assumptions, seed, startAt, region: typed.region, port };
  await refuseTaken("--port", port);
  await refuseTaken("--control-port", controlPort);
  const session = await Session.open(options);
  const control = await listenForCommands(session, controlPort);
  process.stdout.write(`${welcome(session, control)}\n`);
  await interrupted();
  control.close();
  session.close();
  process.stdout.write(`${FAREWELL}\n`);
  return EXIT.ok;
}

/** Asked before either is used: one message, and nothing half open. */
async function refuseTaken(option: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen(port, "127.0.0.1", listening);
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new Error(
      `Port ${port} of 127.0.0.1 is taken, perhaps by another simulated account: choose another with ${option}.`,
      { cause },
    );
  }
  await new Promise((closed) => server.close(closed));
}

function interrupted(): Promise<void> {
  return new Promise((done) => {
    process.once("SIGINT", () => done());
    process.once("SIGTERM", () => done());
  });
}

function welcome(session: Session, { port }: ControlServer): string {
  const { account, environment, options } = session;
  const { assumptions, region, seed } = options;
  const own = String(port) === DEFAULT_CONTROL_PORT ? "" : ` --control-port ${port}`;
  const assumed = Object.entries(assumptions).map(([name, value]) => `, ${name}=${value}`);
  return [
    `A simulated AWS account in ${region}, seed ${seed}${assumed.join("")}; virtual time ${isoOf(account.now)}.`,
    "",
    "In the shell in which you run pulumi:",
    "",
    ...Object.entries(environment).map(([name, value]) => `  export ${name}=${value}`),
    "",
    "and there, in this folder: pulumi stack init dev; pulumi up",
    "",
    `Control: http://127.0.0.1:${port}. Time passes only by commands, in any other shell:`,
    "",
    ...[
      "status",
      "put <stream|queue|bus> <data>",
      "settle",
      "workload burst --stack dev",
      "--help",
    ].map(
      (command) => `  npm run simulated-aws -- ${command}${command.startsWith("--") ? "" : own}`,
    ),
    "",
    "Both ports are open to any process on this machine, without authentication, and to no other machine.",
    "The code that is deployed runs in this process. Ctrl-C ends it.",
  ].join("\n");
}

const FAREWELL = `
The account has ended, and everything in it is gone. A stack that was deployed into it still believes in it:
\`pulumi refresh\` into the next account empties its state; without one, \`pulumi stack rm --force\` removes the stack.`;
