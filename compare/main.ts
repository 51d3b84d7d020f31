import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { compare, DeploymentFailed, jsonOf } from "./compare";
import { EXIT, Refusal } from "./failure";
import { planJobs } from "./jobs";
import { OPTION_DEFAULTS, parseOptions, type TypedOptions } from "./options";
import { createPool } from "./pool";
import { showProgress } from "./progress";
import { reportText } from "./report/text";
import { readStacks } from "./stacks";

/** The project whose stacks are compared: the folder this one lies in. */
const PROJECT = join(__dirname, "..");

const EXAMPLES = `
Examples:
  npm start                                             all stacks, all workloads
  npm start -- --stack dev --workload burst --seed 7    one run, with small runs beside it
  npm start -- --stack bisect --with idempotency=ledger,batch-hash
  npm start -- --with mappings.batchSize=10,100,1000    every stack with every value
  npm start -- --workload orders --with orders.idempotency=order,none
  npm start -- --assume bisect.left=ceil --json out.json

Exit codes: 0 all runs done, 1 a run failed, 2 something asked for cannot be.`;

function command(): Command {
  const collect = (value: string, before: string[] = []): string[] => [...before, value];
  return new Command("npm start --")
    .description(
      "Deploys the stacks into simulated accounts, gives all of them the same seeded workload and " +
        "failures, and says what became of every record.",
    )
    .option("--stack <names>", "stacks to compare (default: all)", collect)
    .option("--workload <names>", "burst, poison, orders (default: all)", collect)
    .option("--seed <n>", "what everything random derives from", OPTION_DEFAULTS.seed)
    .option("--seeds <n>", "small runs beside each run", OPTION_DEFAULTS.seeds)
    .option("--messages <n>", "records to put on the stream", OPTION_DEFAULTS.messages)
    .option("--orders <n>", "orders that clients want to place", OPTION_DEFAULTS.orders)
    .option("--fail-state <percent>", "of State's invocations fail", OPTION_DEFAULTS.failState)
    .option("--fail-map <percent>", "of Map's fail after commit", OPTION_DEFAULTS.failMap)
    .option("--fail-reduce <percent>", "of Reduce's fail after commit", OPTION_DEFAULTS.failReduce)
    .option("--fail-process <percent>", "of ProcessOrder's fail", OPTION_DEFAULTS.failProcess)
    .option(
      "--fail-inventory <percent>",
      "of UpdateInventory's fail after commit or run too long",
      OPTION_DEFAULTS.failInventory,
    )
    .option(
      "--poison <k>",
      "records or events nothing can process (poison, orders)",
      OPTION_DEFAULTS.poison,
    )
    .option(
      "--poison-attempts <n>",
      "how often 3 more are refused (poison)",
      OPTION_DEFAULTS.poisonAttempts,
    )
    .option(
      "--with <knob=a,b>",
      "compare values of a setting (default for burst: idempotency=ledger,batch-hash)",
      collect,
    )
    .option("--assume <name=value>", "change what is assumed about AWS", collect)
    .option("--json <file>", "write the results as JSON (-: to standard output, nothing else)")
    .option("--workers <n>", "threads (default: one per core)")
    .option("--verbose", "stack traces")
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
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    void pool.close();
  };
  process.once("SIGINT", interrupt);
  try {
    const plan = { ...options, projectFolder: PROJECT };
    const comparison = await compare(jobs, plan, pool, workers, progress.update);
    await progress.end();
    // The runs that were ended have failed, but that is what was asked for.
    if (interrupted) return EXIT.interrupted;
    const json = `${JSON.stringify(jsonOf(comparison, options.seed), null, 2)}\n`;
    const look = { terminal, colours: terminal && !process.env["NO_COLOR"] };
    if (onlyJson) process.stdout.write(json);
    else process.stdout.write(`${reportText(comparison, options, look)}\n`);
    if (options.json !== undefined && !onlyJson) writeJson(options.json, json);
    if (comparison.failed.length === 0) return EXIT.ok;
    if (onlyJson)
      process.stderr.write(`${reportText({ ...comparison, rows: [] }, options, look)}\n`);
    return EXIT.runFailed;
  } finally {
    await progress.end();
    process.off("SIGINT", interrupt);
    await pool.close();
  }
}

function writeJson(file: string, json: string): void {
  try {
    writeFileSync(file, json);
  } catch (cause) {
    throw new Refusal(`--json ${file}: cannot be written: ${(cause as Error).message}`, { cause });
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
  const parser = command();
  try {
    parser.parse();
  } catch (cause) {
    // Commander has printed what is wrong, or the help that was asked for.
    return (cause as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.refused;
  }
  const typed = parser.opts<TypedOptions>();
  try {
    return await run(typed);
  } catch (cause) {
    return explain(cause, typed.verbose === true);
  }
}

void main().then((code) => {
  process.exitCode = code;
});
