import type { Comparison, FailedJob, Row } from "../compare";
import { SMALL_MESSAGES, SMALL_ORDERS } from "../jobs";
import type { Knobs } from "../knobs";
import { OPTION_DEFAULTS, type Options } from "../options";
import { PRICES_AS_OF, PRICES_REGION } from "../prices";
import { SYSTEM_OF, type WorkloadSettings } from "../workloads";
import { endsInWords } from "./order-columns";
import { plainTable, terminalTable } from "./table";

/** How the output is shown. */
export interface Look {
  /** Lines and colours are for people at a terminal. */
  readonly terminal: boolean;
  readonly colours: boolean;
}

/** What the command prints: a table and verdicts per workload and setting, and what they rest on. */
export function reportText(comparison: Comparison, options: Options, look: Look): string {
  const sections = groupsOf(comparison.rows).map((rows) => section(rows, options, look));
  return [
    ...sections,
    ...comparison.failed.map((failed) => failureText(failed, options)),
    footer(comparison, options),
  ].join("\n\n");
}

/** Rows of one workload with the same knobs belong together: there the stacks are what differs. */
function groupsOf(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.workload, row.settings]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

function section(rows: readonly Row[], options: Options, look: Look): string {
  const [first] = rows;
  const table = look.terminal ? terminalTable(rows, look.colours) : plainTable(rows);
  const width = Math.max(...rows.map(({ stack }) => stack.length));
  const verdicts = rows.map(({ stack, verdict }) => `  ${stack.padEnd(width)}  ${verdict}`);
  const ends = rows
    .filter(({ orders }) => orders !== undefined)
    .map((row) => `  ${row.stack.padEnd(width)}  ${endsInWords(row)}`);
  const more = ends.length === 0 ? [] : ["What ended the lives of dead letters:", ...ends];
  return [titleOf(first!, options), table, ...verdicts, ...more].join("\n");
}

function titleOf(row: Row, { settings: chosen }: Options): string {
  const knobs = Object.entries(row.settings).map(([path, value]) => `${path}=${String(value)}`);
  const about = SYSTEM_OF[row.workload] === "orders" ? aboutOrders : aboutRecords;
  return `${[row.workload, ...knobs].join(", ")}: ${about(row, chosen).join("; ")}`;
}

function aboutRecords({ records, workload }: Row, settings: WorkloadSettings): string[] {
  const { failPercent, poisonAttempts, poisonRecords } = settings;
  const poison =
    workload === "poison"
      ? [
          `${poisonRecords} that nothing can process`,
          `3 refused ${poisonAttempts} ${poisonAttempts === 1 ? "time" : "times"}`,
        ]
      : [];
  return [
    `${records.produced.toLocaleString("en-US")} records`,
    ...poison,
    `${failPercent.state}/${failPercent.map}/${failPercent.reduce} % of State's, Map's and ` +
      `Reduce's invocations fail`,
  ];
}

function aboutOrders(_: Row, { failPercent, orders, poisonRecords }: WorkloadSettings): string[] {
  return [
    `${orders.toLocaleString("en-US")} wishes in half an hour`,
    `${poisonRecords} events that nothing can process`,
    `${failPercent.process}/${failPercent.inventory} % of ProcessOrder's and UpdateInventory's ` +
      `invocations fail, payments for ten minutes`,
  ];
}

function footer({ assumptions, rows }: Comparison, options: Options): string {
  const used = Object.keys(assumptions).sort();
  const listed = used.map((name) => `${name}=${assumptions[name]!}`).join(", ");
  const wall = rows.reduce((sum, { seconds }) => sum + seconds.wall, 0);
  const lines = [
    `Seed ${options.seed}; ${rows.length} main runs took ${wall.toFixed(1)} s of computing. ` +
      `Small runs: ${SMALL_MESSAGES} records or ${SMALL_ORDERS} orders, seeds ${options.seed} to ${options.seed + options.smallRuns - 1}.`,
    `Costs: what was used, without shards, at ${PRICES_REGION} list prices of ${PRICES_AS_OF}.`,
    `Behaviour that AWS does not document was assumed: ${listed || "none"}.`,
    `One of these again: npm start -- --stack <name> --workload <name>${sharedOptions(options)}`,
  ];
  if (options.smallRuns === 0) lines[0] = lines[0]!.replace(/ Small runs: .*$/, "");
  return lines.join("\n");
}

function failureText({ failure, job }: FailedJob, options: Options): string {
  const { messages, orders, poisonRecords } = { ...options.settings, ...failure };
  const seed = failure.seed ?? options.seed;
  const replay = replayCommand(job.stack, job.workload, job.knobs, {
    ...options,
    seed,
    smallRuns: 0,
    settings: { ...options.settings, messages, orders, poisonRecords },
  });
  return [
    `FAILED: stack ${job.stack}, workload ${job.workload}, seed ${seed}: ${failure.message}`,
    ...(options.verbose && failure.stackTrace !== undefined ? [failure.stackTrace] : []),
    `Again: ${replay}`,
  ].join("\n");
}

/** The command that does one job again, alone. */
export function replayCommand(
  stack: string,
  workload: string,
  knobs: Knobs,
  options: Options,
): string {
  const crossed = Object.entries(knobs).map(([path, value]) => ` --with ${path}=${String(value)}`);
  const base = `npm start -- --stack ${stack} --workload ${workload}${crossed.join("")}`;
  return base + sharedOptions(options);
}

/** The options that make a run what it is, as far as they are not the defaults; the seed always. */
function sharedOptions({ assumptions, seed, settings, smallRuns }: Options): string {
  const { failPercent, messages, orders, poisonAttempts, poisonRecords } = settings;
  const given: readonly (readonly [string, number, string])[] = [
    ["--seeds", smallRuns, OPTION_DEFAULTS.seeds],
    ["--messages", messages, OPTION_DEFAULTS.messages],
    ["--orders", orders, OPTION_DEFAULTS.orders],
    ["--fail-process", failPercent.process, OPTION_DEFAULTS.failProcess],
    ["--fail-inventory", failPercent.inventory, OPTION_DEFAULTS.failInventory],
    ["--fail-state", failPercent.state, OPTION_DEFAULTS.failState],
    ["--fail-map", failPercent.map, OPTION_DEFAULTS.failMap],
    ["--fail-reduce", failPercent.reduce, OPTION_DEFAULTS.failReduce],
    ["--poison", poisonRecords, OPTION_DEFAULTS.poison],
    ["--poison-attempts", poisonAttempts, OPTION_DEFAULTS.poisonAttempts],
  ];
  const changed = given
    .filter(([, value, standard]) => String(value) !== standard)
    .map(([option, value]) => ` ${option} ${value}`);
  const assumed = Object.entries(assumptions).map(([name, value]) => ` --assume ${name}=${value}`);
  return ` --seed ${seed}${changed.join("")}${assumed.join("")}`;
}
