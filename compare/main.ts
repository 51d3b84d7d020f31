import { join } from "node:path";
import { Command } from "commander";
import { addRedrive } from "../live/rehearsal/command";
import { addExamples } from "./commands/examples/command";
import { addExplain } from "./commands/explain/command";
import { addInvoke } from "./commands/invoke/command";
import { writeOutput } from "./commands/output";
import { withRunOptions } from "./commands/run-options";
import { addSensitivity } from "./commands/sensitivity/command";
import { collect, type AddSubcommand, type Perform } from "./commands/subcommand";
import { addWatch } from "./commands/watch/command";
import { compare, DeploymentFailed, jsonOf } from "./compare";
import { EXIT, Refusal } from "./failure";
import { closeOnInterrupt } from "./interruption";
import { planJobs } from "./jobs";
import { OPTION_DEFAULTS, parseOptions, type TypedOptions } from "./options";
import { createPool } from "./pool";
import { showProgress } from "./progress";
import { reportText } from "./report/text";
import { readStacks } from "./stacks";

/** The project whose stacks are compared: the folder this one lies in. */
const PROJECT = join(__dirname, "..");

/** What there is besides the comparison. */
const SUBCOMMANDS: readonly AddSubcommand[] = [
  addExplain(PROJECT),
  addSensitivity(PROJECT),
  addExamples,
  addInvoke(PROJECT),
  addWatch(PROJECT),
  addRedrive(PROJECT),
];

const EXAMPLES = `
Examples:
  npm start                                             all stacks, all workloads
  npm start -- --stack dev --workload burst --seed 7    one run, with small runs beside it
  npm start -- --stack bisect --with idempotency=ledger,batch-hash
  npm start -- --with mappings.batchSize=10,100,1000    every stack with every value
  npm start -- --workload orders --with orders.idempotency=order,none
  npm start -- --workload trips,errors                  taxi trips by window, and the error lab
  npm start -- --workload trips --trips-file samples/trips.csv
  npm start -- --assume bisect.left=ceil --json out.json
  npm start -- explain --stack bisect --workload poison --record dead-lettered
  npm start -- sensitivity --stack dev,bisect --workload poison
  npm start -- examples bisect
  npm start -- invoke orders-process --event valid
  npm start -- watch --stack dev --workload burst --speed 60
  npm start -- redrive --stack checkpoint --workload poison

Exit codes: 0 all runs done, 1 a run failed, 2 something asked for cannot be.`;

function command(): Command {
  const program = new Command("npm start --")
    .description(
      "Deploys the stacks into simulated accounts, gives all of them the same seeded workload and " +
        "failures, and says what became of every record.",
    )
    .option("--stack <names>", "stacks to compare (default: all)", collect)
    .option("--workload <names>", "burst, poison, orders (default: these), trips, errors", collect)
    .option("--seeds <n>", "small runs beside each run", OPTION_DEFAULTS.seeds)
    // An option after a subcommand's name is the subcommand's.
    .enablePositionalOptions();
  return withRunOptions(program)
    .option(
      "--with <knob=a,b>",
      "compare values of a setting (default for burst: idempotency=ledger,batch-hash)",
      collect,
    )
    .option("--json <file>", "write the results as JSON (-: to standard output, nothing else)")
    .option("--workers <n>", "threads (default: one per core)")
    .addHelpText("after", EXAMPLES)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) })
    .exitOverride();
}

async function run(typed: TypedOptions): Promise<number> {
  const options = parseOptions(typed);
  const stacks = readStacks(PROJECT, options.stacks);
  const jobs = planJobs(stacks, options.workloads, options.crossings);
  if (jobs.length === 0) throw new Refusal("None of these stacks holds a system to compare.");
  const onlyJson = options.json === "-";
  const terminal = process.stdout.isTTY === true && !onlyJson;
  const workers = Math.min(options.workers, jobs.length + options.smallRuns);
  const pool = createPool(workers);
  const progress = showProgress([...new Set(jobs.map(({ stack }) => stack))], terminal);
  const interruption = closeOnInterrupt(pool);
  try {
    const plan = { ...options, projectFolder: PROJECT };
    const comparison = await compare(jobs, plan, pool, workers, progress.update);
    await progress.end();
    if (interruption.happened) return EXIT.interrupted;
    const look = { terminal, colours: terminal && !process.env["NO_COLOR"] };
    const text = reportText(comparison, options, look);
    writeOutput(options.json, text, jsonOf(comparison, options.seed));
    if (comparison.failed.length === 0) return EXIT.ok;
    if (onlyJson)
      process.stderr.write(`${reportText({ ...comparison, rows: [] }, options, look)}\n`);
    return EXIT.runFailed;
  } finally {
    await progress.end();
    interruption.stopListening();
    await pool.close();
  }
}

/** One clear message; the stack trace only if asked for. */
function explain(cause: unknown, verbose: boolean): number {
  const { message, stack } = cause as Error;
  process.stderr.write(`${message}\n`);
  const trace = cause instanceof DeploymentFailed ? cause.stackTrace : stack;
  if (verbose && trace !== undefined) process.stderr.write(`${trace}\n`);
  return cause instanceof Refusal || cause instanceof DeploymentFailed
    ? EXIT.refused
    : EXIT.runFailed;
}

async function main(): Promise<number> {
  let code: number = EXIT.ok;
  const perform: Perform = async (work, verbose = false) => {
    try {
      code = await work();
    } catch (cause) {
      code = explain(cause, verbose);
    }
  };
  const program = command();
  program.action((typed: TypedOptions) => perform(() => run(typed), typed.verbose));
  for (const add of SUBCOMMANDS) add(program, perform);
  try {
    await program.parseAsync();
  } catch (cause) {
    // Commander has printed what is wrong, or the help that was asked for.
    return (cause as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.refused;
  }
  return code;
}

void main().then((code) => {
  process.exitCode = code;
});
