import TinyQueue from "tinyqueue";
import type { Trace } from "./trace";

/** Something that will happen at a virtual instant. */
export interface SimEvent {
  /** Virtual milliseconds since the epoch, a whole number. */
  readonly atMs: number;
  /** Scheduling order. Breaks ties, so that a run depends on its seed alone. */
  readonly seq: number;
  /** `<resource>: <what>`, as the trace prints it. */
  readonly label: string;
  readonly run: () => void;
  cancelled: boolean;
  /** A background event alone does not keep an account from being settled. */
  readonly background: boolean;
}

export const compareEvents = (a: SimEvent, b: SimEvent): number => a.atMs - b.atMs || a.seq - b.seq;

interface Waiter {
  readonly done: () => boolean;
  readonly untilMs: number;
  readonly resolve: (done: boolean) => void;
  readonly reject: (cause: unknown) => void;
}

/** More events than this at one virtual instant can only be a loop that never ends. */
const EVENTS_AT_ONE_INSTANT_MAX = 5_000_000;

/**
 * The clock of an account: one queue of events in total order. Nothing else moves time.
 *
 * After each event the microtask queue is drained, so that all the code an event woke has run as far
 * as it can before the next event.
 */
export class Kernel {
  readonly #queue = new TinyQueue<SimEvent>([], compareEvents);
  readonly #waiters = new Set<Waiter>();
  readonly #afterEvent: (() => void)[] = [];
  #now: number;
  #seq = 0;
  #pendingForeground = 0;
  #running = false;
  #eventsNow = 0;

  constructor(
    startAtMs: number,
    readonly trace: Trace,
  ) {
    this.#now = startAtMs;
  }

  /** Virtual milliseconds since the epoch. */
  get now(): number {
    return this.#now;
  }

  /** Whether nothing but background events is scheduled. */
  get quiet(): boolean {
    return this.#pendingForeground === 0;
  }

  /** What is scheduled next, soonest first; for messages. */
  pending(count: number): SimEvent[] {
    return this.#queue.data
      .filter((event) => !event.cancelled)
      .sort(compareEvents)
      .slice(0, count);
  }

  /** Runs `run` in `delayMs` (a whole number, at least 0) from now. */
  after(delayMs: number, label: string, run: () => void, background = false): SimEvent {
    return this.at(this.#now + delayMs, label, run, background);
  }

  /** Runs `run` at `atMs`, which must not be in the past. */
  at(atMs: number, label: string, run: () => void, background = false): SimEvent {
    if (!Number.isSafeInteger(atMs) || atMs < this.#now) {
      throw new Error(`${label}: cannot be scheduled at ${atMs}, now is ${this.#now}`);
    }
    const event: SimEvent = { atMs, seq: this.#seq++, label, run, cancelled: false, background };
    this.#queue.push(event);
    if (!background) this.#pendingForeground++;
    return event;
  }

  cancel(event: SimEvent | undefined): void {
    if (!event || event.cancelled) return;
    event.cancelled = true;
    if (!event.background) this.#pendingForeground--;
  }

  /** Calls `check` after every event, when all it woke has run. For invariants; it must not act. */
  onEventDone(check: () => void): void {
    this.#afterEvent.push(check);
  }

  /**
   * Runs events until `done()` holds, the next one lies after `untilMs`, or none is left; resolves to
   * whether `done()` holds. Several callers may wait at once: they share one loop.
   */
  runUntil(done: () => boolean, untilMs = Infinity): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ done, untilMs, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        void this.#loop();
      }
    });
  }

  async #loop(): Promise<void> {
    try {
      // Calls that a caller issues together must all be registered before time moves.
      await drained();
      while (this.#waiters.size > 0) {
        if (this.#releaseWaiters()) {
          await drained();
          continue;
        }
        const event = this.#queue.pop();
        if (!event) throw new Error("the event queue ran dry while a caller was waiting");
        if (event.cancelled) continue;
        this.#step(event);
        await drained();
        for (const check of this.#afterEvent) check();
      }
    } catch (cause) {
      for (const waiter of this.#waiters) waiter.reject(cause);
      this.#waiters.clear();
    } finally {
      this.#running = false;
    }
  }

  #step(event: SimEvent): void {
    this.#eventsNow = event.atMs === this.#now ? this.#eventsNow + 1 : 0;
    if (this.#eventsNow > EVENTS_AT_ONE_INSTANT_MAX) {
      throw new Error(`time stands still at ${this.#now}: ${event.label} again and again`);
    }
    this.#now = event.atMs;
    if (!event.background) this.#pendingForeground--;
    // From here on it has run; cancelling it later must not count it twice.
    event.cancelled = true;
    this.trace.append(event.atMs, event.label);
    event.run();
  }

  /** Resolves every waiter that has what it waits for. Tells whether there was one. */
  #releaseWaiters(): boolean {
    while (this.#queue.peek()?.cancelled) this.#queue.pop();
    const nextMs = this.#queue.peek()?.atMs ?? Infinity;
    let released = false;
    for (const waiter of this.#waiters) {
      const done = waiter.done();
      if (!done && nextMs <= waiter.untilMs) continue;
      // Time only passes for a caller that waits for time; `Infinity` waits for something else.
      if (!done && waiter.untilMs !== Infinity) this.#now = Math.max(this.#now, waiter.untilMs);
      this.#waiters.delete(waiter);
      waiter.resolve(done);
      released = true;
    }
    return released;
  }
}

/** Resolves when every promise that could go on has gone on. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
