const FIRST_MS = 500;
const LONGEST_MS = 60_000;
const CONSTANT_MS = 1000;

/**
 * How long a lane waits before it sends again what failed for the `failures`-th time (from 1).
 *
 * Source: assumption `stream.backoff`.
 */
export function backoffMs(policy: string, failures: number): number {
  if (policy === "constant-1s") return CONSTANT_MS;
  // 2^7 × 0.5 s is past the longest wait; a larger exponent would only overflow.
  return Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 7), LONGEST_MS);
}

const THROTTLE_FIRST_MS = 1000;
const THROTTLE_LONGEST_MS = 30_000;

/**
 * How long a batch of messages waits before it is sent again after it was throttled for the `throttles`-th
 * time (from 1).
 *
 * Source: assumption `sqs.throttleBackoff`.
 */
export function throttleBackoffMs(policy: string, throttles: number): number {
  if (policy === "constant-1s") return CONSTANT_MS;
  return Math.min(THROTTLE_FIRST_MS * 2 ** Math.min(throttles - 1, 5), THROTTLE_LONGEST_MS);
}
