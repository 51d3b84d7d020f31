import type { Command } from "commander";
import { EXIT, Refusal } from "../../failure";
import { OPTION_DEFAULTS, parseOptions } from "../../options";
import { writeOutput } from "../output";
import { collect, type Perform } from "../subcommand";
import { ASYNCHRONOUS_EXAMPLES } from "./asynchronous-examples";
import type { Example } from "./example";
import { QUEUE_EXAMPLES } from "./queue-examples";
import { replay, type ExampleReport } from "./replay";
import { STREAM_EXAMPLES } from "./stream-examples";
import { exampleText } from "./text";

/** Every worked example, in the order in which the course comes to them. */
export const EXAMPLES: readonly Example[] = [
  ...STREAM_EXAMPLES,
  ...QUEUE_EXAMPLES,
  ...ASYNCHRONOUS_EXAMPLES,
];

interface Typed {
  readonly seed: string;
  readonly list?: boolean;
  readonly assume?: readonly string[];
  readonly json?: string;
  readonly verbose?: boolean;
}

const HELP = `
Examples:
  npm start -- examples --list
  npm start -- examples bisect checkpoint
  npm start -- examples bisect --assume bisect.left=ceil`;

export function addExamples(program: Command, perform: Perform): void {
  program
    .command("examples")
    .summary("replay worked examples of error handling, step by step")
    .description(
      "Deploys each worked example into a simulated account, and prints what happens as a list of steps, " +
        "which assumptions make it so, and what their other values would make of it.",
    )
    .argument("[names...]", "examples (default: all)")
    .option("--list", "names and settings, nothing is run")
    .option("--seed <n>", "what everything random derives from", OPTION_DEFAULTS.seed)
    .option("--assume <name=value>", "change what is assumed about AWS", collect)
    .option("--json <file>", "write the results as JSON (-: to standard output, nothing else)")
    .option("--verbose", "stack traces")
    .addHelpText("after", HELP)
    .action((names: readonly string[], typed: Typed) =>
      perform(() => runExamples(names, typed), typed.verbose),
    );
}

async function runExamples(names: readonly string[], typed: Typed): Promise<number> {
  const { assumptions, json, seed } = parseOptions({ ...OPTION_DEFAULTS, ...typed });
  const chosen = choose(names);
  if (typed.list === true) {
    const width = Math.max(...chosen.map(({ name }) => name.length));
    const lines = chosen.map(({ name, title }) => `${name.padEnd(width)}  ${title}`);
    process.stdout.write(`${lines.join("\n")}\n`);
    return EXIT.ok;
  }
  const reports: ExampleReport[] = [];
  for (const example of chosen) reports.push(await replay(example, { seed, assumptions }));
  const text = reports.map(exampleText).join("\n\n");
  writeOutput(json, text, { formatVersion: 1, seed, examples: reports });
  return EXIT.ok;
}

/** @throws Refusal for names that no example has */
function choose(names: readonly string[]): readonly Example[] {
  const known = EXAMPLES.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Refusal(`Unknown example: ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  }
  return names.length === 0 ? EXAMPLES : EXAMPLES.filter(({ name }) => names.includes(name));
}
