/** Source: "Configuring scaling behavior for SQS event source mappings" (2026). */
const INITIAL = 5;
const MOST = 1250;
const GROWTH_PER_MINUTE = 300;

/** Failures leave at least as many as Lambda keeps for a queue with little traffic (same source). */
const FEWEST = 2;

/** How the growth of 300 a minute is spread, by the value of assumption `sqs.scaleUp`. */
const STEP_MS: Readonly<Record<string, number>> = { "every-second": 1000, "every-minute": 60_000 };

/**
 * How many batches of a queue may be under way at once. Starts at five, grows while messages are waiting,
 * goes back to five when none are, and gives way to failures. Pure: the caller says what time it is.
 */
export class QueueConcurrency {
  #allocated = INITIAL;
  #growingSinceMs: number | undefined;
  /** Taken away by failures, given back by successes. */
  #deficit = 0;

  constructor(
    /** `ScalingConfig.MaximumConcurrency`. */
    private readonly maximum: () => number | undefined,
    /** Assumption `sqs.scaleUp`; asked once it matters. */
    private readonly scaleUp: () => string,
  ) {}

  limit(nowMs: number): number {
    const allocated = Math.min(this.#allocated + this.#grown(nowMs), this.#most);
    return Math.max(Math.min(FEWEST, allocated), allocated - this.#deficit);
  }

  /** Messages are waiting, and all that is allocated is in use. */
  backlog(nowMs: number): void {
    // Failing faster is nobody's aim: what failures took away must come back before it grows.
    if (this.#deficit === 0) this.#growingSinceMs ??= nowMs;
  }

  /** No message is waiting. */
  drained(): void {
    this.#allocated = INITIAL;
    this.#growingSinceMs = undefined;
    this.#deficit = Math.min(this.#deficit, INITIAL - FEWEST);
  }

  /** When there will be more than now; `undefined` if it is not growing. */
  nextGrowthMs(nowMs: number): number | undefined {
    if (this.#growingSinceMs === undefined || this.limit(nowMs) >= this.#most) return undefined;
    const stepMs = this.#stepMs;
    const steps = Math.floor((nowMs - this.#growingSinceMs) / stepMs) + 1;
    return this.#growingSinceMs + steps * stepMs;
  }

  failed(nowMs: number): void {
    this.#allocated = Math.min(this.#allocated + this.#grown(nowMs), this.#most);
    this.#growingSinceMs = undefined;
    this.#deficit = Math.max(0, Math.min(this.#deficit + 1, this.#allocated - FEWEST));
  }

  succeeded(): void {
    this.#deficit = Math.max(0, this.#deficit - 1);
  }

  get #most(): number {
    return this.maximum() ?? MOST;
  }

  get #stepMs(): number {
    return STEP_MS[this.scaleUp()]!;
  }

  #grown(nowMs: number): number {
    if (this.#growingSinceMs === undefined) return 0;
    const stepMs = this.#stepMs;
    const perStep = (GROWTH_PER_MINUTE * stepMs) / 60_000;
    return perStep * Math.floor((nowMs - this.#growingSinceMs) / stepMs);
  }
}
