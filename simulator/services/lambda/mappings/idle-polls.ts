/** A poll that finds nothing takes this long, and costs a request. Source: "Amazon SQS short and long polling". */
const LONG_POLL_MS = 20_000;

/** Counts the long polls of idle pollers that come back empty, from how long the pollers were idle. */
export class IdlePolls {
  #idle = 0;
  #sinceMs = 0;
  #pollerMs = 0;

  /** From now on so many pollers wait. */
  change(nowMs: number, idle: number): void {
    this.#pollerMs += this.#idle * (nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
    this.#idle = idle;
  }

  /** The empty polls since this was last asked; what is left of one is kept for the next time. */
  take(nowMs: number): number {
    this.change(nowMs, this.#idle);
    const polls = Math.floor(this.#pollerMs / LONG_POLL_MS);
    this.#pollerMs -= polls * LONG_POLL_MS;
    return polls;
  }
}
