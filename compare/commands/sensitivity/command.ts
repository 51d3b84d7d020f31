import type { Command } from "commander";
import type { OnProgress } from "../../compare";
import { jsonOf } from "../../compare";
import { EXIT, Refusal } from "../../failure";
import { closeOnInterrupt } from "../../interruption";
import { planJobs } from "../../jobs";
import { OPTION_DEFAULTS, parseOptions, type TypedOptions } from "../../options";
import { createPool } from "../../pool";
import { showProgress, type Progress } from "../../progress";
import { readStacks } from "../../stacks";
import { writeOutput } from "../output";
import { withRunOptions } from "../run-options";
import { collect, type Perform } from "../subcommand";
import { examineSensitivity, type Sensitivity } from "./sensitivity";
import { sensitivityText } from "./text";

/** So many runs are done that each has to be small: as small as the comparison's small runs. */
const DEFAULTS = {
  messages: "400",
  orders: "100",
  poison: "1",
  trips: "400",
  things: "60",
  seeds: "0",
};

const HELP = `
Small runs by default (${DEFAULTS.messages} records, ${DEFAULTS.orders} orders, no further seeds). Two stacks and one
workload take seconds; all stacks under all workloads some minutes on two cores, a minute on eight.

Examples:
  npm start -- sensitivity --stack dev,bisect --workload poison
  npm start -- sensitivity --workload orders --orders 500 --json sensitivity.json

Exit codes: 0 all runs done, 1 a run failed, 2 something asked for cannot be.`;

/** @param projectFolder where the stack files are */
export function addSensitivity(
  projectFolder: string,
): (program: Command, perform: Perform) => void {
  return (program, perform) => {
    const command = program
      .command("sensitivity")
      .summary("which verdicts depend on what is only assumed about AWS")
      .description(
        "Compares, then compares again under every other value of every assumption that a run met, one at a " +
          "time, and says which verdicts change and whether the order of the stacks does: by exact, " +
          "consistent, lost, duplicated, dead-lettered though good, then latency.",
      )
      .option("--stack <names>", "stacks to compare (default: all)", collect)
      .option("--workload <names>", "burst, poison, orders (default: all)", collect)
      .option("--seeds <n>", "small runs beside each run", DEFAULTS.seeds)
      .option("--with <knob=a,b>", "compare values of a setting", collect);
    withRunOptions(command, DEFAULTS)
      .option("--json <file>", "write the results as JSON (-: to standard output, nothing else)")
      .option("--workers <n>", "threads (default: one per core)")
      .addHelpText("after", HELP)
      .action((typed: TypedOptions) =>
        perform(() => runSensitivity(projectFolder, typed), typed.verbose),
      );
  };
}

async function runSensitivity(projectFolder: string, typed: TypedOptions): Promise<number> {
  const options = parseOptions({ ...OPTION_DEFAULTS, ...typed });
  const stacks = readStacks(projectFolder, options.stacks);
  const jobs = planJobs(stacks, options.workloads, options.crossings);
  if (jobs.length === 0) throw new Refusal("None of these stacks holds a system to compare.");
  const terminal = process.stdout.isTTY === true && options.json !== "-";
  const pool = createPool(options.workers);
  let progress: Progress | undefined;
  const onPhase = async (names: readonly string[]): Promise<OnProgress> => {
    await progress?.end();
    progress = showProgress(names, terminal);
    return progress.update;
  };
  const interruption = closeOnInterrupt(pool);
  try {
    const plan = { ...options, projectFolder };
    const found = await examineSensitivity(jobs, plan, pool, options.workers, onPhase);
    await progress?.end();
    if (interruption.happened) return EXIT.interrupted;
    const text = sensitivityText(found, "npm start --");
    writeOutput(options.json, text, jsonOfSensitivity(found, options.seed));
    const failed = found.base.failed.length + found.effects.flatMap((each) => each.failed).length;
    return failed === 0 ? EXIT.ok : EXIT.runFailed;
  } finally {
    await progress?.end();
    interruption.stopListening();
    await pool.close();
  }
}

/** The comparison as its own JSON has it, and one entry per alternative. */
function jsonOfSensitivity({ base, effects }: Sensitivity, seed: number): object {
  const { formatVersion, ...comparison } = jsonOf(base, seed);
  return { formatVersion, comparison, alternatives: effects };
}
