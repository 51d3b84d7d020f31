import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Refusal } from "../../failure";

const FOLDER = "events";
const GIVEN = ".given.json";

/** What an event finds in the account: beside it, in `<name>.given.json`. Everything goes by logical names. */
const givenSchema = z.strictObject({
  /** Items, as the DynamoDB client has them, by table. */
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))).optional(),
  /** Objects by key, by bucket; what is no text is stored as JSON. */
  objects: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  /**
   * Texts by stream. In the event, `{{stream.arn}}` stands for the stream's ARN and `{{stream.1}}` for the sequence
   * number of its first record.
   */
  records: z.record(z.string(), z.array(z.string())).optional(),
});

export type Given = z.infer<typeof givenSchema>;

export interface SampleEvent {
  readonly name: string;
  /** The event, as JSON. */
  readonly text: string;
  readonly given: Given;
}

/** The names of a function's sample events, sorted. */
export function eventNames(projectFolder: string, functionName: string): string[] {
  const folder = join(projectFolder, FOLDER, functionName);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json") && !file.endsWith(GIVEN))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/**
 * A sample event by its name, or any event from a file.
 *
 * @throws Refusal for an event that does not exist (it lists those that do), or a file that is no JSON
 */
export function readEvent(
  projectFolder: string,
  functionName: string,
  nameOrFile: string,
): SampleEvent {
  const known = eventNames(projectFolder, functionName);
  if (known.includes(nameOrFile)) {
    const file = join(projectFolder, FOLDER, functionName, `${nameOrFile}.json`);
    return { name: nameOrFile, text: readJson(file), given: readGiven(file) };
  }
  if (!existsSync(nameOrFile)) {
    throw new Refusal(
      `--event ${nameOrFile}: ${functionName} has no such event, and there is no such file. ` +
        `Its events: ${known.join(", ") || "none"}.`,
    );
  }
  return { name: nameOrFile, text: readJson(nameOrFile), given: readGiven(nameOrFile) };
}

function readGiven(eventFile: string): Given {
  const file = eventFile.replace(/\.json$/, GIVEN);
  if (file === eventFile || !existsSync(file)) return {};
  const parsed = givenSchema.safeParse(JSON.parse(readJson(file)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ message, path }) => `${path.join(".")}: ${message}`);
  throw new Refusal(`${file}: ${problems.join("; ")}`);
}

function readJson(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    JSON.parse(text);
    return text;
  } catch (cause) {
    throw new Refusal(`${file}: no event can be read from it: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** What an event is, for people: `3 records of aws:kinesis`. */
export function summaryOf(text: string): string {
  const event = JSON.parse(text) as {
    readonly Records?: readonly { readonly eventSource?: string }[];
    readonly httpMethod?: string;
    readonly path?: string;
    readonly "detail-type"?: string;
    readonly source?: string;
    readonly requestContext?: { readonly condition?: string };
  };
  if (event.Records) {
    const [first] = event.Records;
    if (first === undefined) return "no records";
    const count = event.Records.length === 1 ? "1 record" : `${event.Records.length} records`;
    return `${count} of ${first.eventSource ?? "no source"}`;
  }
  if (event.httpMethod !== undefined) return `${event.httpMethod} ${event.path ?? ""}`.trim();
  if (event.source !== undefined) return `${event["detail-type"] ?? "event"} from ${event.source}`;
  const condition = event.requestContext?.condition;
  if (condition !== undefined) return `record of an invocation: ${condition}`;
  const members = Object.keys(event);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
