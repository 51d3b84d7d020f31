import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { ASSUMPTIONS, checkAssumptions } from "../simulator";
import { Refusal } from "./failure";
import { parseCrossing, scalarOf, type Crossing } from "./knobs";
import { readTripFile } from "./windows/trip-file";
import {
  DEFAULT_SETTINGS,
  DEFAULT_WORKLOADS,
  WORKLOAD_NAMES,
  type WorkloadName,
  type WorkloadSettings,
} from "./workloads";

/** What commander hands over: texts, as they were typed. */
export interface TypedOptions {
  readonly stack?: readonly string[];
  readonly workload?: readonly string[];
  readonly seed: string;
  readonly seeds: string;
  readonly messages: string;
  readonly failState: string;
  readonly failMap: string;
  readonly failReduce: string;
  readonly orders: string;
  readonly trips: string;
  readonly tripsFile?: string;
  readonly resend: string;
  readonly things: string;
  readonly failConsumer: string;
  readonly failProcess: string;
  readonly failInventory: string;
  readonly poison: string;
  readonly poisonAttempts: string;
  readonly with?: readonly string[];
  readonly assume?: readonly string[];
  readonly json?: string;
  readonly workers?: string;
  readonly verbose?: boolean;
}

export interface Options {
  /** None: all. */
  readonly stacks: readonly string[];
  readonly workloads: readonly WorkloadName[];
  readonly seed: number;
  readonly smallRuns: number;
  readonly settings: WorkloadSettings;
  readonly crossings: readonly Crossing[];
  readonly assumptions: Readonly<Record<string, string | number>>;
  /** A file, or `-` for standard output. */
  readonly json?: string;
  readonly workers: number;
  readonly verbose: boolean;
}

/** A run takes about two seconds for 10,000 messages; this is an afternoon. */
const MESSAGES_MAX = 1_000_000;
const MESSAGES_MIN = 40;
const ORDERS_MAX = 200_000;
const ORDERS_MIN = 20;
const TRIPS_MAX = 1_000_000;
const THINGS_MAX = 100_000;
/** Fewer leave nothing to pack, or to copy. */
const ROWS_MIN = 10;
const SEED_MAX = 2 ** 31 - 1;

/** @throws Refusal that lists every option that cannot be */
export function parseOptions(typed: TypedOptions): Options {
  const problems: string[] = [];
  const whole = (option: string, text: string, min: number, max: number): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    problems.push(`${option} ${text}: expected a whole number from ${min} to ${max}.`);
    return min;
  };
  const percent = (option: string, text: string): number => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value <= 100) return value;
    problems.push(`${option} ${text}: expected a percentage from 0 to 100.`);
    return 0;
  };
  const attempt = <T>(read: () => T[]): T[] => {
    try {
      return read();
    } catch (cause) {
      problems.push((cause as Error).message);
      return [];
    }
  };
  const messages = whole("--messages", typed.messages, MESSAGES_MIN, MESSAGES_MAX);
  const { tripsFile } = typed;
  const [file] = tripsFile === undefined ? [] : attempt(() => [readTripFile(tripsFile)]);
  const trips = whole("--trips", typed.trips, ROWS_MIN, TRIPS_MAX);
  const options: Options = {
    stacks: listOf(typed.stack),
    workloads: attempt(() => workloadsOf(listOf(typed.workload))),
    seed: whole("--seed", typed.seed, 0, SEED_MAX),
    smallRuns: whole("--seeds", typed.seeds, 0, 100_000),
    settings: {
      messages,
      orders: whole("--orders", typed.orders, ORDERS_MIN, ORDERS_MAX),
      trips: Math.min(trips, file?.trips.length ?? trips),
      ...(tripsFile !== undefined && { tripsFile: resolve(tripsFile) }),
      resendPercent: percent("--resend", typed.resend),
      things: whole("--things", typed.things, ROWS_MIN, THINGS_MAX),
      failPercent: {
        state: percent("--fail-state", typed.failState),
        map: percent("--fail-map", typed.failMap),
        reduce: percent("--fail-reduce", typed.failReduce),
        process: percent("--fail-process", typed.failProcess),
        inventory: percent("--fail-inventory", typed.failInventory),
      },
      failConsumerPercent: percent("--fail-consumer", typed.failConsumer),
      // Of the main run; small runs hold one at most.
      poisonRecords: whole("--poison", typed.poison, 0, 20),
      poisonAttempts: whole("--poison-attempts", typed.poisonAttempts, 0, 10_000),
    },
    crossings: (typed.with ?? []).flatMap((text) => attempt(() => [parseCrossing(text)])),
    assumptions: Object.fromEntries(
      (typed.assume ?? []).flatMap((text) => attempt(() => [parseAssumption(text)])),
    ),
    json: typed.json,
    workers: whole("--workers", typed.workers ?? String(availableParallelism()), 1, 256),
    verbose: typed.verbose ?? false,
  };
  if (problems.length > 0) throw new Refusal(problems.join("\n"));
  return options;
}

/** Options that may be repeated may be lists, too. */
function listOf(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(",")).map((value) => value.trim());
}

function workloadsOf(names: readonly string[]): WorkloadName[] {
  const unknown = names.filter((name) => !(WORKLOAD_NAMES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new Refusal(
      `Unknown workload: ${unknown.join(", ")}. There are: ${WORKLOAD_NAMES.join(", ")}.`,
    );
  }
  const asked: readonly string[] = names.length === 0 ? DEFAULT_WORKLOADS : names;
  return WORKLOAD_NAMES.filter((name) => asked.includes(name));
}

function parseAssumption(text: string): readonly [string, string | number] {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new Refusal(`--assume ${text}: expected name=value, for instance bisect.left=ceil.`);
  }
  if (!(name in ASSUMPTIONS)) {
    const known = Object.keys(ASSUMPTIONS).join(", ");
    throw new Refusal(`--assume ${name}: no such assumption. There are: ${known}.`);
  }
  const scalar = scalarOf(value);
  const assumed = typeof scalar === "number" ? scalar : value;
  checkAssumptions({ [name]: assumed });
  return [name, assumed];
}

export const OPTION_DEFAULTS = {
  seed: "1",
  seeds: "20",
  messages: String(DEFAULT_SETTINGS.messages),
  failState: String(DEFAULT_SETTINGS.failPercent.state),
  failMap: String(DEFAULT_SETTINGS.failPercent.map),
  failReduce: String(DEFAULT_SETTINGS.failPercent.reduce),
  orders: String(DEFAULT_SETTINGS.orders),
  trips: String(DEFAULT_SETTINGS.trips),
  resend: String(DEFAULT_SETTINGS.resendPercent),
  things: String(DEFAULT_SETTINGS.things),
  failConsumer: String(DEFAULT_SETTINGS.failConsumerPercent),
  failProcess: String(DEFAULT_SETTINGS.failPercent.process),
  failInventory: String(DEFAULT_SETTINGS.failPercent.inventory),
  poison: String(DEFAULT_SETTINGS.poisonRecords),
  poisonAttempts: String(DEFAULT_SETTINGS.poisonAttempts),
};
