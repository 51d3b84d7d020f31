import type { Comparison, FailedJob, Row } from "../compare";
import { SMALL_MESSAGES, SMALL_ORDERS, SMALL_THINGS, SMALL_TRIPS } from "../jobs";
import type { Knobs } from "../knobs";
import { OPTION_DEFAULTS, type Options } from "../options";
import { PRICES_AS_OF, PRICES_REGION } from "../prices";
import { SYSTEM_OF, type SystemName, type WorkloadSettings } from "../workloads";
import { errorLines } from "./error-columns";
import { endsInWords } from "./order-columns";
import { plainTable, terminalTable } from "./table";
import { badRowLines } from "./trip-columns";

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
  return [titleOf(first!, options), table, ...verdicts, ...moreOf(rows, width)].join("\n");
}

/** What does not fit a table. */
function moreOf(rows: readonly Row[], width: number): string[] {
  const [first] = rows;
  const system = SYSTEM_OF[first!.workload];
  if (system === "orders") {
    const ends = rows.map((row) => `  ${row.stack.padEnd(width)}  ${endsInWords(row)}`);
    return ["What ended the lives of dead letters:", ...ends];
  }
  if (system === "errorlab") return rows.flatMap((row) => ["", ...errorLines(row)]);
  // All stacks were given the same file.
  return system === "windows" ? badRowLines(first!) : [];
}

function titleOf(row: Row, { settings: chosen }: Options): string {
  const knobs = Object.entries(row.settings).map(([path, value]) => `${path}=${String(value)}`);
  const about = ABOUT[SYSTEM_OF[row.workload]](row, chosen);
  return `${[row.workload, ...knobs].join(", ")}: ${about.join("; ")}`;
}

type About = (row: Row, settings: WorkloadSettings) => string[];

const ABOUT: Readonly<Record<SystemName, About>> = {
  aggregation: aboutRecords,
  orders: aboutOrders,
  windows: aboutTrips,
  errorlab: aboutThings,
};

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

function aboutTrips(
  { records, trips }: Row,
  { failConsumerPercent, trips: count }: WorkloadSettings,
) {
  const { file, produced } = trips!;
  const rows = (file?.rows ?? count).toLocaleString("en-US");
  return [
    file === undefined ? `${rows} trips in twenty minutes` : `${rows} trips of ${file.name}`,
    `${records.produced.toLocaleString("en-US")} rows in ` +
      `${produced.records.toLocaleString("en-US")} records, ${produced.copies} of them copies, ` +
      `${produced.late} late`,
    `${failConsumerPercent} % of the consumer's invocations fail, all of them for a minute, and ` +
      `for another it is throttled`,
  ];
}

function aboutThings(
  { errors }: Row,
  { failConsumerPercent, things: count }: WorkloadSettings,
): string[] {
  const { copies, things } = errors!;
  return [
    `${count.toLocaleString("en-US")} rows (${things.ok} aa-OK, ${things.badFormat} aa-badformat, ` +
      `${things.infra} aa-infra), ${copies} sent twice`,
    `${failConsumerPercent} % of the consumer's invocations fail half-way or after commit`,
  ];
}

function footer({ assumptions, rows }: Comparison, options: Options): string {
  const used = Object.keys(assumptions).sort();
  const listed = used.map((name) => `${name}=${assumptions[name]!}`).join(", ");
  const wall = rows.reduce((sum, { seconds }) => sum + seconds.wall, 0);
  const lines = [
    `Seed ${options.seed}; ${rows.length} main runs took ${wall.toFixed(1)} s of computing. ` +
      `Small runs: ${smallSizes(rows)}, seeds ${options.seed} to ${options.seed + options.smallRuns - 1}.`,
    `Costs: what was used, without shards, at ${PRICES_REGION} list prices of ${PRICES_AS_OF}.`,
    `Behaviour that AWS does not document was assumed: ${listed || "none"}.`,
    `One of these again: npm start -- --stack <name> --workload <name>${sharedOptions(options)}`,
  ];
  if (options.smallRuns === 0) lines[0] = lines[0]!.replace(/ Small runs: .*$/, "");
  return lines.join("\n");
}

/** Of the workloads that there are. */
function smallSizes(rows: readonly Row[]): string {
  const sizes: Readonly<Record<SystemName, string>> = {
    aggregation: `${SMALL_MESSAGES} records`,
    orders: `${SMALL_ORDERS} orders`,
    windows: `${SMALL_TRIPS} trips`,
    errorlab: `${SMALL_THINGS} rows`,
  };
  const systems = new Set(rows.map(({ workload }) => SYSTEM_OF[workload]));
  return [...systems].map((system) => sizes[system]).join(" or ");
}

function failureText({ failure, job }: FailedJob, options: Options): string {
  const { messages, orders, poisonRecords, things, trips } = { ...options.settings, ...failure };
  const seed = failure.seed ?? options.seed;
  const replay = replayCommand(job.stack, job.workload, job.knobs, {
    ...options,
    seed,
    smallRuns: 0,
    settings: { ...options.settings, messages, orders, poisonRecords, things, trips },
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
  const { failConsumerPercent, resendPercent, things, trips, tripsFile } = settings;
  const given: readonly (readonly [string, number, string])[] = [
    ["--seeds", smallRuns, OPTION_DEFAULTS.seeds],
    ["--messages", messages, OPTION_DEFAULTS.messages],
    ["--orders", orders, OPTION_DEFAULTS.orders],
    ["--trips", trips, OPTION_DEFAULTS.trips],
    ["--resend", resendPercent, OPTION_DEFAULTS.resend],
    ["--things", things, OPTION_DEFAULTS.things],
    ["--fail-consumer", failConsumerPercent, OPTION_DEFAULTS.failConsumer],
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
  if (tripsFile !== undefined) changed.unshift(` --trips-file ${tripsFile}`);
  const assumed = Object.entries(assumptions).map(([name, value]) => ` --assume ${name}=${value}`);
  return ` --seed ${seed}${changed.join("")}${assumed.join("")}`;
}
