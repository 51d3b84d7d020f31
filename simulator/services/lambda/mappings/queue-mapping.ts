import type { SimEvent } from "../../../kernel/kernel";
import { jittered } from "../../../sdk/transport";
import type { Account } from "../../account";
import { ServiceError } from "../../errors";
import type { ReceivedMessage } from "../../sqs/service";
import type { DecisionKind, MappingDecision } from "./decision";
import { IdlePolls } from "./idle-polls";
import type { MappingState } from "./mapping";
import { type BatchContext, type BatchEnd, QueueBatch } from "./queue-batch";
import { QueueConcurrency } from "./queue-concurrency";
import { compileQueueFilters, type QueueFilter } from "./queue-filter";
import { toQueueRecord } from "./queue-record";
import type { QueueMappingSettings } from "./queue-settings";

/** Messages in one answer to ReceiveMessage, and in one DeleteMessageBatch. */
const REQUEST_MESSAGES_MAX = 10;

/** What Lambda adds to window and timeout. Source: "Using Lambda with Amazon SQS" (2022). */
const WINDOW_VISIBILITY_EXTRA_MS = 30_000;

/** How far a window may stretch while the queue is quiet. Source: "Using Lambda with Amazon SQS". */
const QUIET_WINDOW_MS = 20_000;

/**
 * An event source mapping that polls a queue for a function. What the function fails is not retried by the
 * mapping: it stays in the queue and is received again after its visibility timeout.
 *
 * It schedules nothing while no message can be received: empty polls are counted, not run.
 */
export class QueueMapping {
  /** Everything it decided, in order. Append-only. */
  readonly decisions: MappingDecision[] = [];
  /** Queues have no iterator. */
  readonly iteratorAgeMsMax = 0;
  readonly source: { readonly arn: string };
  readonly #context: BatchContext;
  readonly #concurrency: QueueConcurrency;
  readonly #idlePolls = new IdlePolls();
  readonly #batches = new Set<QueueBatch>();
  #settings: QueueMappingSettings;
  #filter: QueueFilter;
  #state: MappingState = "Creating";
  #lastProcessingResult = "No records processed";
  /** The batch that takes what is received next, while its window lasts. */
  #open: QueueBatch | undefined;
  #windowEnd: SimEvent | undefined;
  #poll: SimEvent | undefined;
  #growth: SimEvent | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly account: Account,
    settings: QueueMappingSettings,
    queueArn: string,
  ) {
    this.#settings = settings;
    this.#filter = compileQueueFilters(settings.filterPatterns ?? []);
    this.source = { arn: queueArn };
    this.#context = this.#createContext();
    this.#concurrency = new QueueConcurrency(
      () => this.#settings.maximumConcurrency,
      () => account.assumptions.choice("sqs.scaleUp"),
    );
  }

  get settings(): QueueMappingSettings {
    return this.#settings;
  }

  get state(): MappingState {
    return this.#state;
  }

  /** `No records processed`, `OK` or `PROBLEM: …`. */
  get lastProcessingResult(): string {
    return this.#lastProcessingResult;
  }

  /** Batches under way: gathered, invoked, or throttled and waiting. */
  get concurrency(): number {
    return this.#batches.size;
  }

  enable(): void {
    if (this.#state === "Enabled" || this.#state === "Deleting") return;
    this.#state = "Enabled";
    this.#unsubscribe = this.account.services.sqs.onMessage(this.source.arn, () => this.#heard());
    this.#noteIdle();
    if (this.#queue()?.hasVisible) this.#heard();
  }

  /** Receives nothing more. What has been received goes its way to the end. */
  disable(): void {
    if (this.#state === "Deleting") return;
    this.#state = "Disabled";
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.account.kernel.cancel(this.#poll);
    this.account.kernel.cancel(this.#growth);
    this.#noteIdle();
  }

  /** Changes the settings in place; they apply to what is received, sent and judged from now on. */
  update(settings: QueueMappingSettings): void {
    this.#settings = settings;
    this.#filter = compileQueueFilters(settings.filterPatterns ?? []);
    if (this.#open) this.#closeOrWait(this.#open);
    this.#noteIdle();
    if (this.#state === "Enabled" && this.#queue()?.hasVisible) this.#heard();
  }

  /** Stops for good. Invocations in flight end, and what they did is deleted from the queue. */
  delete(): void {
    this.disable();
    this.accountForIdlePolls();
    this.#state = "Deleting";
    this.account.kernel.cancel(this.#windowEnd);
    this.#open = undefined;
    for (const batch of [...this.#batches]) batch.giveUp("the mapping was deleted");
  }

  /**
   * What is still to be done, one line. A disabled mapping has nothing to do, and neither has a queue
   * without a mapping.
   */
  unsettled(): string[] {
    const queue = this.#queue();
    if (this.#state !== "Enabled" || !queue) return [];
    const { delayed, inFlight, visible } = queue.counts();
    if (delayed + inFlight + visible === 0) return [];
    const counts = `${visible} visible, ${inFlight} in flight, ${delayed} delayed`;
    return [`mapping ${this.#settings.name}: ${queue.name} holds messages: ${counts}`];
  }

  /** Adds the long polls that came back empty, until now, to what was used. */
  accountForIdlePolls(): void {
    const polls = this.#idlePolls.take(this.account.kernel.now);
    if (polls === 0) return;
    const fifo = this.source.arn.endsWith(".fifo");
    this.account.usage.add(fifo ? "sqs.fifoEmptyReceives" : "sqs.emptyReceives", polls);
  }

  /** What batches see of the mapping: always its current settings and state. */
  #createContext(): BatchContext {
    const settings = () => this.#settings;
    const state = () => this.#state;
    return {
      account: this.account,
      queueArn: this.source.arn,
      get settings() {
        return settings();
      },
      get ended() {
        return state() === "Deleting";
      },
      decide: (kind, messageIds, details) => this.#decide(kind, messageIds, details),
      over: (batch, end) => this.#over(batch, end),
      remove: (messages) => this.#remove(messages),
    };
  }

  #queue() {
    return this.account.services.sqs.findByArn(this.source.arn);
  }

  #limit(): number {
    return this.#concurrency.limit(this.account.kernel.now);
  }

  /** A message can be received: one poller will have it in a moment, if one is free. */
  #heard(): void {
    const { assumptions, kernel, random } = this.account;
    if (this.#state !== "Enabled" || (this.#poll && !this.#poll.cancelled)) return;
    if (!this.#open && this.#batches.size >= this.#limit()) return this.#waitForGrowth();
    const { name } = this.#settings;
    const delayMs = jittered(assumptions.number("sqs.receiveMs"), random.stream(`mapping ${name}`));
    this.#poll = kernel.after(delayMs, `mapping ${name}: receives`, () => this.#receive());
  }

  /** Receives as long as there are messages and free pollers. */
  #receive(): void {
    const queue = this.#queue();
    if (this.#state !== "Enabled" || !queue || !this.#mayReceive()) return;
    while (queue.hasVisible) {
      if (!this.#open && this.#batches.size >= this.#limit()) return this.#waitForGrowth();
      const wanted = this.#settings.batchSize - (this.#open?.size ?? 0);
      const visibilityMs = this.#visibilityMs(queue.settings.visibilityTimeout);
      const messages = this.#take(Math.min(REQUEST_MESSAGES_MAX, wanted), visibilityMs);
      if (!messages) return;
      for (const message of this.#passing(messages)) this.#admit(message, visibilityMs);
      if (this.#open) this.#closeOrWait(this.#open);
    }
    this.#concurrency.drained();
  }

  #take(max: number, visibilityMs: number): ReceivedMessage[] | undefined {
    try {
      return this.account.services.sqs.receiveFor(this.source.arn, max, visibilityMs / 1000);
    } catch (cause) {
      // Too many messages in flight: the next deletion makes room.
      if (!(cause instanceof ServiceError)) throw cause;
      this.#lastProcessingResult = `PROBLEM: ${cause.message}`;
      return undefined;
    }
  }

  /** Deletes what no filter takes, and answers the rest. */
  #passing(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
    if (!this.#settings.filterPatterns?.length) return messages;
    const source = { arn: this.source.arn, region: this.account.region };
    const passes = (message: ReceivedMessage) => this.#filter(toQueueRecord(message, source));
    const passing = messages.filter(passes);
    const others = messages.filter((message) => !passing.includes(message));
    if (others.length === 0) return passing;
    const messageIds = others.map(({ MessageId }) => MessageId);
    this.#decide("filtered", messageIds, { attempt: 0 });
    this.#remove(others);
    return passing;
  }

  #admit(message: ReceivedMessage, visibilityMs: number): void {
    this.#open ??= this.#openBatch(visibilityMs);
    if (this.#open.admit(message)) return;
    this.#close(this.#open);
    this.#open = this.#openBatch(visibilityMs);
    this.#open.admit(message);
  }

  // Assumption: sqs.gathering.
  #openBatch(visibilityMs: number): QueueBatch {
    const { now } = this.account.kernel;
    const batch = new QueueBatch(this.#context, now, now + visibilityMs);
    this.#batches.add(batch);
    this.#noteIdle();
    return batch;
  }

  /** Sends a batch that is full or has waited long enough; else sees to it that it does not wait longer. */
  #closeOrWait(batch: QueueBatch): void {
    const { kernel } = this.account;
    const endsAtMs = batch.openedAtMs + this.#windowMs();
    if (batch.full || endsAtMs <= kernel.now) return this.#close(batch);
    if (this.#windowEnd?.atMs === endsAtMs && !this.#windowEnd.cancelled) return;
    kernel.cancel(this.#windowEnd);
    const label = `mapping ${this.#settings.name}: window ends`;
    this.#windowEnd = kernel.at(endsAtMs, label, () => this.#close(batch));
  }

  #close(batch: QueueBatch): void {
    this.account.kernel.cancel(this.#windowEnd);
    this.#open = undefined;
    batch.send();
  }

  #windowMs(): number {
    const windowMs = this.#settings.maximumBatchingWindowInSeconds * 1000;
    if (windowMs === 0 || windowMs >= QUIET_WINDOW_MS) return windowMs;
    const { assumptions } = this.account;
    return assumptions.choice("sqs.quietWindow") === "20-seconds" ? QUIET_WINDOW_MS : windowMs;
  }

  /** How long messages are ours: the queue's timeout, unless a window would use it up. */
  #visibilityMs(queueSeconds: number): number {
    const windowMs = this.#windowMs();
    const { assumptions, services } = this.account;
    const fn = services.lambda.find(this.#settings.functionArn);
    const neededMs = windowMs + (fn?.settings.timeoutMs ?? 0);
    if (windowMs === 0 || neededMs <= queueSeconds * 1000) return queueSeconds * 1000;
    if (assumptions.choice("sqs.windowVisibility") === "queue") return queueSeconds * 1000;
    return neededMs + WINDOW_VISIBILITY_EXTRA_MS;
  }

  /** All pollers are busy and messages wait: if there will be more pollers, they receive then. */
  #waitForGrowth(): void {
    const { kernel } = this.account;
    this.#concurrency.backlog(kernel.now);
    const atMs = this.#concurrency.nextGrowthMs(kernel.now);
    const planned = this.#growth && !this.#growth.cancelled;
    if (atMs === undefined || (planned && this.#growth!.atMs <= atMs)) return;
    kernel.cancel(this.#growth);
    const label = `mapping ${this.#settings.name}: more pollers`;
    this.#growth = kernel.at(atMs, label, () => this.#receive());
  }

  #over(batch: QueueBatch, end: BatchEnd): void {
    const { assumptions, kernel } = this.account;
    this.#batches.delete(batch);
    this.#noteIdle();
    const failed = end === "failed" || end === "unsent";
    // With partial responses, pollers do not slow down for errors. (AWS page: "Handling errors …".)
    const counts = end === "unsent" || (failed && !this.#settings.reportBatchItemFailures);
    if (end === "ok") this.#concurrency.succeeded();
    else if (counts && assumptions.choice("sqs.errorBackoff") !== "none") {
      this.#concurrency.failed(kernel.now);
    }
    this.#lastProcessingResult = failed ? "PROBLEM: Function call failed" : "OK";
    if (this.#state === "Enabled" && this.#queue()?.hasVisible) this.#heard();
  }

  #remove(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
    const { sqs } = this.account.services;
    // A queue that has gone took its messages with it.
    if (!this.#queue()) return [];
    if (!this.#may("sqs:DeleteMessage")) return messages;
    const handles = messages.map(({ ReceiptHandle }) => ReceiptHandle);
    const deleted: boolean[] = [];
    for (let from = 0; from < handles.length; from += REQUEST_MESSAGES_MAX) {
      const request = handles.slice(from, from + REQUEST_MESSAGES_MAX);
      deleted.push(...sqs.deleteBatchFor(this.source.arn, request));
    }
    return messages.filter((_, index) => !deleted[index]);
  }

  #mayReceive(): boolean {
    if (this.#may("sqs:ReceiveMessage")) return true;
    this.#lastProcessingResult = "PROBLEM: The role may not receive from the queue";
    return false;
  }

  #may(action: string): boolean {
    const { iam, lambda } = this.account.services;
    const fn = lambda.find(this.#settings.functionArn);
    // Without the function there is nobody whose rights could be missing: the invocation will say so.
    return !fn || iam.allows(fn.settings.roleArn, action, this.source.arn);
  }

  #noteIdle(): void {
    const { assumptions, kernel } = this.account;
    const { maximumConcurrency = Infinity } = this.#settings;
    const pollers = Math.min(assumptions.number("sqs.idlePollers"), maximumConcurrency);
    const idle = this.#state === "Enabled" ? Math.max(0, pollers - this.#batches.size) : 0;
    this.#idlePolls.change(kernel.now, idle);
  }

  #decide(
    kind: DecisionKind,
    recordIds: readonly string[],
    details: { readonly attempt: number; readonly requestId?: string; readonly reason?: string },
  ): void {
    const atMs = this.account.kernel.now;
    const { name } = this.#settings;
    this.decisions.push({ atMs, mapping: name, kind, recordIds, ...details });
    const reason = details.reason ? ` (${details.reason})` : "";
    this.account.trace.append(
      atMs,
      `mapping ${name}: ${kind} ${recordIds.length} from ${recordIds[0]}, ` +
        `attempt ${details.attempt}${reason}`,
    );
  }
}
