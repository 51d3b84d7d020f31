import { readFileSync } from "node:fs";
import { writeOutput } from "../../compare/commands/output";
import { EXIT, Refusal } from "../../compare/failure";
import type { Put, PutRequest } from "../service/put";
import { ask, withAskOptions, type AddCommand, type TypedAsk } from "./ask";

interface Typed extends TypedAsk {
  readonly file?: string;
  readonly key?: string;
  readonly source?: string;
  readonly detailType?: string;
  readonly stack?: string;
}

const HELP = `
A stream's key is the partition key, a FIFO queue's the message group; by default each record's is made from its data.
A bus takes whole events (source, detail-type, detail), or details with --source and --detail-type.

Examples:
  npm run simulated-aws -- put aggregation-messages '{"id":"trade-1"}' --key trade-1
  npm run simulated-aws -- put orders-inventory-updates --file messages.jsonl
  npm run simulated-aws -- put orders-bus '{"orderId":"1"}' --source orders --detail-type order.placed`;

export const addPut: AddCommand = (program, perform) => {
  const command = program
    .command("put")
    .summary("put records on a stream, messages into a queue, events on a bus")
    .description(
      "Puts data as a producer does, with an SDK client: the call takes some virtual time.",
    )
    .argument("<target>", "stream, queue or bus: by its name in the program, or its physical name")
    .argument("[data...]", "one record each")
    .option("--file <file>", "further records, one a line")
    .option("--key <key>", "partition key, or message group")
    .option("--source <source>", "of events that are given as details")
    .option("--detail-type <type>", "of events that are given as details")
    .option("--stack <name>", "where several stacks have a target of that name");
  withAskOptions(command)
    .addHelpText("after", HELP)
    .action((name: string, data: string[], typed: Typed) =>
      perform(() => runPut(name, data, typed), typed.verbose),
    );
};

async function runPut(name: string, given: readonly string[], typed: Typed): Promise<number> {
  const { detailType, file, key, source, stack } = typed;
  const data = [...given, ...(file === undefined ? [] : linesOf(file))];
  if (data.length === 0) throw new Refusal("Say what to put: data, or --file with a line each.");
  const request: PutRequest = { name, data, key, source, detailType, stack };
  const done = await ask<Put>(typed, "put", request);
  writeOutput(typed.json, putText(done), done);
  return done.put.every((each) => "id" in each) ? EXIT.ok : EXIT.runFailed;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "");
  } catch (cause) {
    throw new Refusal(`--file ${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}

const NOUNS = {
  stream: ["record", "records"],
  queue: ["message", "messages"],
  bus: ["event", "events"],
} as const;

/** More are in the JSON. */
const LISTED_MAX = 20;

function putText({ kind, now, put, target }: Put): string {
  const taken = put.filter((each) => "id" in each).length;
  const noun = NOUNS[kind][taken === 1 ? 0 : 1];
  const lines = put.map((each) => ("id" in each ? `  ${each.id}` : `  refused: ${each.refused}`));
  const more = lines.length > LISTED_MAX ? [`  and ${lines.length - LISTED_MAX} more`] : [];
  return [
    `${taken} ${noun} put to ${target}; virtual time ${now}.`,
    ...lines.slice(0, LISTED_MAX),
    ...more,
  ].join("\n");
}
