import type { Command } from "commander";

/** Does a command's work: its exit code becomes the program's, its errors are reported. */
export type Perform = (work: () => Promise<number>, verbose?: boolean) => Promise<void>;

/** Adds a subcommand to the program. */
export type AddSubcommand = (program: Command, perform: Perform) => void;

/** For options that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
