import type { Command } from "commander";
import { synthesize } from "../../../simulator";
import { DeploymentFailed } from "../../compare";
import { EXIT, failureOf, Refusal } from "../../failure";
import { SMALL_MESSAGES, SMALL_ORDERS, SMALL_THINGS, SMALL_TRIPS, type Job } from "../../jobs";
import { combinations } from "../../knobs";
import { OPTION_DEFAULTS, parseOptions, type Options, type TypedOptions } from "../../options";
import { configWith, holds, readStacks, SYSTEMS_KEY } from "../../stacks";
import { SYSTEM_OF, type WorkloadName, type WorkloadSettings } from "../../workloads";
import { writeOutput } from "../output";
import { withRunOptions } from "../run-options";
import { collect, type Perform } from "../subcommand";
import type { Life } from "./life";
import { livesOf, type Lives, type RunToExplain } from "./lives";
import { lifeText } from "./text";

interface Typed extends Omit<TypedOptions, "stack" | "workload"> {
  readonly stack: string;
  readonly workload: string;
  readonly record: string;
  readonly small?: boolean;
}

const HELP = `
A record is given by its index, entity id, sequence number or event id; an order by its order id, customer id,
Idempotency-Key or index; a trip by its trip_id, a row of the error lab by its row_id; or by a kind, whose first is
taken: dead-lettered, lost, duplicated, pending, superseded (streams and trips), unclean (trips), refused, invalid,
poison (orders), done, bad-format, timeout, infra, given-up (errors).

Examples:
  npm start -- explain --stack bisect --workload poison --record dead-lettered --small
  npm start -- explain --stack dev --workload burst --record 17 --seed 7
  npm start -- explain --stack impatient --workload orders --record customer-000042
  npm start -- explain --stack windows-tumbling --workload trips --record lost --small
  npm start -- explain --stack errorlab --workload errors --record row-000012`;

/** @param projectFolder where the stack files are */
export function addExplain(projectFolder: string): (program: Command, perform: Perform) => void {
  return (program, perform) => {
    const command = program
      .command("explain")
      .summary("tell the life of one record, delivery by delivery")
      .description(
        "Does one run of the comparison again, and tells the life of one record: every delivery, what split " +
          "or checkpoint did to it, and which policy ended it.",
      )
      .option("--stack <name>", "the stack", "dev")
      .requiredOption("--workload <name>", "burst, poison, orders, trips or errors")
      .requiredOption("--record <id>", "which record, order, trip or row, see below")
      .option("--small", "the small run of that seed instead of the main one")
      .option("--with <knob=value>", "change a setting", collect);
    withRunOptions(command)
      .option("--json <file>", "write the lives as JSON (-: to standard output, nothing else)")
      .addHelpText("after", HELP)
      .action((typed: Typed) => perform(() => runExplain(projectFolder, typed), typed.verbose));
  };
}

async function runExplain(projectFolder: string, typed: Typed): Promise<number> {
  const options = parseOptions({
    ...OPTION_DEFAULTS,
    ...typed,
    stack: [typed.stack],
    workload: [typed.workload],
  });
  const { config, knobs, stack, workload } = onlyJob(projectFolder, options);
  const deployment = await synthesize(projectFolder, { stack, config }).catch((cause: unknown) => {
    throw new DeploymentFailed({ stack } as never, failureOf("deploy", cause));
  });
  const { assumptions, seed } = options;
  const settings = typed.small === true ? smallSettings(options.settings) : options.settings;
  const asked: RunToExplain = { workload, seed, settings, assumptions };
  // Where exactly handlers throw is of interest to nobody.
  Error.stackTraceLimit = typed.verbose === true ? 10 : 0;
  const found = await livesOf(deployment, asked, typed.record);
  const knobText = Object.entries(knobs).map(([path, value]) => `, ${path}=${String(value)}`);
  const size = SIZES[workload](settings);
  const title = `${workload} on ${stack}${knobText.join("")}, seed ${seed}, ${size}`;
  const texts = found.lives.map((life) => lifeText(life, found.startMs));
  const about = { formatVersion: 1, stack, workload, seed, settings: knobs };
  writeOutput(typed.json, [title, ...texts].join("\n\n"), { ...about, ...livesJson(found) });
  return EXIT.ok;
}

const SIZES: Readonly<Record<WorkloadName, (settings: WorkloadSettings) => string>> = {
  burst: ({ messages }) => `${messages} records`,
  poison: ({ messages }) => `${messages} records`,
  orders: ({ orders }) => `${orders} wishes`,
  trips: ({ trips }) => `${trips} trips`,
  errors: ({ things }) => `${things} rows`,
};

/** @throws Refusal unless stack, workload and settings name one run */
function onlyJob(projectFolder: string, { crossings, stacks, workloads }: Options): Job {
  const many = crossings.find(({ values }) => values.length > 1);
  if (many) throw new Refusal(`--with ${many.path}: one value at a time can be explained.`);
  const [workload, another] = workloads;
  if (workload === undefined || another !== undefined) {
    throw new Refusal("--workload: one at a time can be explained.");
  }
  const [stack, otherStack] = readStacks(projectFolder, stacks);
  if (stack === undefined || otherStack !== undefined) {
    throw new Refusal("--stack: one at a time can be explained.");
  }
  const system = SYSTEM_OF[workload];
  if (!holds(stack, system)) {
    throw new Refusal(
      `The stack ${stack.name} does not hold the system of ${workload}, ${system}.`,
    );
  }
  const knobs = combinations(crossings)[0]!;
  const config = { ...configWith(stack, knobs), [SYSTEMS_KEY]: [system] };
  return { stack: stack.name, knobs, config, workload };
}

/** As the comparison's small runs have them. */
function smallSettings(settings: WorkloadSettings): WorkloadSettings {
  return {
    ...settings,
    messages: Math.min(SMALL_MESSAGES, settings.messages),
    orders: Math.min(SMALL_ORDERS, settings.orders),
    trips: Math.min(SMALL_TRIPS, settings.trips),
    things: Math.min(SMALL_THINGS, settings.things),
    poisonRecords: Math.min(1, settings.poisonRecords),
  };
}

/** Times as seconds since the run began. */
function livesJson({ lives, startMs, trace }: Lives) {
  const record = ({ about, end, name, steps }: Life) => ({
    name,
    about,
    steps: steps.map(({ atMs, ...step }) => ({ atSeconds: (atMs - startMs) / 1000, ...step })),
    end,
  });
  return { trace, records: lives.map(record) };
}
