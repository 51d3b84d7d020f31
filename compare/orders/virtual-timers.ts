import type { Account } from "../account";

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time passes in steps of at most this, so that what is set meanwhile is not missed. */
const STEP_MS = 1_000;

/**
 * Many things at their instants, with one caller that waits for time: a caller each would be asked after every
 * event whether it has waited enough.
 */
export class VirtualTimers {
  /** Soonest last. */
  readonly #timers: Timer[] = [];

  constructor(private readonly account: Account) {}

  /** @param delayMs at least {@link STEP_MS}, once time passes: less could be late */
  after(delayMs: number, run: () => void): void {
    this.at(this.account.now + delayMs, run);
  }

  at(atMs: number, run: () => void): void {
    let low = 0;
    let high = this.#timers.length;
    // At the same instant the first set comes first: later ones go in front of it.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timers[middle]!.atMs > atMs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, { atMs, run });
  }

  /** Lets time pass until `isDone` holds and no timer is left; runs each timer at its instant. */
  async runUntil(isDone: () => boolean): Promise<void> {
    for (;;) {
      const next = this.#timers.at(-1);
      if (next === undefined && isDone()) return;
      const { now } = this.account;
      if (next !== undefined && next.atMs <= now) {
        this.#timers.pop();
        next.run();
        continue;
      }
      const untilMs = Math.min(next?.atMs ?? Infinity, now + STEP_MS);
      await this.account.advance({ seconds: (untilMs - now) / 1_000 });
    }
  }
}
