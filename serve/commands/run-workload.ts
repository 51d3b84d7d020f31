import { writeOutput } from "../../compare/commands/output";
import { jsonOf, type Row } from "../../compare/compare";
import { EXIT, Refusal } from "../../compare/failure";
import { OPTION_DEFAULTS, parseOptions } from "../../compare/options";
import { errorLines } from "../../compare/report/error-columns";
import { endsInWords } from "../../compare/report/order-columns";
import { plainTable, terminalTable } from "../../compare/report/table";
import { badRowLines } from "../../compare/report/trip-columns";
import { holds, readStacks } from "../../compare/stacks";
import { verdictOf } from "../../compare/verdict";
import { SYSTEM_OF, type SystemName, type WorkloadName } from "../../compare/workloads";
import { synthesize } from "../../simulator";
import type { Status } from "../service/status";
import type { WorkloadRequest, WorkloadRun } from "../service/workload";
import { ask, type TypedAsk } from "./ask";

export interface TypedWorkload extends TypedAsk {
  readonly stack: string;
  readonly count?: string;
}

/** What `--count` counts, by system. */
const COUNTED: Readonly<Record<SystemName, keyof typeof OPTION_DEFAULTS>> = {
  aggregation: "messages",
  orders: "orders",
  windows: "trips",
  errorlab: "things",
};

/** @param projectFolder where the stack files are */
export async function runWorkload(
  projectFolder: string,
  asked: string,
  { count, ...typed }: TypedWorkload,
): Promise<number> {
  const { workloads } = parseOptions({ ...OPTION_DEFAULTS, workload: [asked] });
  const [workload, another] = workloads;
  if (workload === undefined || another !== undefined) throw new Refusal("One workload at a time.");
  const system = SYSTEM_OF[workload];
  const counted = count === undefined ? {} : { [COUNTED[system]]: count };
  const { settings } = parseOptions({ ...OPTION_DEFAULTS, ...counted });
  const [stack] = readStacks(projectFolder, [typed.stack]);
  if (!holds(stack!, system)) {
    throw new Refusal(
      `The stack ${typed.stack} does not hold the system of ${workload}, ${system}.`,
    );
  }
  // Before the program is run, which takes longer: whether there is an account at all.
  const { region, seed } = await ask<Status>(typed, "status", {});
  const { outputs, resources, synthesis } = await synthesize(projectFolder, {
    stack: typed.stack,
    config: { "aws:region": region },
  });
  const request: WorkloadRequest = {
    workload,
    target: synthesis.target,
    resources: resources.map(({ id, name, type }) => ({ id, name, type })),
    outputs,
    settings,
  };
  const run = await ask<WorkloadRun>(typed, "workload", request);
  const row = rowOf(typed.stack, run);
  const comparison = { rows: [row], failed: [], assumptions: run.finished.assumptions };
  writeOutput(typed.json, workloadText(workload, row, run), jsonOf(comparison, seed));
  return EXIT.ok;
}

/** A row of the comparison's table, without small runs. */
function rowOf(stack: string, { finished, wallSeconds }: WorkloadRun): Row {
  const { assumptions, virtualSeconds, ...result } = finished;
  const judged = {
    ...result,
    stack,
    settings: {},
    small: { runs: 0, exact: 0, consistent: 0 },
    seconds: { virtual: virtualSeconds, wall: wallSeconds },
  };
  return { ...judged, verdict: verdictOf(judged), assumed: Object.keys(assumptions).sort() };
}

function workloadText(workload: WorkloadName, row: Row, { faults, finished, now }: WorkloadRun) {
  const isTerminal = process.stdout.isTTY === true;
  const table = isTerminal ? terminalTable([row], !process.env["NO_COLOR"]) : plainTable([row]);
  const assumed = Object.entries(finished.assumptions).map(([name, value]) => `${name}=${value}`);
  const hits = new Map<string, number>();
  for (const { fault, hit } of faults) {
    const key = `${fault.kind} of ${fault.function}`;
    hits.set(key, (hits.get(key) ?? 0) + hit);
  }
  const listed = [...hits].map(([key, hit]) => `${key} × ${hit}`).join(", ");
  return [
    `${workload} on what is deployed of ${row.stack}, seed ${row.seed}; the account began anew for it.`,
    table,
    `  ${row.verdict}`,
    ...moreOf(row),
    `Failures that hit: ${listed || "none"}.`,
    `Behaviour that AWS does not document was assumed: ${assumed.sort().join(", ") || "none"}.`,
    `Virtual time ${now}.`,
  ].join("\n");
}

/** What does not fit a table. */
function moreOf(row: Row): string[] {
  const system = SYSTEM_OF[row.workload];
  if (system === "orders") return [`  ${endsInWords(row)}`];
  if (system === "errorlab") return ["", ...errorLines(row)];
  return system === "windows" ? badRowLines(row) : [];
}
