import type { Command } from "commander";
import { synthesize, type Deployment } from "../../../simulator";
import { DeploymentFailed } from "../../compare";
import { EXIT, failureOf, Refusal } from "../../failure";
import { combinations } from "../../knobs";
import { OPTION_DEFAULTS, parseOptions } from "../../options";
import { configWith, readStacks } from "../../stacks";
import { writeOutput } from "../output";
import { collect, type Perform } from "../subcommand";
import { functionNames, invokeOnce } from "./invoke-once";
import { eventNames, readEvent, summaryOf } from "./sample-events";
import { invocationText } from "./text";

interface Typed {
  readonly stack: string;
  readonly event?: string;
  readonly events?: boolean;
  readonly with?: readonly string[];
  readonly seed: string;
  readonly assume?: readonly string[];
  readonly json?: string;
  readonly verbose?: boolean;
}

const HELP = `
Sample events are files: events/<function>/<name>.json. Nothing else invokes a function here: neither the stack's
event sources nor its schedules run.

Examples:
  npm start -- invoke --events --stack dev
  npm start -- invoke orders-process --event valid
  npm start -- invoke orders-inventory --event one-poison --with orders.inventory.reportBatchItemFailures=false
  npm start -- invoke aggregation-state --event ./my-event.json --json -

Exit codes: 0 the function succeeded, 1 it did not, 2 something asked for cannot be.`;

/** @param projectFolder where the stack files and the sample events are */
export function addInvoke(projectFolder: string): (program: Command, perform: Perform) => void {
  return (program, perform) => {
    program
      .command("invoke")
      .summary("invoke one function once, with a sample event")
      .description(
        "Deploys a stack into a simulated account, invokes one of its functions with one event, and prints what " +
          "came of it: outcome, response or error, duration, calls, writes and logs.",
      )
      .argument("[function]", "by its name in the program, for instance orders-process")
      .option("--stack <name>", "the stack", "dev")
      .option("--event <name|file>", "a sample event of the function, or a JSON file")
      .option("--events", "list functions and sample events, invoke nothing")
      .option("--with <knob=value>", "change a setting", collect)
      .option("--seed <n>", "what everything random derives from", OPTION_DEFAULTS.seed)
      .option("--assume <name=value>", "change what is assumed about AWS", collect)
      .option("--json <file>", "write the result as JSON (-: to standard output, nothing else)")
      .option("--verbose", "stack traces")
      .addHelpText("after", HELP)
      .action((functionName: string | undefined, typed: Typed) =>
        perform(() => runInvoke(projectFolder, functionName, typed), typed.verbose),
      );
  };
}

async function runInvoke(
  projectFolder: string,
  functionName: string | undefined,
  typed: Typed,
): Promise<number> {
  const { assumptions, crossings, json, seed } = parseOptions({
    ...OPTION_DEFAULTS,
    ...typed,
    stack: [typed.stack],
  });
  const knobs = combinations(crossings)[0]!;
  const many = crossings.find(({ values }) => values.length > 1);
  if (many) throw new Refusal(`--with ${many.path}: one value at a time can be invoked.`);
  const [stack] = readStacks(projectFolder, [typed.stack]);
  const config = configWith(stack!, knobs);
  const deployment = await synthesize(projectFolder, { stack: typed.stack, config }).catch(
    (cause: unknown) => {
      throw new DeploymentFailed({ stack: typed.stack } as never, failureOf("deploy", cause));
    },
  );
  const names = functionNames(deployment);
  if (functionName !== undefined && !names.includes(functionName)) {
    throw new Refusal(
      `Unknown function: ${functionName}. The stack ${typed.stack} has: ${names.join(", ") || "none"}.`,
    );
  }
  if (typed.events === true) {
    const asked = functionName === undefined ? names : [functionName];
    const listed = asked.map((name) => ({ function: name, events: eventsOf(projectFolder, name) }));
    writeOutput(json, listText(listed), {
      formatVersion: 1,
      stack: typed.stack,
      functions: listed,
    });
    return EXIT.ok;
  }
  return invoke(deployment, functionName, {
    ...typed,
    assumptions,
    projectFolder,
    knobs,
    json,
    seed,
  });
}

interface Asked extends Omit<Typed, "seed"> {
  readonly projectFolder: string;
  readonly knobs: Readonly<Record<string, unknown>>;
  readonly assumptions: Readonly<Record<string, string | number>>;
  readonly seed: number;
}

async function invoke(
  deployment: Deployment,
  functionName: string | undefined,
  { assumptions, event, json, knobs, projectFolder, seed, stack }: Asked,
): Promise<number> {
  if (functionName === undefined || event === undefined) {
    const missing = functionName === undefined ? "which function" : "--event, and which event";
    throw new Refusal(`Say ${missing} is meant; --events lists what there is.`);
  }
  const sample = readEvent(projectFolder, functionName, event);
  const report = await invokeOnce(deployment, functionName, sample, { assumptions, seed });
  const changed = Object.entries(knobs).map(([path, value]) => `, ${path}=${String(value)}`);
  const title = `${functionName} of ${stack}${changed.join("")}, event ${event}, seed ${seed}`;
  const about = { formatVersion: 1, stack, settings: knobs, seed, function: functionName, event };
  writeOutput(json, invocationText(title, report), { ...about, ...report });
  return report.outcome === "ok" ? EXIT.ok : EXIT.runFailed;
}

interface Listed {
  readonly function: string;
  readonly events: readonly { readonly name: string; readonly summary: string }[];
}

function eventsOf(projectFolder: string, functionName: string): Listed["events"] {
  return eventNames(projectFolder, functionName).map((name) => ({
    name,
    summary: summaryOf(readEvent(projectFolder, functionName, name).text),
  }));
}

function listText(listed: readonly Listed[]): string {
  const width = Math.max(
    0,
    ...listed.flatMap(({ events }) => events.map(({ name }) => name.length)),
  );
  return listed
    .map(({ events, function: name }) => {
      const lines = events.map((event) => `  ${event.name.padEnd(width)}  ${event.summary}`);
      return [name, ...(lines.length > 0 ? lines : ["  no sample events"])].join("\n");
    })
    .join("\n");
}
