import { PROVISIONED_PRICES, USAGE_PRICES, type Price } from "./prices";

/** US dollars. */
export interface Cost {
  /** Requests, durations, units and bytes. */
  readonly usage: number;
  /** What merely exists, an hour: the stream's shards. */
  readonly provisionedPerHour: number;
  /** `usage`, for a million produced records. */
  readonly perMillionRecords: number;
}

export interface CostBasis {
  /** Quantities by meter, as the account counted them. */
  readonly usage: Readonly<Record<string, number>>;
  readonly producedRecords: number;
  /** Where there is one. */
  readonly stream?: { readonly mode: "PROVISIONED" | "ON_DEMAND"; readonly shards: number };
  /**
   * A run of the schedule without effect, which the account leaves out and counts; and what it finds nothing in.
   * @default an index
   */
  readonly idleRun: { readonly mbMs: number; readonly looksAt?: "index" | "bucket" };
}

/** A run that finds nothing queries an index, or lists a bucket, and writes START, END and REPORT lines. */
const IDLE_RUN_READ_UNITS = 0.5;
const IDLE_RUN_LOG_BYTES = 400;

/** Meters that cost nothing by themselves: converted below, or free (reading a table's stream, SNS to SQS). */
const NOT_PRICED = [
  "lambda.mbMs",
  "logs.bytes",
  "schedule.skippedInvocations",
  "dynamodb.streamRecords",
  "sns.deliveries",
  "eventbridge.archivedBytes",
];

/** @throws Error for a meter that has no price: a cost that is left out would be a wrong cost. */
export function costOf({ usage, producedRecords, stream, idleRun }: CostBasis): Cost {
  const unknown = Object.keys(usage).filter(
    (meter) => !NOT_PRICED.includes(meter) && !(meter in USAGE_PRICES),
  );
  if (unknown.length > 0) throw new Error(`No price is known for: ${unknown.join(", ")}.`);
  const skipped = usage["schedule.skippedInvocations"] ?? 0;
  const mbMs = (usage["lambda.mbMs"] ?? 0) + skipped * idleRun.mbMs;
  const looksAt = (place: "index" | "bucket"): number =>
    (idleRun.looksAt ?? "index") === place ? skipped : 0;
  const quantities: Readonly<Record<string, number>> = {
    ...usage,
    "lambda.requests": (usage["lambda.requests"] ?? 0) + skipped,
    "lambda.gbSeconds": mbMs / 1024 / 1000,
    "dynamodb.readUnits":
      (usage["dynamodb.readUnits"] ?? 0) + looksAt("index") * IDLE_RUN_READ_UNITS,
    "s3.puts": (usage["s3.puts"] ?? 0) + looksAt("bucket"),
    "eventbridge.archivedGb": (usage["eventbridge.archivedBytes"] ?? 0) / 2 ** 30,
    "logs.gb": ((usage["logs.bytes"] ?? 0) + skipped * IDLE_RUN_LOG_BYTES) / 2 ** 30,
  };
  let total = 0;
  for (const [meter, price] of Object.entries(USAGE_PRICES)) {
    total += priceOf(price, quantities[meter] ?? 0);
  }
  return {
    usage: rounded(total),
    provisionedPerHour: rounded(stream === undefined ? 0 : perHourOf(stream)),
    perMillionRecords: rounded((total / producedRecords) * 1_000_000),
  };
}

function perHourOf({ mode, shards }: NonNullable<CostBasis["stream"]>): number {
  return mode === "PROVISIONED"
    ? priceOf(PROVISIONED_PRICES.shardHour, shards)
    : priceOf(PROVISIONED_PRICES.onDemandStreamHour, 1);
}

function priceOf({ usd, per }: Price, quantity: number): number {
  return (quantity / per) * usd;
}

/** To a millionth of a dollar: sums in another order must not look like another cost. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
