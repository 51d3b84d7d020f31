import { Assumptions, type AssumptionValues } from "../../../simulator/assumptions";
import { Kernel } from "../../../simulator/kernel/kernel";
import { Random } from "../../../simulator/kernel/random";
import { Trace } from "../../../simulator/kernel/trace";
import { Usage } from "../../../simulator/kernel/usage";
import type { Account } from "../../../simulator/services/account";
import { Kinesis } from "../../../simulator/services/kinesis/service";
import type { KinesisStream } from "../../../simulator/services/kinesis/stream";
import type { Invocation, InvokeRequest } from "../../../simulator/services/lambda/invocation";
import type { DeadLetter } from "../../../simulator/services/lambda/mappings/dead-letter";
import type { StreamMappingSettings } from "../../../simulator/services/lambda/mappings/settings";
import { StreamMapping } from "../../../simulator/services/lambda/mappings/stream-mapping";
import type { StreamSource } from "../../../simulator/services/stream-source";

export const START_MS = Date.parse("2026-01-01T00:00:00Z");
export const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:state";
export const ROLE_ARN = "arn:aws:iam::123456789012:role/state";
export const QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:failures";

/** What the function does with a batch. `response` is returned; the rest are outcomes. */
export type Reply = "ok" | "error" | "timeout" | "killed" | "throttled" | { response: unknown };

export interface Delivery {
  readonly atMs: number;
  /** The texts of the records. */
  readonly texts: readonly string[];
  readonly shardId: string;
  readonly request: InvokeRequest;
  readonly event: WindowEvent;
}

/** What an event of a tumbling window has; without windows, records alone. */
export interface WindowEvent {
  readonly Records: readonly unknown[];
  readonly window: { readonly start: string; readonly end: string };
  readonly state: Record<string, unknown>;
  readonly shardId: string;
  readonly eventSourceARN: string;
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

export interface WorldOptions {
  readonly settings?: Partial<StreamMappingSettings>;
  readonly assumptions?: AssumptionValues;
  readonly seed?: number;
  readonly shardCount?: number;
  readonly retentionHours?: number;
  /** How the function answers its `call`-th delivery (from 1). Default: ok. */
  readonly reply?: (texts: readonly string[], call: number, event: WindowEvent) => Reply;
  readonly replyMs?: number;
  /** How the destination takes a dead letter. */
  readonly refuse?: (deadLetter: DeadLetter) => Error | undefined;
  /** Instead of a Kinesis stream. */
  readonly source?: StreamSource;
}

export const defaultSettings: StreamMappingSettings = {
  name: "state-mapping",
  uuid: "01234567-89ab-4cde-8f01-23456789abcd",
  functionArn: FUNCTION_ARN,
  batchSize: 100,
  maximumBatchingWindowInSeconds: 0,
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeInSeconds: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  tumblingWindowInSeconds: 0,
  startingPosition: "TRIM_HORIZON",
  onFailureArn: QUEUE_ARN,
};

/** A mapping between a real stream and a function and a destination that only pretend. */
export class World {
  readonly kernel: Kernel;
  readonly account: Account;
  readonly kinesis: Kinesis;
  readonly stream: KinesisStream;
  readonly settings: StreamMappingSettings;
  readonly mapping: StreamMapping;
  readonly deliveries: Delivery[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly trace = new Trace();
  #requests = 0;

  constructor(private readonly options: WorldOptions = {}) {
    this.kernel = new Kernel(START_MS, this.trace);
    const services: Record<string, unknown> = {};
    this.account = {
      accountId: "123456789012",
      region: "us-east-1",
      kernel: this.kernel,
      trace: this.trace,
      random: new Random(options.seed ?? 1),
      usage: new Usage(),
      assumptions: new Assumptions(options.assumptions),
      services,
    } as unknown as Account;
    this.kinesis = new Kinesis(this.account);
    services.kinesis = this.kinesis;
    services.lambda = {
      mappings: new Map<string, StreamMapping>(),
      find: () => ({ settings: { roleArn: ROLE_ARN } }),
      get: () => ({ settings: { roleArn: ROLE_ARN } }),
      invoke: (request: InvokeRequest) => this.#invoke(request),
      deliverToDestination: (
        _role: string,
        _arn: string,
        deadLetter: DeadLetter,
        done: (error?: Error) => void,
      ) => {
        this.deadLetters.push(deadLetter);
        this.kernel.after(3, "destination", () => done(options.refuse?.(deadLetter)));
      },
    };
    this.stream = this.kinesis.createStream({
      name: "readings",
      arn: "arn:aws:kinesis:us-east-1:123456789012:stream/readings",
      region: "us-east-1",
      accountId: "123456789012",
      shardCount: options.shardCount ?? 1,
      streamMode: "PROVISIONED",
      retentionHours: options.retentionHours ?? 24,
      encryptionType: "NONE",
    });
    this.settings = { ...defaultSettings, ...options.settings };
    this.mapping = new StreamMapping(this.account, this.settings, options.source ?? this.stream);
  }

  /** Puts records with these texts; the key is the text up to `-`, so `a-1` and `a-2` share theirs. */
  put(...texts: string[]): void {
    for (const text of texts) {
      const partitionKey = text.split("-")[0]!;
      this.kinesis.append(this.stream, { partitionKey, data: Buffer.from(text) });
    }
  }

  sequenceOf(text: string): string {
    const records = this.stream.shards.flatMap((shard) => shard.records);
    return records.find(({ data }) => Buffer.from(data).toString() === text)!.sequenceNumber;
  }

  /** Reports these texts, in the given order. */
  report(...texts: string[]): Reply {
    const batchItemFailures = texts.map((text) => ({ itemIdentifier: this.sequenceOf(text) }));
    return { response: { batchItemFailures } };
  }

  async advance(seconds: number): Promise<void> {
    await this.kernel.runUntil(() => false, this.kernel.now + seconds * 1000);
  }

  /** Runs until nothing is scheduled. */
  async settle(): Promise<void> {
    await this.kernel.runUntil(() => this.kernel.quiet, START_MS + 400 * 86_400_000);
  }

  /** Puts, runs until everything is settled, and answers the batches that were delivered. */
  async process(...texts: string[]): Promise<string[]> {
    this.put(...texts);
    this.mapping.enable();
    await this.settle();
    return this.batches;
  }

  /** Every delivered batch as one text. */
  get batches(): string[] {
    return this.deliveries.map(({ texts }) => texts.join(" "));
  }

  /** Seconds from the first delivery to each. */
  get seconds(): number[] {
    return this.deliveries.map(({ atMs }) => (atMs - this.deliveries[0]!.atMs) / 1000);
  }

  /** `texts condition count` of each dead letter. */
  get discarded(): string[] {
    return this.deadLetters.map(({ payload, record }) => {
      const { approximateInvokeCount, condition } = record.requestContext;
      return `${textsOf(payload()).join(" ")}: ${condition} ${approximateInvokeCount}`;
    });
  }

  #invoke(request: InvokeRequest): void {
    const event = request.event() as WindowEvent;
    const texts = textsOf(event);
    const shardId = shardOf(event);
    const atMs = this.kernel.now;
    this.deliveries.push({ atMs, texts, shardId, request, event });
    const call = this.deliveries.length;
    const reply = this.options.reply?.(texts, call, event) ?? "ok";
    const invocation: Invocation = {
      functionName: "state",
      version: "$LATEST",
      requestId: `request-${++this.#requests}`,
      startedAt: atMs,
      event,
      outcome: typeof reply === "string" ? reply : "ok",
      response: typeof reply === "string" ? null : reply.response,
      billedMs: 1,
      logs: [],
    };
    // Throttles may be reported within the call.
    if (reply === "throttled") request.onOutcome(invocation);
    else {
      const replyMs = this.options.replyMs ?? 0;
      this.kernel.after(replyMs, "state", () => request.onOutcome(invocation));
    }
  }
}

interface DeliveredRecord {
  readonly eventID: string;
  readonly kinesis?: { readonly data: string };
  readonly dynamodb?: { readonly Keys: { readonly id: { readonly S: string } } };
}

function textsOf(event: unknown): string[] {
  const { Records: records } = event as { Records: DeliveredRecord[] };
  return records.map(({ dynamodb, kinesis }) =>
    kinesis ? Buffer.from(kinesis.data, "base64").toString() : dynamodb!.Keys.id.S,
  );
}

function shardOf(event: unknown): string {
  const { Records: records, shardId } = event as { Records: DeliveredRecord[]; shardId?: string };
  return records[0]?.eventID.split(":")[0] ?? shardId!;
}

/** `r1` to `r10`, of one key. */
export const tenRecords = Array.from({ length: 10 }, (_, index) => `r${index + 1}`);
