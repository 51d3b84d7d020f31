import TinyQueue from "tinyqueue";
import type { SimEvent } from "../../kernel/kernel";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Message } from "./message";
import { FifoOrder, StandardOrder, type DeliveryOrder } from "./order";
import {
  parseRedriveAllowPolicy,
  parseRedrivePolicy,
  type QueueSettings,
  type RedriveAllowPolicy,
  type RedrivePolicy,
} from "./settings";

/** Messages in flight per queue. Source: "Amazon SQS message quotas". */
const IN_FLIGHT_MAX = 120_000;

interface Hidden {
  readonly message: Message;
  readonly atMs: number;
  readonly order: number;
}

/** Somebody who wants to hear when a message can be received. */
export type MessageListener = () => void;

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/**
 * The messages of a queue. Time has its effect when somebody looks: visibility and retention cost no events
 * unless a consumer is waiting.
 */
export class Queue {
  readonly createdAtMs: number;
  modifiedAtMs: number;
  purgedAtMs = -Infinity;
  /** Messages that nobody deleted within the retention period, oldest first. */
  readonly expired: Message[] = [];
  readonly #messages = new Map<string, Message>();
  readonly #order: DeliveryOrder;
  readonly #hidden = new TinyQueue<Hidden>([], (a, b) => a.atMs - b.atMs || a.order - b.order);
  readonly #listeners = new Set<MessageListener>();
  #settings: QueueSettings;
  #redrivePolicy: RedrivePolicy | undefined;
  #redriveAllowPolicy: RedriveAllowPolicy | undefined;
  #inFlight = 0;
  #stored = 0;
  #wake: SimEvent | undefined;
  #notifying = false;

  /** @param redrive moves a message to its dead-letter queue; false if that is not possible */
  constructor(
    readonly name: string,
    readonly arn: string,
    readonly url: string,
    settings: QueueSettings,
    private readonly account: Account,
    private readonly redrive: (queue: Queue, message: Message) => boolean,
  ) {
    this.createdAtMs = account.kernel.now;
    this.modifiedAtMs = account.kernel.now;
    this.#settings = { ...settings };
    this.#order = settings.fifo ? new FifoOrder() : new StandardOrder();
    this.#parsePolicies();
  }

  get settings(): Readonly<QueueSettings> {
    return this.#settings;
  }

  get redrivePolicy(): RedrivePolicy | undefined {
    return this.#redrivePolicy;
  }

  get redriveAllowPolicy(): RedriveAllowPolicy | undefined {
    return this.#redriveAllowPolicy;
  }

  change(changes: Partial<QueueSettings>): void {
    Object.assign(this.#settings, changes);
    this.modifiedAtMs = this.account.kernel.now;
    this.#parsePolicies();
  }

  /** The place of the next message in the queue's order. */
  nextOrder(): number {
    return ++this.#stored;
  }

  /** Whether somebody would receive something now. */
  get hasVisible(): boolean {
    this.#advance();
    return this.#order.hasNext();
  }

  /** Stores a message; `visibleAtMs` in the future delays it. */
  add(message: Message): void {
    this.#messages.set(message.messageId, message);
    this.#order.stored(message);
    if (message.visibleAtMs > this.account.kernel.now) this.#hide(message);
    else this.#show(message);
    this.#notify();
  }

  /**
   * Takes up to `max` visible messages into flight, for `visibilityMs`. Those received too often already go
   * to the dead-letter queue instead.
   *
   * @throws OverLimit if too many messages of a standard queue are in flight
   */
  receive(max: number, visibilityMs: number, nextReceipt: () => string): Message[] {
    const wasNotifying = this.#notifying;
    this.#notifying = true; // What this request drops must not wake others in the middle of it.
    try {
      return this.#take(max, visibilityMs, nextReceipt);
    } finally {
      this.#notifying = wasNotifying;
      if (!wasNotifying) this.#notify();
    }
  }

  find(messageId: string): Message | undefined {
    this.#advance();
    return this.#messages.get(messageId);
  }

  remove(message: Message): void {
    if (message.state === "gone") return;
    this.#order.removed(message);
    if (message.state === "in-flight") this.#inFlight--;
    message.state = "gone";
    this.#messages.delete(message.messageId);
    // In a FIFO queue this may have been what the group was waiting for.
    if (this.#settings.fifo) this.#notify();
    else this.#scheduleWake();
  }

  /** Changes until when a message in flight stays invisible. */
  postpone(message: Message, visibleAtMs: number): void {
    message.visibleAtMs = visibleAtMs;
    this.#hidden.push({ message, atMs: visibleAtMs, order: message.order });
    this.#advance();
    this.#notify();
  }

  /** All messages not expired, in order of arrival. */
  messages(): Message[] {
    this.#advance();
    for (const message of [...this.#messages.values()]) {
      if (this.#isExpired(message)) this.#expire(message);
    }
    return [...this.#messages.values()];
  }

  counts(): QueueCounts {
    const messages = this.messages();
    const count = (state: Message["state"]): number =>
      messages.filter((message) => message.state === state).length;
    return { visible: count("ready"), inFlight: count("in-flight"), delayed: count("delayed") };
  }

  purge(): void {
    for (const message of this.#messages.values()) message.state = "gone";
    this.#messages.clear();
    this.#order.clear();
    this.#inFlight = 0;
    this.#scheduleWake();
  }

  /** Calls `listener` whenever messages can be received. Answers a function that ends it. */
  listen(listener: MessageListener): () => void {
    this.#listeners.add(listener);
    this.#scheduleWake();
    return () => {
      this.#listeners.delete(listener);
      this.#scheduleWake();
    };
  }

  #take(max: number, visibilityMs: number, nextReceipt: () => string): Message[] {
    this.#advance();
    const opened = new Set<string>();
    const received: Message[] = [];
    while (received.length < max) {
      if (this.#inFlight >= IN_FLIGHT_MAX) {
        if (received.length > 0 || this.#settings.fifo) break;
        throw new ServiceError("OverLimit", "Too many messages in flight.", { statusCode: 403 });
      }
      const message = this.#order.next(opened);
      if (!message) break;
      if (this.#isExpired(message)) this.#expire(message);
      else if (this.#receivedTooOften(message) && this.redrive(this, message)) this.remove(message);
      else {
        this.#deliver(message, visibilityMs, nextReceipt());
        received.push(message);
      }
    }
    return received;
  }

  #deliver(message: Message, visibilityMs: number, receiptHandle: string): void {
    const { now } = this.account.kernel;
    message.state = "in-flight";
    message.visibleAtMs = now + visibilityMs;
    message.receiveCount++;
    message.firstReceivedAtMs ??= now;
    message.lastReceivedAtMs = now;
    message.receiptHandle = receiptHandle;
    this.#inFlight++;
    this.#order.taken(message);
    this.#hidden.push({ message, atMs: message.visibleAtMs, order: message.order });
  }

  #receivedTooOften(message: Message): boolean {
    return !!this.#redrivePolicy && message.receiveCount >= this.#redrivePolicy.maxReceiveCount;
  }

  #isExpired(message: Message): boolean {
    const expiresAtMs = message.retainedFromMs + this.#settings.messageRetentionPeriod * 1000;
    return expiresAtMs <= this.account.kernel.now;
  }

  #expire(message: Message): void {
    this.expired.push(message);
    this.remove(message);
  }

  #hide(message: Message): void {
    message.state = "delayed";
    this.#hidden.push({ message, atMs: message.visibleAtMs, order: message.order });
  }

  #show(message: Message): void {
    if (message.state === "in-flight") {
      this.#inFlight--;
      this.#order.returned(message);
    }
    message.state = "ready";
    this.#order.ready(message);
  }

  /** Makes visible what has become visible since somebody last looked. */
  #advance(): void {
    for (let next = this.#nextHidden(); next; next = this.#nextHidden()) {
      if (next.atMs > this.account.kernel.now) return;
      this.#hidden.pop();
      this.#show(next.message);
    }
  }

  /** The first entry that still says what is true. */
  #nextHidden(): Hidden | undefined {
    while (this.#hidden.length > 0) {
      const entry = this.#hidden.peek()!;
      const { atMs, message } = entry;
      const hidden = message.state === "in-flight" || message.state === "delayed";
      if (hidden && message.visibleAtMs === atMs) return entry;
      this.#hidden.pop();
    }
    return undefined;
  }

  #notify(): void {
    // A listener that receives or deletes ends up here again: the loop below goes on for it.
    if (this.#notifying) return;
    this.#notifying = true;
    try {
      for (const listener of [...this.#listeners]) {
        if (!this.hasVisible) break;
        if (this.#listeners.has(listener)) listener();
      }
    } finally {
      this.#notifying = false;
    }
    this.#scheduleWake();
  }

  /** One event at the instant the next message becomes visible, while somebody wants to know. */
  #scheduleWake(): void {
    const { kernel } = this.account;
    const next = this.#listeners.size > 0 ? this.#nextHidden() : undefined;
    const pending = this.#wake && !this.#wake.cancelled ? this.#wake : undefined;
    if (pending?.atMs === next?.atMs) return;
    kernel.cancel(pending);
    this.#wake = undefined;
    if (!next) return;
    const atMs = Math.max(next.atMs, kernel.now);
    this.#wake = kernel.at(atMs, `sqs ${this.name}: a message becomes visible`, () => {
      this.#advance();
      this.#notify();
    });
  }

  #parsePolicies(): void {
    this.#redrivePolicy = parseRedrivePolicy(this.#settings.redrivePolicy);
    this.#redriveAllowPolicy = parseRedriveAllowPolicy(this.#settings.redriveAllowPolicy);
  }
}
