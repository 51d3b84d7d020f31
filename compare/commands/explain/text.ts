import type { Life, LifeStep } from "./life";

/** So many of the same kind in a row are shown in part. */
const ALIKE_MAX = 5;
const SHOWN_FIRST = 2;

/** A life as lines of a terminal: what it is, what happened when, and what became of it. */
export function lifeText({ about, end, name, steps }: Life, startMs: number): string {
  const width = Math.max(0, ...steps.map(({ stage }) => stage.length));
  const lines = groupsOf(steps).flatMap((group) => groupLines(group, width, startMs));
  return [
    `${name}:`,
    ...about.map((line) => `  ${line}`),
    "",
    ...lines,
    "",
    ...end.map((line) => `  ${line}`),
  ].join("\n");
}

/** Neighbours that differ in their times and attempts alone. */
function groupsOf(steps: readonly LifeStep[]): LifeStep[][] {
  const groups: LifeStep[][] = [];
  let last: string | undefined;
  for (const step of steps) {
    const kind = `${step.stage} ${step.text.replace(/attempt \d+/g, "attempt")}`;
    if (kind === last) groups.at(-1)!.push(step);
    else groups.push([step]);
    last = kind;
  }
  return groups;
}

function groupLines(group: readonly LifeStep[], width: number, startMs: number): string[] {
  const line = (step: LifeStep): string =>
    `  ${clock(step.atMs - startMs)}  ${step.stage.padEnd(width)}  ${step.text}`;
  if (group.length <= ALIKE_MAX) return group.map(line);
  const hidden = group.length - SHOWN_FIRST - 1;
  const more = `  ${" ".repeat(CLOCK_WIDTH)}  ${"".padEnd(width)}  … ${hidden.toLocaleString("en-US")} more like it`;
  return [...group.slice(0, SHOWN_FIRST).map(line), more, line(group.at(-1)!)];
}

const CLOCK_WIDTH = "00:00:00.000".length;

/** `hh:mm:ss.mmm` since the run began. */
function clock(ms: number): string {
  const part = (value: number, digits: number): string => String(value).padStart(digits, "0");
  const seconds = Math.floor(ms / 1000);
  const hours = part(Math.floor(seconds / 3600), 2);
  const minutes = part(Math.floor(seconds / 60) % 60, 2);
  return `${hours}:${minutes}:${part(seconds % 60, 2)}.${part(Math.floor(ms) % 1000, 3)}`;
}
