/** Requests a second, and how many at once. */
export interface ThrottleLimits {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/** All APIs of an account and Region together. (AWS page: API Gateway quotas.) */
export const ACCOUNT_LIMITS: ThrottleLimits = { rateLimit: 10_000, burstLimit: 5_000 };

const MILLI = 1_000;

/** A token bucket: holds `burstLimit` tokens, filled with `rateLimit` a second; each request takes one. */
export class TokenBucket {
  /** In thousandths, so that whole rates stay whole numbers a millisecond. */
  #milliTokens: number;
  #filledAtMs: number;

  constructor(
    readonly limits: ThrottleLimits,
    nowMs: number,
  ) {
    this.#milliTokens = limits.burstLimit * MILLI;
    this.#filledAtMs = nowMs;
  }

  hasToken(nowMs: number): boolean {
    const { burstLimit, rateLimit } = this.limits;
    const filled = this.#milliTokens + (nowMs - this.#filledAtMs) * rateLimit;
    this.#milliTokens = Math.min(burstLimit * MILLI, filled);
    this.#filledAtMs = nowMs;
    return this.#milliTokens >= MILLI;
  }

  take(): void {
    this.#milliTokens -= MILLI;
  }
}
