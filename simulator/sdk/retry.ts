import { isThrottlingError, isTransientError } from "@smithy/core/retry";
import type { Reply } from "./transport";

/** What a client needs to wait and to draw in its own time. */
export interface RetryTime {
  sleep(ms: number): Promise<void>;
  /** A number in [0, 1). */
  fraction(): number;
}

/** The last reply, and what it took to get there. */
export interface FinalReply {
  readonly reply: Reply;
  readonly attempts: number;
  /** Milliseconds. */
  readonly totalRetryDelay: number;
}

type RetryableError = Parameters<typeof isTransientError>[0];

/**
 * The SDK's standard retry strategy in virtual time: the original waits with the host's `setTimeout` and
 * draws from the host's `Math.random`. Source: `StandardRetryStrategy` of `@smithy/core`.
 */
const DELAY_BASE_MS = 50;
const THROTTLING_DELAY_BASE_MS = 1_000;
const DELAY_MAX_MS = 20_000;
const CAPACITY = 500;
const RETRY_COST = 14;
const THROTTLING_RETRY_COST = 5;
const SUCCESS_REFUND = 1;

/** The state of one client: the bucket of retry tokens outlives a call. */
export class StandardRetries {
  #capacity = CAPACITY;

  constructor(
    readonly maxAttempts: number,
    private readonly time: RetryTime,
  ) {}

  /** Calls `attempt` until it succeeds, fails for good, or attempts or tokens run out. */
  async run(attempt: () => Promise<Reply>): Promise<FinalReply> {
    let refund = SUCCESS_REFUND;
    let totalRetryDelay = 0;
    for (let attempts = 1; ; attempts++) {
      const reply = await attempt();
      if ("output" in reply) {
        this.#capacity = Math.min(CAPACITY, this.#capacity + refund);
        return { reply, attempts, totalRetryDelay };
      }
      const error = reply.error as RetryableError;
      const throttling = isThrottlingError(error);
      const cost = throttling ? THROTTLING_RETRY_COST : RETRY_COST;
      const retryable = throttling || isTransientError(error);
      if (!retryable || attempts >= this.maxAttempts || this.#capacity < cost) {
        return { reply, attempts, totalRetryDelay };
      }
      this.#capacity -= cost;
      refund = cost;
      const baseMs = throttling ? THROTTLING_DELAY_BASE_MS : DELAY_BASE_MS;
      const delayMs = this.time.fraction() * Math.min(baseMs * 2 ** (attempts - 1), DELAY_MAX_MS);
      totalRetryDelay += Math.floor(delayMs);
      await this.time.sleep(Math.floor(delayMs));
    }
  }
}
