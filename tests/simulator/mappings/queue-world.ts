import type { AssumptionValues } from "../../../simulator/assumptions";
import type { Account } from "../../../simulator/services/account";
import type { Invocation, InvokeRequest } from "../../../simulator/services/lambda/invocation";
import { QueueMapping } from "../../../simulator/services/lambda/mappings/queue-mapping";
import type { QueueRecord } from "../../../simulator/services/lambda/mappings/queue-record";
import type { QueueMappingSettings } from "../../../simulator/services/lambda/mappings/queue-settings";
import { arnOf, QueueWorld, redriveTo } from "../sqs/world";

export const FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:worker";

/** How the function answers. `response` is returned; the rest are outcomes. */
export type Reply = "ok" | "error" | "timeout" | "killed" | "throttled" | { response: unknown };

export interface MappingOptions {
  readonly settings?: Partial<QueueMappingSettings>;
  readonly assumptions?: AssumptionValues;
  /** Of the source queue, which is called `jobs`, or `jobs.fifo`. */
  readonly queue?: Record<string, unknown>;
  /** With a dead-letter queue `dead` (`dead.fifo`) after so many receives. */
  readonly maxReceiveCount?: number;
  /** What the role may do with the queue. Default: all that a mapping needs. */
  readonly actions?: readonly string[];
  /** How the function answers its `call`-th delivery (from 1). Default: ok. */
  readonly reply?: (bodies: readonly string[], call: number, records: QueueRecord[]) => Reply;
  /** Default 100. */
  readonly replyMs?: number | ((bodies: readonly string[]) => number);
  readonly timeoutMs?: number;
}

/** One attempt to invoke. */
export interface Attempt {
  /** From the start of the account. */
  readonly atMs: number;
  readonly bodies: readonly string[];
  readonly records: readonly QueueRecord[];
  readonly reply: Reply;
}

const DEFAULTS: QueueMappingSettings = {
  name: "worker-mapping",
  uuid: "01234567-89ab-4cde-8f01-23456789abcd",
  functionArn: FUNCTION_ARN,
  batchSize: 10,
  maximumBatchingWindowInSeconds: 0,
  reportBatchItemFailures: false,
};

/** Real queues, and a mapping from one of them to a function that only pretends. */
export class QueueMappingWorld extends QueueWorld {
  readonly attempts: Attempt[] = [];
  readonly mapping: QueueMapping;
  readonly settings: QueueMappingSettings;
  /** `jobs` or `jobs.fifo`. */
  readonly source: string;
  readonly dead: string;
  /** Invocations under way, and the most there ever were at once. */
  running = 0;
  runningMax = 0;
  readonly #startMs = this.kernel.now;

  constructor(private readonly options: MappingOptions = {}) {
    super({ "sqs.receiveMs": 0, ...options.assumptions });
    const { actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] } = options;
    const fifo = options.queue?.fifoQueue === true;
    this.source = fifo ? "jobs.fifo" : "jobs";
    this.dead = fifo ? "dead.fifo" : "dead";
    const { maxReceiveCount } = options;
    if (maxReceiveCount !== undefined) this.queue(this.dead, fifo ? { fifoQueue: true } : {});
    this.queue(this.source, {
      ...(maxReceiveCount !== undefined && {
        redrivePolicy: redriveTo(this.dead, maxReceiveCount),
      }),
      ...options.queue,
    });
    const roleArn = this.role("worker", [
      { Effect: "Allow", Action: actions.map((action) => `sqs:${action}`), Resource: "*" },
    ]);
    const settings = { roleArn, timeoutMs: options.timeoutMs ?? 3000, logicalName: "worker" };
    Object.assign(this.lambda, {
      mappings: new Map(),
      find: () => ({ settings }),
      get: () => ({ settings }),
      invoke: (request: InvokeRequest) => this.#invoke(request),
    });
    this.settings = { ...DEFAULTS, ...options.settings };
    const account = this as unknown as Account;
    this.mapping = new QueueMapping(account, this.settings, arnOf(this.source));
  }

  /** Sends these bodies in one instant; in a FIFO queue, the group is the body up to `-`. */
  async put(...bodies: string[]): Promise<void> {
    const fifo = this.source.endsWith(".fifo");
    for (const body of bodies) {
      const MessageGroupId = body.split("-")[0]!;
      const MessageDeduplicationId = `${body} ${this.kernel.now}`;
      await this.send(this.source, body, fifo ? { MessageGroupId, MessageDeduplicationId } : {});
    }
  }

  /** Runs until nothing is scheduled, at most for `seconds`. */
  async settle(seconds = 400 * 86_400): Promise<void> {
    await this.kernel.runUntil(() => this.kernel.quiet, this.kernel.now + seconds * 1000);
  }

  /** Puts, enables, runs until everything is settled, and answers what the function was sent. */
  async process(...bodies: string[]): Promise<string[]> {
    await this.put(...bodies);
    this.mapping.enable();
    await this.settle();
    return this.batches;
  }

  /** Every batch that reached the function, as one text. */
  get batches(): string[] {
    return this.#reached.map(({ bodies }) => bodies.join(" "));
  }

  /** When each of them did, in seconds from the start. */
  get seconds(): number[] {
    return this.#reached.map(({ atMs }) => atMs / 1000);
  }

  /** The bodies in a queue, whatever their state. */
  held(name: string): string[] {
    return this.services.sqs.messagesOf(arnOf(name)).map(({ body }) => body);
  }

  /** `<kind> <bodies>` of each decision. */
  get decided(): string[] {
    const bodies = new Map(
      this.attempts.flatMap(({ records }) => records.map((each) => [each.messageId, each.body])),
    );
    return this.mapping.decisions.map(({ kind, recordIds }) =>
      [kind, ...recordIds.map((id) => bodies.get(id))].join(" "),
    );
  }

  /** What a function returns that reports these bodies. */
  report(records: readonly QueueRecord[], ...bodies: string[]): Reply {
    const reported = records.filter(({ body }) => bodies.includes(body));
    const batchItemFailures = reported.map(({ messageId }) => ({ itemIdentifier: messageId }));
    return { response: { batchItemFailures } };
  }

  get #reached(): Attempt[] {
    return this.attempts.filter(({ reply }) => reply !== "throttled");
  }

  #invoke(request: InvokeRequest): void {
    const { Records: records } = request.event() as { Records: QueueRecord[] };
    const bodies = records.map(({ body }) => body);
    const { reply: replyTo, replyMs = 100 } = this.options;
    const reply = replyTo?.(bodies, this.attempts.length + 1, records) ?? "ok";
    this.attempts.push({ atMs: this.kernel.now - this.#startMs, bodies, records, reply });
    const invocation: Invocation = {
      functionName: "worker",
      version: "$LATEST",
      requestId: `request-${this.attempts.length}`,
      startedAt: this.kernel.now,
      event: { Records: records },
      outcome: typeof reply === "string" ? reply : "ok",
      response: typeof reply === "string" ? null : reply.response,
      billedMs: 1,
      logs: [],
    };
    if (reply === "throttled") return request.onOutcome(invocation);
    this.runningMax = Math.max(this.runningMax, ++this.running);
    const lastsMs = typeof replyMs === "number" ? replyMs : replyMs(bodies);
    this.kernel.after(lastsMs, "worker", () => {
      this.running--;
      request.onOutcome(invocation);
    });
  }
}

/** `m1` to `m<count>`. */
export const messages = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `m${index + 1}`);
