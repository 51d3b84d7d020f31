import type { Command } from "commander";
import { synthesize } from "../../../simulator";
import { DeploymentFailed } from "../../compare";
import { EXIT, failureOf, Refusal } from "../../failure";
import { combinations } from "../../knobs";
import { OPTION_DEFAULTS, parseOptions, type TypedOptions } from "../../options";
import { configWith, holds, readStacks, SYSTEMS_KEY } from "../../stacks";
import type { Finished } from "../../result";
import { SYSTEM_OF } from "../../workloads";
import { withRunOptions } from "../run-options";
import { collect, type Perform } from "../subcommand";
import { watch } from "./watch";

interface Typed extends Omit<TypedOptions, "stack" | "workload"> {
  readonly stack: string;
  readonly workload: string;
  readonly speed: string;
}

const SPEED_MAX = 1_000_000;

const HELP = `
The run is that of the comparison, with the same seed and the same trace; it is only slowed down. In a terminal the
picture is drawn again and again, elsewhere each change is a line. Ctrl-C ends it.

Examples:
  npm start -- watch --stack dev --workload burst
  npm start -- watch --stack aws-defaults --workload poison --speed 3600
  npm start -- watch --stack impatient --workload orders --speed 0 > changes.txt`;

/** @param projectFolder where the stack files are */
export function addWatch(projectFolder: string): (program: Command, perform: Perform) => void {
  return (program, perform) => {
    const command = program
      .command("watch")
      .summary("watch one run as virtual time passes")
      .description(
        "Does one run of the comparison at a chosen speed, and shows the aggregates or the counts of orders, " +
          "what is given up, and which shards are blocked.",
      )
      .option("--stack <name>", "the stack", "dev")
      .requiredOption("--workload <name>", "what it is fed: burst, poison, orders, …")
      .option("--speed <n>", "virtual seconds per second; 0: as fast as it goes", "60")
      .option("--with <knob=value>", "change a setting", collect);
    withRunOptions(command)
      .addHelpText("after", HELP)
      .action((typed: Typed) => perform(() => runWatch(projectFolder, typed), typed.verbose));
  };
}

async function runWatch(projectFolder: string, typed: Typed): Promise<number> {
  const { assumptions, crossings, seed, settings, workloads } = parseOptions({
    ...OPTION_DEFAULTS,
    ...typed,
    stack: [typed.stack],
    workload: [typed.workload],
  });
  const speed = Number(typed.speed);
  if (!/^\d+(\.\d+)?$/.test(typed.speed) || speed > SPEED_MAX) {
    throw new Refusal(`--speed ${typed.speed}: expected a number from 0 to ${SPEED_MAX}.`);
  }
  const many = crossings.find(({ values }) => values.length > 1);
  if (many) throw new Refusal(`--with ${many.path}: one value at a time can be watched.`);
  const [workload, another] = workloads;
  if (workload === undefined || another !== undefined) {
    throw new Refusal("--workload: one at a time can be watched.");
  }
  const [stack] = readStacks(projectFolder, [typed.stack]);
  const system = SYSTEM_OF[workload];
  if (!holds(stack!, system)) {
    throw new Refusal(
      `The stack ${typed.stack} does not hold the system of ${workload}, ${system}.`,
    );
  }
  const knobs = combinations(crossings)[0]!;
  const config = { ...configWith(stack!, knobs), [SYSTEMS_KEY]: [system] };
  const deployment = await synthesize(projectFolder, { stack: typed.stack, config }).catch(
    (cause: unknown) => {
      throw new DeploymentFailed({ stack: typed.stack } as never, failureOf("deploy", cause));
    },
  );
  const changed = Object.entries(knobs).map(([path, value]) => `, ${path}=${String(value)}`);
  const pace = speed === 0 ? "as fast as it goes" : `${speed} × real time`;
  const heading = `${workload} on ${typed.stack}${changed.join("")}, seed ${seed}, ${pace}`;
  const asked = { heading, workload, seed, settings, assumptions, speed };
  return untilInterrupted(async (signal) => {
    if (process.stdout.isTTY !== true) process.stdout.write(`${heading}\n`);
    const finished = await watch(deployment, asked, process.stdout, signal);
    process.stdout.write(`\n${endText(finished)}\n`);
    return EXIT.ok;
  });
}

/** Ctrl-C ends the run at its next step, and the command without a complaint. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort(new Error("Interrupted."));
  process.once("SIGINT", interrupt);
  try {
    return await work(abort.signal);
  } catch (cause) {
    if (!abort.signal.aborted) throw cause;
    process.stdout.write("Interrupted.\n");
    return EXIT.interrupted;
  } finally {
    process.off("SIGINT", interrupt);
  }
}

function endText({ consistent, exact, finishedSeconds, records, trace }: Finished): string {
  const { deadLettered, lost, pending, processed, produced, superseded } = records;
  return [
    `Done after ${finishedSeconds.toFixed(1)} virtual seconds. Exact: ${yesNo(exact)}; consistent: ${yesNo(consistent)}.`,
    `${produced} produced: ${processed} processed, ${superseded} superseded, ${deadLettered.good + deadLettered.bad} ` +
      `dead-lettered, ${lost} lost, ${pending} pending.`,
    `Trace ${trace}`,
  ].join("\n");
}

const yesNo = (value: boolean): string => (value ? "yes" : "no");
