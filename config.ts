import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  aliasDefaults,
  aliasKnobs,
  aliasProblems,
  aliasSchema,
  completeAlias,
  type AliasSettings,
} from "./config/alias";
import {
  completeErrorLab,
  errorLabDefaults,
  errorLabProblems,
  errorLabSchema,
  errorLabShapes,
  type ErrorLabSettings,
} from "./config/error-lab";
import {
  flag,
  functionDefaults,
  functionKnobs,
  functionSchema,
  oneOf,
  settingGroup,
  whole,
  type FunctionSettings,
  type Problem,
  type Whole,
} from "./config/kinds";
import {
  mappingDefaults,
  mappingKnobs,
  mappingProblems,
  mappingSchema,
  type MappingSettings,
} from "./config/mapping";
import {
  completeOrders,
  orderDefaults,
  orderProblems,
  orderSchema,
  orderShapes,
  orderWarnings,
  type OrderSettings,
} from "./config/orders";
import {
  completeWindows,
  windowDefaults,
  windowKnobs,
  windowProblems,
  windowSchema,
  type WindowSettings,
} from "./config/windows";

export type { AliasSettings } from "./config/alias";
export type { ErrorLabSettings } from "./config/error-lab";
export type { FunctionSettings } from "./config/kinds";
export type { MappingSettings } from "./config/mapping";
export type { OrderFunctionName, OrderSettings } from "./config/orders";
export type { WindowSettings } from "./config/windows";

const NAMESPACE = "redrive";

/** DynamoDB keeps stream records for 24 hours, and that cannot be changed. */
const DYNAMODB_STREAM_RETENTION_S = 86_400;

/** Retention periods that CloudWatch Logs knows, in days. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/**
 * What a setting is when a stack says nothing. The error handling is what AWS does by itself, so that a stack
 * file holds exactly what it changes. Pulumi.yaml repeats the scalars; a test keeps the two equal.
 */
export const defaults = {
  systems: ["aggregation"],
  idempotency: "ledger",
  aggregateLanes: 1,
  shardCount: 20,
  streamMode: "PROVISIONED",
  retentionPeriodHours: 24,
  encryption: "kms",
  protectData: false,
  failureInjection: false,
  logRetentionDays: 14,
  sweepAgeSeconds: 120,
  outboxRetentionDays: 7,
  publishVersions: false,
  sharedCodeLayer: false,
  alias: aliasDefaults,
  mappings: mappingDefaults,
  functions: functionDefaults,
  /** Repair goes through a whole table. */
  repair: { ...functionDefaults, timeout: 900 },
  /** The one group whose defaults are not AWS's but the recommended ones. */
  orders: orderDefaults,
  /** As the labs that the two come from have them. */
  windows: windowDefaults,
  errorlab: errorLabDefaults,
} as const;

const stageSchema = z.strictObject({ ...mappingKnobs, ...functionKnobs }, settingGroup).partial();
const systems = ["aggregation", "orders", "windows", "errorlab"] as const;

const schema = z
  .strictObject({
    /** Which systems this stack deploys. */
    systems: z
      .array(oneOf(systems), { error: `a list of systems: ${systems.join(", ")}` })
      .min(1, { error: `a list of at least one system: ${systems.join(", ")}` }),
    /**
     * What makes effects exact: `ledger` holds under every strategy; `batch-hash`, the workshop's, only while a
     * batch comes back unchanged within ten minutes. Changing it needs empty tables: the two keep different books.
     */
    idempotency: oneOf(["ledger", "batch-hash"]),
    /** Items that each aggregate is spread over; more of them, fewer conflicts between Reduce invocations. */
    aggregateLanes: whole(1, 100),
    shardCount: whole(1, 10_000),
    streamMode: oneOf(["PROVISIONED", "ON_DEMAND"]),
    /** How long the stream keeps records. */
    retentionPeriodHours: whole(24, 8_760),
    /** Of the stream at rest; `kms` uses the key that AWS manages for Kinesis. */
    encryption: oneOf(["kms", "none"]),
    /** Deletion protection and point-in-time recovery; without it, destroying a stack leaves nothing. */
    protectData: flag,
    /** Whether the functions fail on purpose, by percentages in a parameter table. */
    failureInjection: flag,
    logRetentionDays: z
      .int({ error: `one of ${LOG_RETENTION_DAYS.join(", ")}` })
      .refine((days) => LOG_RETENTION_DAYS.includes(days), {
        error: `one of ${LOG_RETENTION_DAYS.join(", ")}`,
      }),
    /** How old a pending outbox row is before the sweep applies it. */
    sweepAgeSeconds: whole(0, 86_400),
    /** How long an applied outbox row is kept. */
    outboxRetentionDays: whole(1, 3_650),
    /** Whether a deployment that changes a function publishes a version of it. */
    publishVersions: flag,
    /** Whether the packages that functions require are in one layer, or in the package of each function. */
    sharedCodeLayer: flag,
    alias: aliasSchema,
    /** For all three mappings; `state`, `map` and `reduce` change it for one. */
    mappings: mappingSchema,
    state: stageSchema,
    map: stageSchema,
    reduce: stageSchema,
    sweep: functionSchema,
    repair: functionSchema,
    orders: orderSchema,
    windows: windowSchema,
    errorlab: errorLabSchema,
  })
  .partial();

type Given = z.infer<typeof schema>;
export type StageSettings = MappingSettings & FunctionSettings;
export type StageName = "state" | "map" | "reduce";
export type FunctionName = StageName | "sweep" | "repair";

type Group = "alias" | "orders" | "windows" | "errorlab";

/** Every setting, with mappings and functions worked out. */
export type Settings = Whole<Omit<Given, "mappings" | Group | FunctionName>> &
  Readonly<Record<StageName, StageSettings>> &
  Readonly<Record<"sweep" | "repair", FunctionSettings>> & {
    readonly alias: AliasSettings;
    readonly orders: OrderSettings;
    readonly windows: WindowSettings;
    readonly errorlab: ErrorLabSettings;
  };

const STAGES: readonly StageName[] = ["state", "map", "reduce"];

/**
 * Checks a stack's settings and fills in the defaults.
 *
 * @param raw keys with or without `redrive:`, other namespaces ignored; values as YAML gives them, or as the
 *   strings that Pulumi hands over
 * @throws RunError with code `INVALID_CONFIG`, one line per problem
 */
export function parseSettings(raw: Readonly<Record<string, unknown>>): Settings {
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(raw)
      .map(([key, value]) => [key.split(":"), value] as const)
      .filter(([key]) => key.length === 1 || key[0] === NAMESPACE)
      .map(([key, value]) => [key.at(-1) ?? "", plainValue(value)]),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, given));
    const paths = new Set(problems.map(({ path }) => path.join(".")));
    for (const { path } of problems) removeAt(given, path);
    // What is right is still checked against itself, so that nothing is left for a second attempt.
    const others = crossProblems(schema.parse(given));
    throw invalidConfig([...problems, ...others.filter(({ path }) => !paths.has(path.join(".")))]);
  }
  const problems = crossProblems(parsed.data);
  if (problems.length > 0) throw invalidConfig(problems);
  return complete(parsed.data);
}

/** Reads the settings of the stack that is being deployed. @throws as {@link parseSettings} */
export function readSettings(): Settings {
  const config = new pulumi.Config(NAMESPACE);
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) =>
    key.startsWith(`${NAMESPACE}:`),
  );
  return parseSettings(
    Object.fromEntries(keys.map((key) => [key, config.get(key.slice(NAMESPACE.length + 1))])),
  );
}

/** What a stack's settings allow but AWS advises against, a sentence each. */
export function warningsOf({ orders, systems }: Settings): string[] {
  return systems.includes("orders") ? orderWarnings(orders) : [];
}

/** Pulumi hands every value over as a string, and structures as JSON. */
function plainValue(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function complete(given: Given): Settings {
  const {
    mappings,
    functions,
    repair,
    alias: _a,
    orders: _o,
    windows: _w,
    errorlab: _e,
    ...scalars
  } = defaults;
  const stage = (name: StageName): StageSettings => ({
    ...mappings,
    ...functions,
    ...given.mappings,
    ...given[name],
  });
  const { mappings: _, ...rest } = given;
  return {
    ...scalars,
    systems: [...scalars.systems],
    ...rest,
    state: stage("state"),
    map: stage("map"),
    reduce: stage("reduce"),
    sweep: { ...functions, ...given.sweep },
    repair: { ...repair, ...given.repair },
    alias: completeAlias(given.alias),
    orders: completeOrders(given.orders),
    windows: completeWindows(given.windows),
    errorlab: completeErrorLab(given.errorlab),
  };
}

/** Problems that lie between settings, each of them fine by itself. */
function crossProblems(given: Given): Problem[] {
  const settings = complete(given);
  const problems: Problem[] = [];
  if (settings.idempotency === "batch-hash" && settings.aggregateLanes > 1) {
    problems.push({
      path: ["aggregateLanes"],
      expected: "1 with idempotency batch-hash, whose retried requests must be identical",
      came: settings.aggregateLanes,
      advice: "Set it to 1, or set redrive:idempotency to ledger.",
    });
  }
  // Pulumi.yaml hands the default over as if it were set, so the default is no contradiction.
  if (settings.streamMode === "ON_DEMAND" && settings.shardCount !== defaults.shardCount) {
    problems.push({
      path: ["shardCount"],
      expected: "no shard count with streamMode ON_DEMAND, where AWS chooses it",
      came: settings.shardCount,
      advice: "Remove the line, or set redrive:streamMode to PROVISIONED.",
    });
  }
  for (const [name, least] of [
    ["sweep", 10],
    ["repair", 30],
  ] as const) {
    if (settings[name].timeout < least) {
      problems.push({
        path: [name, "timeout"],
        expected: `a whole number from ${least} to 900, for the function stops in good order before it ends`,
        came: settings[name].timeout,
      });
    }
  }
  const streamRetentionS = settings.retentionPeriodHours * 3_600;
  for (const stage of STAGES) {
    const isKinesis = stage === "state";
    const source = {
      name: stage,
      isKinesis,
      retentionS: isKinesis ? streamRetentionS : DYNAMODB_STREAM_RETENTION_S,
      pathOf: (knob: keyof MappingSettings) => [
        given[stage]?.[knob] === undefined ? "mappings" : stage,
        knob,
      ],
    };
    problems.push(...mappingProblems(settings[stage], source));
  }
  return [
    ...problems,
    ...aliasProblems(settings.alias, settings.publishVersions),
    ...orderProblems(settings.orders),
    ...windowProblems(settings.windows, streamRetentionS, settings.systems.includes("windows")),
    ...errorLabProblems(settings.errorlab, streamRetentionS),
  ];
}

function problemsOf(issue: z.core.$ZodIssue, given: unknown): Problem[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: issue.path, expected: issue.message, came: at(given, issue.path) }];
  }
  const known = Object.keys(shapeAt(issue.path));
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    expected: `one of the settings ${known.join(", ")}`,
    came: key,
    advice: "Correct the name, or remove the line.",
  }));
}

/** Removes the setting that a path leads to; of a list, the whole. */
function removeAt(given: Record<string, unknown>, [name, ...rest]: readonly PropertyKey[]): void {
  const inner = given[name as string];
  if (typeof rest[0] !== "string") delete given[name as string];
  else if (typeof inner === "object" && inner !== null) {
    const copy = { ...inner };
    removeAt(copy, rest);
    given[name as string] = copy;
  }
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown>)?.[key],
    value,
  );
}

/** The settings known at a path of the schema. */
function shapeAt(path: readonly PropertyKey[]): object {
  const [group] = path;
  if (group === undefined) return schema.shape;
  if (group === "mappings") return mappingKnobs;
  if (group === "alias") return aliasKnobs;
  const isStage = STAGES.some((stage) => stage === group);
  if (isStage) return { ...mappingKnobs, ...functionKnobs };
  if (group === "windows") return windowKnobs;
  return errorLabShapes[path.join(".")] ?? orderShapes[path.join(".")] ?? functionKnobs;
}

/** What removing a line would bring; undefined where that is nothing in particular. */
function defaultAt(path: readonly PropertyKey[]): string | undefined {
  const [, knob] = path;
  // Stages and sweep share theirs; of a list, the whole is meant.
  const shared = ["mappings", "functions"].map((group) => at(defaults, [group, knob ?? ""]));
  const names = path.filter((name) => typeof name === "string");
  const value = at(defaults, names) ?? (names.length === 2 ? (shared[0] ?? shared[1]) : undefined);
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" || value === undefined ? undefined : `${value as string}`;
}

/**
 * A `RunError`, which Pulumi shows as it is. Its stack trace, of no use to who wrote the setting, is left out: Pulumi
 * formats it all the same, and Node 20 takes half a minute over source-mapped frames such as
 * `node_modules/@pulumi/resource.ts:1598` (its `markNodeModules` does not end where no folder follows the scope).
 */
function invalidConfig(problems: readonly Problem[]): pulumi.RunError {
  const lines = new Set(problems.map(lineOf)); // Two rules may find the same fault.
  const count = lines.size === 1 ? "1 problem" : `${lines.size} problems`;
  const message = `The stack's configuration has ${count}:\n${[...lines].join("\n")}`;
  return Object.assign(new pulumi.RunError(message), { code: "INVALID_CONFIG", stack: message });
}

function lineOf({ path, expected, came, advice }: Problem): string {
  const standard = defaultAt(path);
  const otherwise = standard === undefined ? "" : ` for the default, ${standard}`;
  const way = advice ?? `Change the value, or remove the line${otherwise}.`;
  const value = came === undefined ? "nothing" : JSON.stringify(came).slice(0, 60);
  return `  ${NAMESPACE}:${path.join(".")}: expected ${expected}; got ${value}. ${way}`;
}
