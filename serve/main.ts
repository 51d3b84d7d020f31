import { join } from "node:path";
import { Command } from "commander";
import { collect, type Perform } from "../compare/commands/subcommand";
import { EXIT, Refusal } from "../compare/failure";
import type { AddCommand } from "./commands/ask";
import { addInvocations, addMessages, addTable } from "./commands/contents";
import { SERVE_DEFAULTS, type TypedServe } from "./commands/options";
import { addPut } from "./commands/put";
import { addStatus } from "./commands/status";
import { addAdvance, addSettle } from "./commands/time";
import { addWorkload } from "./commands/workload";

/** The project whose stacks have workloads: the folder this one lies in. */
const PROJECT = join(__dirname, "..");

const COMMANDS: readonly AddCommand[] = [
  addStatus,
  addPut,
  addAdvance,
  addSettle,
  addWorkload(PROJECT),
  addInvocations,
  addTable,
  addMessages,
];

const HELP = `
Without a command, it serves an account, until Ctrl-C; the commands ask that account, and only they let time pass.
Any process on this machine can deploy into it and ask it: both ports are open on the loopback interface alone, but
without authentication, and the code that is deployed runs in this process.

Examples:
  npm run simulated-aws                                    an account on the ports 7340 and 7341
  npm run simulated-aws -- --seed 7 --assume bisect.left=ceil
  npm run simulated-aws -- put aggregation-messages '{}' --key k
  npm run simulated-aws -- settle
  npm run simulated-aws -- workload poison --stack dev

Exit codes: 0 done, 1 failed (a port is taken, no account is served, not settled), 2 something asked for cannot be.`;

function commandLine(): Command {
  return (
    new Command("npm run simulated-aws --")
      .description(
        "Keeps a simulated AWS account up, which your own `pulumi up` deploys into: put records, let virtual time pass, " +
          "and read what came of it.",
      )
      .option("--port <n>", "where pulumi finds the account", SERVE_DEFAULTS.port)
      .option("--control-port <n>", "where it listens for commands", SERVE_DEFAULTS.controlPort)
      .option("--region <name>", "the account's", SERVE_DEFAULTS.region)
      .option("--seed <n>", "what everything random derives from", SERVE_DEFAULTS.seed)
      .option("--start-at <time>", "virtual time at the start, ISO 8601", SERVE_DEFAULTS.startAt)
      .option("--assume <name=value>", "change what is assumed about AWS", collect)
      .option("--verbose", "stack traces")
      // An option after a command's name is the command's.
      .enablePositionalOptions()
      .addHelpText("after", HELP)
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) })
      .exitOverride()
  );
}

/** One clear message; the stack trace only if asked for. */
function explain(cause: unknown, verbose: boolean): number {
  const { message, stack } = cause as Error;
  process.stderr.write(`${message}\n`);
  if (verbose && stack !== undefined) process.stderr.write(`${stack}\n`);
  return cause instanceof Refusal ? EXIT.refused : EXIT.runFailed;
}

async function main(): Promise<void> {
  const perform: Perform = async (work, verbose = false) => {
    try {
      process.exitCode = await work();
    } catch (cause) {
      process.exitCode = explain(cause, verbose);
    }
  };
  const program = commandLine();
  program.action((typed: TypedServe) =>
    perform(async () => {
      // What serves is loaded by who serves: commands are to answer at once.
      const { serve } = await import("./commands/serve.js");
      const code = await serve(typed);
      // A workload that is still running would keep the process alive.
      process.stdout.write("", () => process.exit(code));
      return code;
    }, typed.verbose),
  );
  for (const add of COMMANDS) add(program, perform);
  try {
    await program.parseAsync();
  } catch (cause) {
    // Commander has printed what is wrong, or the help that was asked for.
    process.exitCode = (cause as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.refused;
  }
}

void main();
