/** One behaviour that AWS does not document. */
export interface Assumption<Value extends string | number = string | number> {
  /** The values it may take; the first is the default. Numbers are in the unit of the name. */
  readonly values: readonly Value[];
  /** For numbers: any whole number in this range is accepted, `values` are those worth comparing. */
  readonly range?: readonly [number, number];
  /** What it decides. */
  readonly decides: string;
  /** Why this default. */
  readonly source: string;
}

const define = <Table extends Record<string, Assumption>>(table: Table): Table => table;

/**
 * Every behaviour of the simulated account that AWS does not document, by name. Nothing that is only
 * assumed is decided anywhere else.
 */
export const ASSUMPTIONS = define({
  "stream.backoff": {
    values: ["exponential-500ms-60s", "constant-1s"],
    decides: "how long a stream mapping waits before it retries a batch",
    source: "fits the one recording there is: 7 invocations at 0, 0.5, 1.5 … 31.5 s within 60 s",
  },
  "stream.ageExceededCount": {
    values: ["n+1", "max(1,n)"],
    decides: "approximateInvokeCount of a record discarded for its age after n invocations",
    source: "recorded: 8 after about 60 s, and 1 without any invocation",
  },
  "bisect.left": {
    values: ["floor", "ceil"],
    decides: "the size of the left half when a batch of odd size is split",
    source: "AWS training text: 3 becomes 1 + 2",
  },
  "bisect.retryCounter": {
    values: ["reset", "inherit"],
    decides: "whether each half starts with a fresh retry counter or goes on from its parent's",
    source: "AWS training text; the documentation says only that a split uses no retry",
  },
  "bisect.recordAge": {
    values: ["keep", "reset"],
    decides: "whether the age of a record starts anew when its batch is split",
    source: "age belongs to the record (inferred); AWS training text says it is reset",
  },
  "checkpoint.exhausted": {
    values: ["remaining", "failed-record"],
    decides: "what is discarded when a partial response never gets past a record",
    source: "the documentation implies the whole remainder; training text says the one record",
  },
  "stream.lanes": {
    values: ["hash-of-partition-key"],
    decides: "which concurrent batch of a shard a record belongs to, and what a failure blocks",
    source: "order per key is documented, the mapping is not (inferred)",
  },
  "kinesis.pollMs": {
    values: [1000],
    range: [1, 60_000],
    decides: "how often a mapping polls a Kinesis shard, in milliseconds",
    source: "documented as about once a second; phase per shard drawn from the seed",
  },
  "dynamodb.pollMs": {
    values: [250],
    range: [1, 60_000],
    decides: "how often a mapping polls a DynamoDB stream shard, in milliseconds",
    source: "documented as four times a second; phase per shard drawn from the seed",
  },
  "dynamodb.streamShards": {
    values: [4, 1, 16],
    range: [1, 1024],
    decides: "the number of shards of a DynamoDB stream",
    source: "one per table partition, and partitions are not shown",
  },
  "dynamodb.conflictMs": {
    values: [4],
    range: [0, 10_000],
    decides: "how long a transaction holds its items before it takes effect, in milliseconds",
    source: "conflicts are documented, their window is not",
  },
  "dynamodb.ttlDelayMs": {
    values: [0, 172_800_000],
    range: [0, 604_800_000],
    decides: "how long after its expiry an item is deleted by time to live, in milliseconds",
    source: "documented as within a few days; at once is hardest on who relies on the item",
  },
  "dynamodb.eventualReads": {
    values: ["latest"],
    decides: "what a read sees that is only eventually consistent, an index's included",
    source: "documented as possibly stale, usually within a second; how often is not",
  },
  "destination.failure": {
    values: ["lost"],
    decides: "what becomes of a dead letter that its destination refuses",
    source: "inferred: the DestinationDeliveryFailures metric counts it, nothing keeps it",
  },
  "schedule.idle": {
    values: ["sleep", "run"],
    decides:
      "whether a schedule sleeps, when nothing was written for 15 minutes and its run had no effect",
    source: "ours: the runs left out are priced, not simulated",
  },
  "latency.callMs": {
    values: [5],
    range: [0, 60_000],
    decides: "an SDK call there and back, in milliseconds, ± 50 %; it takes effect half-way",
    source: "measured on nobody's account",
  },
  "latency.kinesisPutMs": {
    values: [10],
    range: [0, 60_000],
    decides: "a put to Kinesis there and back, in milliseconds, ± 50 %",
    source: "measured on nobody's account",
  },
  "latency.coldStartMs": {
    values: [300],
    range: [0, 60_000],
    decides: "the start of a new execution environment, in milliseconds, ± 50 %",
    source: "measured on nobody's account",
  },
  "latency.invokeMs": {
    values: [5],
    range: [0, 60_000],
    decides: "the overhead of one invocation, in milliseconds, ± 50 %",
    source: "measured on nobody's account",
  },
  "latency.recordUs": {
    values: [20],
    range: [0, 1_000_000],
    decides: "the handler's own computing time per record, in microseconds",
    source: "measured on nobody's account",
  },
});

export type AssumptionName = keyof typeof ASSUMPTIONS;
export type AssumptionValues = Partial<Record<AssumptionName, string | number>>;

/** @throws an `Error` that lists every unknown name and value. */
export function checkAssumptions(overrides: AssumptionValues): void {
  const problems = Object.entries(overrides).flatMap(([name, value]) => problemWith(name, value));
  if (problems.length > 0) throw new Error(`Assumptions refused:\n${problems.join("\n")}`);
}

/** The values in force in one account, and which of them the run has used. */
export class Assumptions {
  readonly #values: Readonly<Record<string, string | number>>;
  readonly #used = new Set<AssumptionName>();

  /** @throws an `Error` that lists every unknown name and value. */
  constructor(overrides: AssumptionValues = {}) {
    checkAssumptions(overrides);
    const defaults = Object.entries(ASSUMPTIONS).map(([name, { values }]) => [name, values[0]]);
    const values = Object.fromEntries(defaults) as Record<string, string | number>;
    this.#values = { ...values, ...overrides };
  }

  choice(name: AssumptionName): string {
    this.#used.add(name);
    return String(this.#values[name]);
  }

  number(name: AssumptionName): number {
    this.#used.add(name);
    return Number(this.#values[name]);
  }

  /** Every assumption with the value in force. */
  all(): Record<string, string | number> {
    return { ...this.#values };
  }

  /** Those that something in this run depended on, sorted. */
  used(): AssumptionName[] {
    return [...this.#used].sort();
  }
}

function problemWith(name: string, value: string | number): string[] {
  const assumption: Assumption | undefined = (ASSUMPTIONS as Record<string, Assumption>)[name];
  if (!assumption) return [`  ${name}: no such assumption; docs/assumptions.md lists them`];
  const { range, values } = assumption;
  if (values.includes(value)) return [];
  const inRange =
    range && typeof value === "number" && Number.isInteger(value) && value >= range[0];
  if (inRange && value <= range[1]) return [];
  const expected = range ? `a whole number from ${range[0]} to ${range[1]}` : values.join(" or ");
  return [`  ${name}: expected ${expected}, got ${JSON.stringify(value)}`];
}
