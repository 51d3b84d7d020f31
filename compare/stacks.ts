import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as yaml from "yaml";
import { z } from "zod";
import { parseSettings } from "../config";
import { Refusal } from "./failure";
import type { Knobs } from "./knobs";
import type { SystemName } from "./workloads";

const NAMESPACE = "redrive:";
const RECOMMENDED = "dev";

/** The setting that says which systems a stack deploys. */
export const SYSTEMS_KEY = `${NAMESPACE}systems`;

export interface Stack {
  readonly name: string;
  /** By full key, as the file has it. */
  readonly config: Readonly<Record<string, unknown>>;
}

const stackFileSchema = z.looseObject({
  config: z.record(z.string(), z.unknown()).nullish(),
});

/** The stacks that have a file in the project's folder: the recommended one first, then by name. */
export function stackNames(folder: string): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort((a, b) => Number(b === RECOMMENDED) - Number(a === RECOMMENDED) || (a < b ? -1 : 1));
}

/**
 * @param names the stacks asked for; none: all of them
 * @throws Refusal for an unknown stack, or a file that is no stack file
 */
export function readStacks(folder: string, names: readonly string[]): Stack[] {
  const known = stackNames(folder);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Refusal(
      `Unknown stack: ${unknown.join(", ")}. There ${known.length === 1 ? "is" : "are"}: ` +
        `${known.join(", ") || "none"}.`,
    );
  }
  const chosen = names.length === 0 ? known : [...new Set(names)];
  if (chosen.length === 0) throw new Refusal(`${folder} holds no Pulumi.<stack>.yaml.`);
  return chosen.map((name) => readStack(folder, name));
}

function readStack(folder: string, name: string): Stack {
  const file = `Pulumi.${name}.yaml`;
  let content: unknown;
  try {
    content = yaml.parse(readFileSync(join(folder, file), "utf8"));
  } catch (cause) {
    throw new Refusal(`${file} is no YAML: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
  const parsed = stackFileSchema.safeParse(content ?? {});
  if (parsed.success) {
    const config = parsed.data.config ?? {};
    refuseBadSettings(file, config);
    return { name, config };
  }
  const [issue] = parsed.error.issues;
  const path = issue!.path.join(".") || "the file";
  throw new Refusal(
    `${file} is no stack file: ${path}: ${issue!.message}. ` +
      `Expected a "config:" with keys such as ${NAMESPACE}idempotency.`,
  );
}

/**
 * The config entries that knobs change, over the stack's own: whole groups, for Pulumi does not look into them.
 *
 * @throws Refusal if the program's schema refuses the result; it lists every problem
 */
export function configWith({ name, config }: Stack, knobs: Knobs): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(knobs)) {
    const [group, ...knob] = path.split(".");
    const key = NAMESPACE + group!;
    changed[key] = changedAt(changed[key] ?? config[key], knob, value);
  }
  const asked = Object.entries(knobs).map(([path, value]) => `${path}=${String(value)}`);
  refuseBadSettings([`Stack ${name}`, ...asked].join(", "), { ...config, ...changed });
  return changed;
}

/** @throws Refusal with every problem, if the program's schema refuses the settings */
function refuseBadSettings(where: string, config: Readonly<Record<string, unknown>>): void {
  try {
    parseSettings(config);
  } catch (cause) {
    throw new Refusal(`${where}: ${(cause as Error).message}`, { cause });
  }
}

/** A group with the knob at a path changed; groups on the way are made where there are none. */
function changedAt(held: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const group = typeof held === "object" && held !== null ? held : {};
  return { ...group, [name]: changedAt((group as Record<string, unknown>)[name], rest, value) };
}

/** Whether the stack deploys a system. */
export function holds({ config }: Stack, system: SystemName): boolean {
  return parseSettings(config).systems.includes(system);
}
