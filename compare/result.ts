import { z } from "zod";
import { errorBlockSchema } from "./errors/result";
import { orderBlockSchema } from "./orders/result";
import { tripBlockSchema } from "./windows/result";
import { WORKLOAD_NAMES } from "./workloads";

const count = z.int().min(0);
const seconds = z.number().min(0);
const dollars = z.number().min(0);

/** One run, as `--json` writes it. */
export const runSchema = z.strictObject({
  stack: z.string().min(1),
  workload: z.enum(WORKLOAD_NAMES),
  seed: z.int(),
  settings: z.record(z.string(), z.unknown()),
  exact: z.boolean(),
  consistent: z.boolean(),
  score: z.union([z.literal(0), z.literal(100)]).nullable(),
  small: z.strictObject({ runs: count, exact: count, consistent: count }),
  records: z.strictObject({
    produced: count,
    processed: count,
    superseded: count,
    lost: count,
    duplicated: count,
    deadLettered: z.strictObject({ good: count, bad: count }),
    pending: count,
    alreadyApplied: count,
  }),
  seconds: z.strictObject({ virtual: seconds, wall: seconds }),
  latencySeconds: z.strictObject({
    p50: seconds.nullable(),
    p99: seconds.nullable(),
    max: seconds.nullable(),
  }),
  maxIteratorAgeSeconds: seconds,
  invocations: z.strictObject({
    ok: count,
    error: count,
    timeout: count,
    killed: count,
    throttled: count,
  }),
  costUsd: z.strictObject({
    usage: dollars,
    provisionedPerHour: dollars,
    perMillionRecords: dollars,
  }),
  trace: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the workload `orders` alone. */
  orders: orderBlockSchema.optional(),
  /** Of the workload `trips` alone. */
  trips: tripBlockSchema.optional(),
  /** Of the workload `errors` alone. */
  errors: errorBlockSchema.optional(),
  verdict: z.string().min(1),
});

/** What `--json` writes. */
export const comparisonSchema = z.strictObject({
  formatVersion: z.literal(1),
  seed: z.int(),
  node: z.string(),
  assumptions: z.record(z.string(), z.union([z.string(), z.number()])),
  runs: z.array(runSchema),
});

export type RunJson = z.infer<typeof runSchema>;
export type ComparisonJson = z.infer<typeof comparisonSchema>;

/** A run's own result, before its small companions and its verdict are known. */
export type RunResult = Omit<RunJson, "stack" | "settings" | "small" | "verdict"> & {
  /** The values of the assumptions that the run depended on. */
  readonly assumptions: Readonly<Record<string, string | number>>;
  /** From the first put until no stage had anything left to try, in virtual seconds. */
  readonly finishedSeconds: number;
};

/** What a run comes to, before it is known how long it took. */
export type Finished = Omit<RunResult, "seconds"> & { readonly virtualSeconds: number };
