import { EXIT } from "../../compare/failure";
import { writeOutput } from "../../compare/commands/output";
import type { Status } from "../service/status";
import { ask, withAskOptions, type AddCommand, type TypedAsk } from "./ask";

export const addStatus: AddCommand = (program, perform) => {
  withAskOptions(program.command("status").summary("what is deployed, what time it is, what waits"))
    .description("Prints the account's virtual time and seed, its resources, and what is waiting.")
    .action((typed: TypedAsk) =>
      perform(async () => {
        const status = await ask<Status>(typed, "status", {});
        writeOutput(typed.json, statusText(status), status);
        return EXIT.ok;
      }, typed.verbose),
    );
};

export function statusText(status: Status): string {
  const { assumptions, faults, now, others, pending, region, resources, seed } = status;
  const assumed = Object.entries(assumptions).map(([name, value]) => `, ${name}=${value}`);
  const lines = [`Virtual time ${now}; seed ${seed}; ${region}${assumed.join("")}.`];
  if (resources.length === 0) lines.push("Nothing is deployed.");
  const places = new Set(resources.map(({ project, stack }) => `${stack} of ${project}`));
  for (const place of places) {
    const own = resources.filter(({ project, stack }) => `${stack} of ${project}` === place);
    const total = own.reduce((sum, { names }) => sum + names.length, 0);
    lines.push(`Stack ${place}: ${total} ${total === 1 ? "resource" : "resources"}`);
    lines.push(...own.map(typeLine));
  }
  if (others.length > 0) lines.push("Made by the account itself, or by calls:");
  lines.push(...others.map((each) => `  ${shortType(each)}`));
  const hit = faults.reduce((sum, fault) => sum + fault.hit, 0);
  if (faults.length > 0) lines.push(`Failures of the last workload: ${hit} have hit.`);
  lines.push(...(pending.length > 0 ? ["Waiting:", ...pending.map(indented)] : ["Nothing waits."]));
  return lines.join("\n");
}

/** Types whose resources can be named in commands. */
const NAMED = /:(Stream|Queue|EventBus|Table|Function)$/;

function typeLine({ names, type }: Status["resources"][number]): string {
  const named = NAMED.test(type) ? `: ${names.join(", ")}` : "";
  return `  ${String(names.length).padStart(3)}  ${shortType(type)}${named}`;
}

const indented = (line: string): string => `  ${line}`;

/** `aws:sqs/queue:Queue` → `sqs Queue`. */
const shortType = (text: string): string => text.replace(/^aws:(\w+)\/\w+:/, "$1 ");
