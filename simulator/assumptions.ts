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
  "windows.idleCloseMs": {
    values: [120_000, 0],
    range: [0, 900_000],
    decides:
      "how long after its end a tumbling window is closed of which no later record is seen, in milliseconds",
    source: "documented as up to two minutes without records",
  },
  "windows.finalRecords": {
    values: ["none", "last-batch"],
    decides:
      "whether the last batch of a tumbling window is its final invocation, where a later record is already seen",
    source: "documented is the final state, ready for processing; the example adds up records, too",
  },
  "windows.finalState": {
    values: ["required", "optional"],
    decides: "whether the response to a final invocation must have a state, too",
    source: "documented for every response; published examples return none",
  },
  "windows.stateShape": {
    values: ["object", "any"],
    decides: "whether a state that is null, a list or a plain value counts as none",
    source: "documented states are objects",
  },
  "windows.partialState": {
    values: ["kept", "dropped"],
    decides: "what becomes of the state beside a partial response that got past a record",
    source: "documented is a response with both; that the state covers what is done is inferred",
  },
  "windows.earlyFlags": {
    values: ["early-only", "both"],
    decides: "whether isFinalInvokeForWindow is true, too, where a state over 1 MB is to be taken",
    source:
      "AWS's event libraries: after the final one a new window starts, after this one it goes on",
  },
  "windows.finalAge": {
    values: ["from-close", "last-record"],
    decides: "from when the age of a final invocation without records counts",
    source: "inferred: else a window longer than the maximum record age would never be closed",
  },
  "windows.stateAfterDiscard": {
    values: ["dropped", "next-window"],
    decides: "what becomes of the state when a final invocation is given up",
    source: "documented only as dropped after processing",
  },
  "windows.finalDeadLetter": {
    values: ["empty-batch", "none"],
    decides:
      "whether a final invocation without records that is given up has a dead letter, with batchSize 0",
    source: "inferred: the retry policies are documented as fully supported",
  },
  "windows.update": {
    values: ["finish-open"],
    decides:
      "what a new length does to an open window: nothing; a new parallelization factor drops its state",
    source: "not documented",
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
  "sqs.receiveMs": {
    values: [20],
    range: [0, 20_000],
    decides:
      "how long after a message can be received a poller of a mapping has it, in milliseconds, ± 50 %",
    source: "measured on nobody's account",
  },
  "sqs.scaleUp": {
    values: ["every-second", "every-minute"],
    decides:
      "how the growth of a queue's mapping by 300 batches a minute is spread: 5 a second, or 300 at once",
    source: "documented as up to 300 more per minute; back to five as soon as no message waits",
  },
  "sqs.errorBackoff": {
    values: ["one-for-one", "none"],
    decides:
      "what a failed batch takes from the concurrency of a queue's mapping: one, until another succeeds; two stay",
    source:
      "documented as gradually reduced, without numbers; not for errors under partial responses",
  },
  "sqs.throttleBackoff": {
    values: ["exponential-1s-30s", "constant-1s"],
    decides: "how long a mapping waits before it sends a throttled batch of messages again",
    source: "documented as retried until the visibility timeout, without numbers",
  },
  "sqs.gathering": {
    values: ["one-batch"],
    decides:
      "how many batches of a queue's mapping gather messages at the same time during a window",
    source: "not documented; several would make smaller batches",
  },
  "sqs.quietWindow": {
    values: ["as-configured", "20-seconds"],
    decides:
      "how long a shorter window of a queue's mapping lasts when its batch does not get full",
    source: "documented: may take up to 20 seconds with very little traffic",
  },
  "sqs.windowVisibility": {
    values: ["extended", "queue"],
    decides:
      "whether messages stay invisible for window + timeout + 30 s, where the queue's own timeout is shorter than window + timeout",
    source: "documented in 2022; the pages of today only advise a longer timeout",
  },
  "sqs.idlePollers": {
    values: [5, 2],
    range: [0, 1250],
    decides:
      "how many pollers of a queue's mapping poll while there is nothing: empty polls are priced",
    source: "documented as five, which can be optimised to two; ours: priced, not simulated",
  },
  "destination.failure": {
    values: ["lost"],
    decides: "what becomes of a dead letter that its destination refuses",
    source: "inferred: the DestinationDeliveryFailures metric counts it, nothing keeps it",
  },
  "async.bothDestinations": {
    values: ["both", "destination"],
    decides:
      "what is told of an event given up, where its function has a dead-letter queue and a destination",
    source:
      "inferred: they are set apart from each other, and nothing says that one excludes the other",
  },
  "async.invokeCount": {
    values: ["runs", "attempts"],
    decides:
      "whether approximateInvokeCount of an asynchronous event counts attempts that were throttled",
    source: "recorded as 0 where reserved concurrency is 0, which fits runs alone",
  },
  "alias.routing": {
    values: ["per-invocation", "per-retry-chain"],
    decides: "whether every attempt of the same event or batch draws its version of an alias anew",
    source: "documented as random for each invocation; of retries nothing is said",
  },
  "alias.eventInvokeConfig": {
    values: ["defaults", "function"],
    decides:
      "the asynchronous settings of a version or alias that has none, where its function has",
    source: "documented as configured on a function, version or alias; recorded as separate",
  },
  "version.deadLetter": {
    values: ["as-published", "latest"],
    decides: "whose dead-letter queue an event of a published version goes to",
    source: "AWS pages disagree: locked in when the version is published, or that of $LATEST",
  },
  "async.deadLetterError": {
    values: ["429 Rate Exceeded."],
    decides: "ErrorCode and ErrorMessage of a dead letter whose function was never run",
    source: "inferred from the error that a throttled call is answered",
  },
  "sns.deliveryMs": {
    values: [0, 30],
    range: [0, 60_000],
    decides:
      "how long after it was published a notification reaches its subscribers, in milliseconds",
    source: "measured on nobody's account; at once keeps the order of what was published",
  },
  "sns.backoff": {
    values: ["geometric-1s-20s"],
    decides: "the waits before SNS's ten back-off retries",
    source: "documented as exponential, from 1 to 20 s, with jitter; neither curve nor jitter is",
  },
  "sqs.missingDeadLetterQueue": {
    values: ["stays"],
    decides:
      "what becomes of a message received too often when its dead-letter queue is gone or refuses it",
    source: "inferred: nothing says that it is deleted",
  },
  "sqs.movesPerSecond": {
    values: [500],
    range: [1, 500],
    decides: "messages a second moved by a move task that names no rate",
    source: "documented as chosen by AWS, 500 at most",
  },
  "schedule.idle": {
    values: ["sleep", "run"],
    decides:
      "whether a schedule sleeps, when nothing was written for 15 minutes and its run had no effect",
    source: "ours: the runs left out are priced, not simulated",
  },
  "api.validationOrder": {
    values: ["parameters-first", "body-first"],
    decides: "what a request is refused for when its parameters and its body are both wrong",
    source: "inferred: the documentation names parameters first",
  },
  "api.lambdaThrottled": {
    values: [500, 502],
    decides: "the status that a client gets when Lambda throttles the function of a method",
    source: "several re:Post threads say 500, one blog says 502",
  },
  "api.eventTooLarge": {
    values: [413, 500],
    decides: "the status of a request that API Gateway takes but whose event is over Lambda's 6 MB",
    source: "inferred: Lambda refuses such an event with 413",
  },
  "latency.apiMs": {
    values: [10],
    range: [0, 60_000],
    decides:
      "a request to API Gateway there and back, without its function, in milliseconds, ± 50 %",
    source: "measured on nobody's account",
  },
  "eventbridge.backoff": {
    values: ["exponential-1s-480s", "constant-60s"],
    decides: "how long EventBridge waits before it tries a target again, ± 50 %",
    source: "documented as exponential with jitter; these 185 retries just fill the 24 hours",
  },
  "eventbridge.ageTest": {
    values: ["ahead", "at-attempt"],
    decides: "whether an event that would be too old at its next attempt is given up at once",
    source: "recorded so for asynchronous invocation, whose limits have the same names",
  },
  "eventbridge.archiveDelayMs": {
    values: [0, 600_000],
    range: [0, 86_400_000],
    decides: "how long after a bus received an event it is in the archive, in milliseconds",
    source: "documented as a delay; AWS advises to wait ten minutes before a replay",
  },
  "eventbridge.replaySliceMs": {
    values: [1000],
    range: [1, 3_600_000],
    decides:
      "how long a replay takes to start, to send the events of one minute, and to be cancelled",
    source: "documented are the slices of one minute of event time, not their pace",
  },
  "latency.eventBridgeMs": {
    values: [100],
    range: [0, 3_600_000],
    decides: "from a bus to a rule's target, in milliseconds, ± 50 %",
    source: "AWS blog of 2024: 129 ms at the 99th percentile",
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
  "latency.memory": {
    values: ["none", "cpu-share"],
    decides:
      "what less memory than 1769 MB does to that time: nothing, or it grows as the share of a CPU shrinks",
    source:
      "CPU in proportion to memory is documented; whether a handler computes or waits is its own",
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
