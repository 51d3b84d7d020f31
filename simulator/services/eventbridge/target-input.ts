import type { EventEnvelope } from "./envelope";
import { validation } from "./errors";
import { compileJsonPath, type PathReader } from "./json-path";

/** What a target is to get instead of the event; one of the three, or none. */
export interface InputSettings {
  /** Constant JSON. */
  readonly input?: string;
  /** JSON path of the part of the event that it gets. */
  readonly inputPath?: string;
  readonly inputTransformer?: {
    /** Variable → JSON path. */
    readonly paths: Readonly<Record<string, string>>;
    /** JSON with `<variable>`s in it. */
    readonly template: string;
  };
}

export interface InputContext {
  readonly envelope: EventEnvelope;
  readonly ruleArn: string;
  readonly ruleName: string;
  /** When the bus received the event. */
  readonly receivedAtMs: number;
}

/** Makes what is sent to a target: text that is JSON, unless a template's variables make it none. */
export type InputMaker = (context: InputContext) => string;

/** Source: EventBridge user guide, "Input transformation". */
const VARIABLES_MAX = 100;
const VARIABLE = /<([^<>\s]+)>/y;

const PREDEFINED: Readonly<Record<string, (context: InputContext) => unknown>> = {
  "aws.events.rule-arn": ({ ruleArn }) => ruleArn,
  "aws.events.rule-name": ({ ruleName }) => ruleName,
  "aws.events.event.ingestion-time": ({ receivedAtMs }) => new Date(receivedAtMs).toISOString(),
  "aws.events.event": ({ envelope }) => ({ ...envelope, detail: undefined }),
  "aws.events.event.json": ({ envelope }) => envelope,
};

/** @throws ValidationException */
export function compileInput(targetId: string, settings: InputSettings): InputMaker {
  const { input, inputPath, inputTransformer } = settings;
  const given = [input, inputPath, inputTransformer].filter((way) => way !== undefined);
  if (given.length > 1) {
    throw validation(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${targetId}.`,
    );
  }
  if (input !== undefined) {
    if (!isJson(input)) throw validation(`JSON syntax error in input for target ${targetId}`);
    return () => input;
  }
  if (inputPath !== undefined) {
    const read = compileJsonPath(inputPath, `InputPath of target ${targetId}`);
    return ({ envelope }) => JSON.stringify(read(envelope) ?? null);
  }
  if (inputTransformer) return compileTransformer(targetId, inputTransformer);
  return ({ envelope }) => JSON.stringify(envelope);
}

type Part = string | { readonly variable: string; readonly quoted: boolean };

function compileTransformer(
  targetId: string,
  { paths, template }: NonNullable<InputSettings["inputTransformer"]>,
): InputMaker {
  const names = Object.keys(paths);
  if (names.length > VARIABLES_MAX) {
    throw validation(`InputPathsMap of target ${targetId} has more than ${VARIABLES_MAX} entries.`);
  }
  const readers = new Map<string, PathReader>();
  for (const name of names) {
    if (/^aws/i.test(name)) {
      throw validation(`InputPathsMap of target ${targetId}: ${name} must not start with AWS.`);
    }
    readers.set(name, compileJsonPath(paths[name]!, `${name} of target ${targetId}`));
  }
  const parts = partsOf(template);
  for (const part of parts) {
    if (typeof part === "string" || readers.has(part.variable)) continue;
    if (Object.hasOwn(PREDEFINED, part.variable)) continue;
    throw validation(
      `InputTemplate for target ${targetId} contains invalid placeholder ${part.variable}.`,
    );
  }
  const sample = parts.map((part) => (typeof part === "string" ? part : part.quoted ? "" : "null"));
  if (!isJson(sample.join(""))) {
    throw validation(`Invalid InputTemplate for target ${targetId}: it must be JSON.`);
  }
  return (context) =>
    parts.map((part) => (typeof part === "string" ? part : fill(part, readers, context))).join("");
}

/** Splits a template at its variables; inside a JSON text they are `quoted`. */
function partsOf(template: string): Part[] {
  const parts: Part[] = [];
  let text = "";
  let quoted = false;
  for (let at = 0; at < template.length; at++) {
    VARIABLE.lastIndex = at;
    const variable = template[at] === "<" ? VARIABLE.exec(template)?.[1] : undefined;
    if (variable !== undefined) {
      parts.push(text, { variable, quoted });
      text = "";
      at += variable.length + 1;
      continue;
    }
    if (template[at] === '"') quoted = !quoted;
    text += template[at];
    // What is escaped, a quote above all, ends nothing.
    if (template[at] === "\\" && quoted) text += template[++at] ?? "";
  }
  return [...parts, text];
}

function fill(
  { quoted, variable }: Exclude<Part, string>,
  readers: ReadonlyMap<string, PathReader>,
  context: InputContext,
): string {
  const reader = readers.get(variable);
  // What an event does not have is an empty text.
  const value = (reader ? reader(context.envelope) : PREDEFINED[variable]!(context)) ?? "";
  const json = JSON.stringify(value);
  if (!quoted) return json;
  if (typeof value === "string") return json.slice(1, -1);
  // Recorded from AWS: objects inside of texts lose their quotes.
  return json.replaceAll('"', "");
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
