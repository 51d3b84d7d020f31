import type { Command } from "commander";
import { writeOutput } from "../../compare/commands/output";
import { withRunOptions } from "../../compare/commands/run-options";
import { collect, type AddSubcommand } from "../../compare/commands/subcommand";
import { DeploymentFailed } from "../../compare/compare";
import { EXIT, failureOf, Refusal } from "../../compare/failure";
import type { Job } from "../../compare/jobs";
import { combinations, type Knobs } from "../../compare/knobs";
import {
  OPTION_DEFAULTS,
  parseOptions,
  type Options,
  type TypedOptions,
} from "../../compare/options";
import { configWith, holds, readStacks, SYSTEMS_KEY } from "../../compare/stacks";
import { START_AT, SYSTEM_OF } from "../../compare/workloads";
import { synthesize, type Deployment } from "../../simulator";
import { MENDED, redrivableRun, rehearse, type Rehearsal } from "./rehearse";
import { rehearsalText, type Subject } from "./text";

interface TypedRedrive extends Omit<TypedOptions, "seeds" | "stack" | "workload"> {
  readonly stack: string;
  readonly workload: string;
  readonly interruptAfter?: string;
}

const HELP = `
Examples:
  npm start -- redrive --stack checkpoint --workload poison
  npm start -- redrive --stack dev --workload orders --interrupt-after 10
  npm start -- redrive --stack checkpoint --workload poison --with mappings.onFailure=s3 --json -
  npm start -- redrive --stack windows-tumbling --workload trips --with windows.onFailure=s3
  npm start -- redrive --stack errorlab-isolated --workload errors`;

/**
 * `npm start -- redrive`.
 *
 * @param projectFolder where the stack files are
 */
export function addRedrive(projectFolder: string): AddSubcommand {
  return (program, perform) => {
    const command: Command = program
      .command("redrive")
      .summary("replay a run's dead letters, and score it again")
      .description(
        "Runs a workload, mends what made it fail, replays the dead letters of every kind, and scores again: " +
          "what came back, what was already applied, what is gone and why.",
      )
      .requiredOption("--stack <name>", "the stack")
      .requiredOption("--workload <name>", "burst, poison, orders, trips or errors")
      .option("--interrupt-after <n>", "break the replay off after n items, and start it again")
      .option("--with <knob=value>", "change a setting", collect);
    withRunOptions(command)
      .option("--json <file>", "write the result as JSON (-: to standard output, nothing else)")
      .addHelpText("after", HELP)
      .action((typed: TypedRedrive) => perform(() => run(projectFolder, typed), typed.verbose));
  };
}

async function run(
  projectFolder: string,
  { interruptAfter: typedAfter, ...typed }: TypedRedrive,
): Promise<number> {
  const options = parseOptions({
    ...OPTION_DEFAULTS,
    ...typed,
    stack: [typed.stack],
    workload: [typed.workload],
  });
  const interruptAfter = wholeFrom1("--interrupt-after", typedAfter);
  const job = onlyJob(projectFolder, options);
  const { assumptions, seed } = options;
  const deployment = await deploy(projectFolder, job);
  const prepared = redrivableRun(job.workload, seed, options.settings, deployment.outputs);
  // Handlers throw by the ten thousand in a blocked shard; where exactly is of interest to nobody.
  Error.stackTraceLimit = typed.verbose === true ? 10 : 0;
  const { faults } = prepared;
  const account = await deployment.start({ seed, faults, assumptions, startAt: START_AT });
  const { knobs, stack, workload } = job;
  const mended = MENDED[workload];
  const mend = mended && (() => account.update(projectFolder, { stack, config: job.mended }));
  const rehearsal = await rehearse(account, prepared, { interruptAfter, mend });
  const subject = { stack, workload, seed, settings: knobs, mended, interruptAfter };
  writeOutput(options.json, rehearsalText(subject, rehearsal), jsonOf(subject, rehearsal));
  return EXIT.ok;
}

/** A run, and the config of its stack once the consumer is mended. */
interface RedriveJob extends Job {
  readonly mended: Readonly<Record<string, unknown>>;
}

/** @throws Refusal unless stack, workload and settings name one run */
function onlyJob(projectFolder: string, { crossings, stacks, workloads }: Options): RedriveJob {
  const [stack, ...others] = readStacks(projectFolder, stacks);
  const [workload, ...more] = workloads;
  const all = combinations(crossings);
  if (!stack || !workload || others.length + more.length > 0 || all.length > 1) {
    throw new Refusal("redrive takes one stack, one workload and one value of each setting.");
  }
  const system = SYSTEM_OF[workload];
  if (!holds(stack, system)) {
    throw new Refusal(`The stack ${stack.name} does not hold the system ${system}.`);
  }
  const [knobs = {}] = all;
  const configOf = (changed: Knobs) => ({ ...configWith(stack, changed), [SYSTEMS_KEY]: [system] });
  const mended = configOf({ ...knobs, ...MENDED[workload] });
  return { stack: stack.name, knobs, config: configOf(knobs), mended, workload };
}

async function deploy(projectFolder: string, { config, stack }: Job): Promise<Deployment> {
  try {
    return await synthesize(projectFolder, { stack, config });
  } catch (cause) {
    throw new DeploymentFailed({ stack } as never, failureOf("deploy", cause));
  }
}

function wholeFrom1(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Refusal(`${option} ${text}: expected a whole number from 1.`);
}

/** What `--json` writes. */
function jsonOf({ interruptAfter, ...subject }: Subject, rehearsal: Rehearsal): object {
  const { after, before, brokenOff, report } = rehearsal;
  const scored = ({ consistent, errors, exact, orders, records, trips }: Rehearsal["before"]) => ({
    exact,
    consistent,
    records,
    ...(orders && { orders }),
    ...(trips && { trips }),
    ...(errors && { errors }),
  });
  const { copies, taken: _, ...done } = report;
  return {
    formatVersion: 1,
    ...subject,
    ...(interruptAfter !== undefined && { interruptAfter }),
    before: scored(before),
    after: scored(after),
    redrive: { ...done, copies: copies.length, ...(brokenOff && { brokenOff }) },
  };
}
