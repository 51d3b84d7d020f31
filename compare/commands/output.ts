import { writeFileSync } from "node:fs";
import { Refusal } from "../failure";

/**
 * Prints a command's result, and writes it as JSON if a file is named; `-` is standard output, which then holds
 * nothing else.
 *
 * @throws Refusal for a file that cannot be written
 */
export function writeOutput(file: string | undefined, text: string, value: object): void {
  const json = `${JSON.stringify(value, null, 2)}\n`;
  process.stdout.write(file === "-" ? json : `${text}\n`);
  if (file === undefined || file === "-") return;
  try {
    writeFileSync(file, json);
  } catch (cause) {
    throw new Refusal(`--json ${file}: cannot be written: ${(cause as Error).message}`, { cause });
  }
}
