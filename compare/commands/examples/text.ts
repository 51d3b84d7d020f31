import { inWords } from "../../words";
import { rangesOf, type Replayed, type Step } from "./example";
import type { ExampleReport } from "./replay";

/** A step list longer than this is cut in its middle. */
const STEPS_SHOWN_MAX = 14;
const SHOWN_AT_THE_END = 3;

/** A step list as the course writes it, what follows from it, and what it rests on. */
export function exampleText(report: ExampleReport): string {
  const { assumptions, indifferent, name, title, variants } = report;
  const decisive = [...new Set(variants.map(({ assumption }) => assumption))];
  const because = decisive.map((each) => `${each}=${assumptions[each]!}`).join(", ");
  return [
    `${name}: ${title}`,
    ...outcomeLines(report).map((line) => `  ${line}`),
    because === ""
      ? "  AWS documents it, or it was recorded: no assumption decides here."
      : `  Assumed: ${because}.`,
    ...variants.flatMap(({ assumption, value, ...replayed }) => [
      `  With --assume ${assumption}=${value}:`,
      ...variantLines(report, replayed).map((line) => `    ${line}`),
    ]),
    ...(indifferent.length === 0
      ? []
      : [`  Other values make no difference: ${indifferent.join(", ")}.`]),
  ].join("\n");
}

/** Steps that are the same need not be read again. */
function variantLines(report: Replayed, variant: Replayed): readonly string[] {
  const texts = ({ steps }: Replayed): string => JSON.stringify(steps.map(({ text }) => text));
  return texts(report) === texts(variant)
    ? ["The same steps.", ...variant.facts]
    : outcomeLines(variant);
}

function outcomeLines({ deliveries, facts, steps }: Replayed): string[] {
  const lines = stepLines(steps);
  return deliveries === undefined
    ? [...lines, ...facts]
    : [...lines, `Deliveries: ${deliveriesInWords(deliveries)}.`, ...facts];
}

function stepLines(steps: readonly Step[]): string[] {
  const digits = String(steps.length).length;
  const texts = steps.map(({ text }, at) => `${String(at + 1).padStart(digits)}. ${text}`);
  const width = Math.max(...texts.map(({ length }) => length));
  const lines = texts.map((text, at) => {
    return `${text.padEnd(width)}  at ${inWords(steps[at]!.atSeconds)}`;
  });
  if (lines.length <= STEPS_SHOWN_MAX) return lines;
  const head = lines.slice(0, STEPS_SHOWN_MAX - SHOWN_AT_THE_END - 1);
  const hidden = lines.length - head.length - SHOWN_AT_THE_END;
  return [...head, `… ${hidden} more`, ...lines.slice(-SHOWN_AT_THE_END)];
}

/** `1-2 three times` as `1-2: 3; 3: 6`: neighbours that were delivered as often stand together. */
function deliveriesInWords(deliveries: Readonly<Record<string, number>>): string {
  const groups: { times: number; names: string[] }[] = [];
  for (const [name, times] of Object.entries(deliveries)) {
    const last = groups.at(-1);
    if (last?.times === times) last.names.push(name);
    else groups.push({ times, names: [name] });
  }
  return groups.map(({ names, times }) => `${rangesOf(names)} × ${times}`).join("; ");
}
