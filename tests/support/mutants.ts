import { Deployment } from "../../simulator";

/** One change of a handler's serialized text. */
export interface Replacement {
  /** Functions by logical name; each must hold the text once. */
  readonly functions: readonly string[];
  readonly text: string;
  readonly by: string;
}

/** The file that Pulumi puts a serialized handler in. */
const HANDLER_FILE = "__index.js";

/**
 * A deployment whose handlers' artifacts are changed.
 *
 * @throws Error if a function lacks the text: a mutant that is none would pass for one that nothing catches
 */
export function mutated(
  { synthesis }: Deployment,
  replacements: readonly Replacement[],
): Deployment {
  const changed = structuredClone(synthesis);
  for (const { by, functions, text } of replacements) {
    for (const name of functions) {
      const resource = changed.resources.find(
        (each) => each.name === name && each.type === "aws:lambda/function:Function",
      );
      if (!resource) throw new Error(`No function ${name} is deployed.`);
      const { files } = (resource.inputs as { code: { files: Record<string, string> } }).code;
      const parts = files[HANDLER_FILE]!.split(text);
      if (parts.length !== 2) {
        throw new Error(`${name} holds the text ${parts.length - 1} times, not once: ${text}`);
      }
      files[HANDLER_FILE] = parts.join(by);
    }
  }
  return new Deployment(changed);
}
