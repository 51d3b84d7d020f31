import type { Command } from "commander";
import Table from "cli-table3";
import { writeOutput } from "../../compare/commands/output";
import { EXIT } from "../../compare/failure";
import type * as contents from "../service/contents";
import { ask, withAskOptions, type AddCommand, type TypedAsk } from "./ask";

interface Typed extends TypedAsk {
  readonly stack?: string;
  readonly logs?: boolean;
}

export const addInvocations: AddCommand = (program, perform) => {
  const command = program
    .command("invocations")
    .summary("what a function was invoked for, and what came of it")
    .description("Lists a function's invocations, oldest first. Takes no virtual time.")
    .argument("<function>", "by its name in the program, or its physical name")
    .option("--logs", "with what each has logged");
  withNameOptions(command).action((name: string, typed: Typed) =>
    perform(async () => {
      const { stack } = typed;
      const found = await ask<contents.Invocations>(typed, "invocations", { name, stack });
      writeOutput(typed.json, invocationsText(found, typed.logs === true), found);
      return EXIT.ok;
    }, typed.verbose),
  );
};

export const addTable: AddCommand = (program, perform) => {
  const command = program
    .command("table")
    .summary("the items of a table")
    .description(
      "Scans a table and prints its items as JSON, one a line. The scan takes some virtual time.",
    )
    .argument("<table>", "by its name in the program, or its physical name");
  withNameOptions(command).action((name: string, typed: Typed) =>
    perform(async () => {
      const found = await ask<contents.Table>(typed, "table", { name, stack: typed.stack });
      writeOutput(typed.json, tableText(found), found);
      return EXIT.ok;
    }, typed.verbose),
  );
};

export const addMessages: AddCommand = (program, perform) => {
  const command = program
    .command("messages")
    .summary("the messages that are visible in a queue")
    .description(
      "Receives all messages of a queue and gives them back: as on AWS it counts as a receive, and a message received " +
        "too often goes to the queue's dead-letter queue. It takes some virtual time.",
    )
    .argument("<queue>", "by its name in the program, its physical name or URL");
  withNameOptions(command).action((name: string, typed: Typed) =>
    perform(async () => {
      const found = await ask<contents.Messages>(typed, "messages", { name, stack: typed.stack });
      writeOutput(typed.json, messagesText(found), found);
      return EXIT.ok;
    }, typed.verbose),
  );
};

function withNameOptions(command: Command): Command {
  return withAskOptions(
    command.option("--stack <name>", "where several stacks have one of that name"),
  );
}

/** Lines between columns and rows would only be in the way. */
const WITHOUT_LINES = Object.fromEntries(
  [
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left"],
    ["bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
  ]
    .flat()
    .map((part) => [part, ""]),
);

/** A partial response is a success, but not for these. */
function failedItems(response: unknown): string {
  const items = (response as { batchItemFailures?: readonly unknown[] } | null | undefined)
    ?.batchItemFailures;
  if (!Array.isArray(items) || items.length === 0) return "";
  return `${items.length} ${items.length === 1 ? "item" : "items"} reported as failed`;
}

function invocationsText({ function: name, invocations }: contents.Invocations, logs: boolean) {
  if (invocations.length === 0) return `${name} was not invoked.`;
  const rows = invocations.map(({ durationMs, error, outcome, startedAt, ...each }) => [
    startedAt,
    outcome ?? "running",
    durationMs === undefined ? "" : `${durationMs} ms`,
    error === undefined ? failedItems(each.response) : `${error.errorType}: ${error.errorMessage}`,
    each.logs,
  ]);
  if (logs) {
    return rows
      .flatMap(([time, outcome, duration, error, logged]) => [
        [time, outcome, duration, error].filter((cell) => cell !== "").join("  "),
        ...(logged as readonly string[]).map((line) => `  ${line.trimEnd()}`),
      ])
      .join("\n");
  }
  const table = new Table({
    head: ["started", "outcome", "took", "error"],
    chars: { ...WITHOUT_LINES, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: ["left", "left", "right", "left"],
  });
  table.push(...rows.map((row) => row.slice(0, 4) as string[]));
  const lines = table.toString().split("\n");
  return lines.map((line) => line.trimEnd()).join("\n");
}

function tableText({ items, table }: contents.Table): string {
  const count = `${table}: ${items.length} ${items.length === 1 ? "item" : "items"}`;
  return [count, ...items.map((item) => `  ${JSON.stringify(item)}`)].join("\n");
}

function messagesText(found: contents.Messages): string {
  const { delayed, inFlight, messages, queue, visible } = found;
  const lines = messages.flatMap(({ attributes, body, messageId }) => [
    `  ${messageId}  ${body}`,
    ...Object.entries(attributes).map(([name, value]) => `    ${name}: ${value}`),
  ]);
  return [`${queue}: ${visible} visible, ${inFlight} in flight, ${delayed} delayed`, ...lines].join(
    "\n",
  );
}
