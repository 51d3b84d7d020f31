import type { Program, SimulatedAws } from "../../../simulator";

/** One line of a step list. */
export interface Step {
  /** As the course writes it, without its number: `[1-10] failed → split`. */
  readonly text: string;
  /** After the first step, in virtual seconds. */
  readonly atSeconds: number;
}

/** What an example comes to. */
export interface Replayed {
  readonly steps: readonly Step[];
  /** What became of it in the end, a sentence each. */
  readonly facts: readonly string[];
  /** How often each record was delivered, by its name; of streams and queues. */
  readonly deliveries?: Readonly<Record<string, number>>;
}

/** A worked example: a program of a few resources, and what is done with it. */
export interface Example {
  readonly name: string;
  /** The settings that matter, in one line. */
  readonly title: string;
  readonly program: Program;
  /** @param account just started */
  readonly play: (account: SimulatedAws) => Promise<Replayed>;
}

/** Steps at virtual times, as seconds after the first. */
export function stepsOf(
  timed: readonly { readonly atMs: number; readonly text: string }[],
): Step[] {
  const startMs = timed[0]?.atMs ?? 0;
  return timed.map(({ atMs, text }) => ({ text, atSeconds: (atMs - startMs) / 1000 }));
}

/** Counts how often each name is in the lists. */
export function countNames(lists: readonly (readonly string[])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of lists.flat()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** `1-3, 7`: names that are numbers, neighbours as a range. */
export function rangesOf(names: readonly string[]): string {
  const parts: [string, string][] = [];
  for (const name of names) {
    const last = parts.at(-1);
    if (last && Number(name) === Number(last[1]) + 1) last[1] = name;
    else parts.push([name, name]);
  }
  return parts.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(", ");
}
