import type { StreamRecord } from "../../stream-source";
import { type BatchLimits, RecordQueue } from "./batching";
import type { LaneContext } from "./lane";
import type { LaneWindows } from "./lane-windows";
import type { PollClock } from "./poll-clock";
import { type Closing, type Unit, freshUnit } from "./unit";

/** The records of a lane that no batch has yet, and when the next batch is made of them. */
export class Intake {
  readonly #queue = new RecordQueue();
  /** With filters: what no poll has seen yet. Only a poll filters. */
  #unseen: StreamRecord[] = [];

  constructor(
    private readonly context: LaneContext,
    private readonly clock: PollClock,
    private readonly windows: LaneWindows,
    private readonly onFiltered: (records: readonly StreamRecord[]) => void,
  ) {}

  get length(): number {
    return this.#queue.length + this.#unseen.length;
  }

  admit(record: StreamRecord): void {
    if (this.context.filter || this.#unseen.length > 0) this.#unseen.push(record);
    else this.#queue.push(record);
  }

  /** After a change of filters: all that wait are judged by the new ones. */
  refilter(): void {
    this.#unseen = this.takeAll();
  }

  takeAll(): StreamRecord[] {
    return [...this.#queue.takeAll(), ...this.#unseen.splice(0)];
  }

  /** Lets the records that are seen by now through the filter. */
  poll(nowMs: number): void {
    if (this.#unseen.length === 0) return;
    const { filter } = this.context;
    const later = this.#unseen.findIndex((record) => this.#seenAtMs(record) > nowMs);
    const filtered: StreamRecord[] = [];
    for (const record of this.#unseen.splice(0, later < 0 ? this.#unseen.length : later)) {
      if (!filter || filter(record)) this.#queue.push(record);
      else filtered.push(record);
    }
    if (filtered.length > 0) this.onFiltered(filtered);
  }

  /** When there is something to send or to filter; `Infinity` if nothing is there. */
  dueAtMs(): number {
    const batchAtMs = this.#closesAtMs() ?? this.#queue.dueAtMs(this.#limits());
    const unseen = this.#unseen[0];
    return unseen ? Math.min(batchAtMs, this.#seenAtMs(unseen)) : batchAtMs;
  }

  /** What is due now: a batch, or the final invocation of a window. */
  nextUnit(nowMs: number): Unit {
    const closing: Closing = { kind: "final", sinceMs: nowMs };
    if (this.windows.isDrained(this.#queue.first)) return freshUnit([], 0, closing);
    const records = this.#queue.take(this.#limits(), nowMs);
    this.windows.read(records);
    const { first } = this.#queue;
    const next = first && this.#seenAtMs(first) <= nowMs ? first : undefined;
    return freshUnit(records, 0, this.windows.isFinalBatch(next) ? closing : undefined);
  }

  /** When the open window is to be closed; nothing while records of it are waiting. */
  #closesAtMs(): number | undefined {
    const { first } = this.#queue;
    if (!this.windows.isDrained(first)) return undefined;
    // A later record tells that none will come any more; without one, Lambda waits.
    const idleAtMs = this.#firstPollAfter(this.windows.idleCloseMs);
    return first ? Math.min(this.#seenAtMs(first), idleAtMs) : idleAtMs;
  }

  #limits(): BatchLimits {
    const { settings } = this.context;
    return {
      batchSize: settings.batchSize,
      windowMs: settings.maximumBatchingWindowInSeconds * 1000,
      payloadBytesMax: this.windows.payloadBytesMax,
      untilMs: this.windows.untilMs(this.#queue.first),
      visibleAt: (record) => this.#seenAtMs(record),
    };
  }

  #seenAtMs({ arrivedAtMs }: StreamRecord): number {
    return this.#firstPollAfter(arrivedAtMs);
  }

  #firstPollAfter(atMs: number): number {
    return this.clock.firstAfter(Math.max(atMs, this.context.enabledAtMs));
  }
}
