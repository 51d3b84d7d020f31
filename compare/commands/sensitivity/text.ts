import type { Effect, OrderChange, VerdictChange } from "./changes";
import type { Sensitivity } from "./sensitivity";

/** What depends on which assumption, and what does not. */
export function sensitivityText({ base, effects }: Sensitivity, command: string): string {
  const sections = [...new Set(effects.map(({ assumption }) => assumption))].map((assumption) =>
    section(effects.filter((effect) => effect.assumption === assumption)),
  );
  const runs = effects.reduce((sum, effect) => sum + effect.runs, 0);
  const met = Object.keys(base.assumptions).length;
  const open = sections.length;
  return [
    `${base.rows.length} runs met ${met} assumptions; ${open} of them have other values, under which ` +
      `${runs} runs were done again.`,
    ...base.failed.map(
      ({ failure, job }) =>
        `FAILED: stack ${job.stack}, workload ${job.workload}: ${failure.message}`,
    ),
    ...sections,
    conclusion(effects),
    `One of these alone: ${command} --assume <name=value>`,
  ].join("\n\n");
}

function section(effects: readonly Effect[]): string {
  const { assumption, inForce } = effects[0]!;
  return [`${assumption}=${inForce}`, ...effects.flatMap(effectLines)].join("\n");
}

function effectLines({ failed, orders, runs, value, verdicts }: Effect): string[] {
  const outcome = orders.filter(({ byLatencyAlone }) => !byLatencyAlone);
  const faster = orders.filter(({ byLatencyAlone }) => byLatencyAlone);
  const said = [
    verdicts.length === 0
      ? "no verdict changes"
      : `${count(verdicts.length, "verdict")} of ${runs} changed`,
    outcome.length === 0 ? "the order stays" : `${count(outcome.length, "order")} changed`,
    ...(faster.length === 0 ? [] : [`${count(faster.length, "order")} by latency alone`]),
    ...(failed.length === 0 ? [] : [`${count(failed.length, "run")} failed`]),
  ].join(", ");
  return [
    `  ${value}: ${said}`,
    ...verdicts.flatMap(verdictLines),
    ...outcome.flatMap(orderLines),
    ...failed.map(({ message, stack, workload }) => `    FAILED ${workload}, ${stack}: ${message}`),
  ];
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? "" : "s"}`;

function verdictLines({ after, before, settings, stack, workload }: VerdictChange): string[] {
  return [`    ${nameOf(workload, settings)}, ${stack}:`, `      ${before}`, `      → ${after}`];
}

function orderLines({ after, before, settings, workload }: OrderChange): string[] {
  return [
    `    ${nameOf(workload, settings)}, best first:`,
    `      ${before.join(" > ")}`,
    `      → ${after.join(" > ")}`,
  ];
}

function nameOf(workload: string, settings: Readonly<Record<string, unknown>>): string {
  const knobs = Object.entries(settings).map(([path, value]) => `${path}=${String(value)}`);
  return [workload, ...knobs].join(", ");
}

function conclusion(effects: readonly Effect[]): string {
  const names = (chosen: readonly Effect[]): string[] => [
    ...new Set(chosen.map(({ assumption }) => assumption)),
  ];
  const matters = ({ failed, orders, verdicts }: Effect): boolean =>
    failed.length + verdicts.length > 0 || orders.some(({ byLatencyAlone }) => !byLatencyAlone);
  const decisive = names(effects.filter(matters));
  const others = names(effects).filter((name) => !decisive.includes(name));
  const lines = [
    decisive.length === 0
      ? "No verdict and no order depends on an assumption."
      : `Verdicts or orders depend on: ${decisive.join(", ")}.`,
    ...(others.length === 0 ? [] : [`They do not depend on: ${others.join(", ")}.`]),
  ];
  return lines.join("\n");
}
