import type { Fault } from "../account";
import { START_AT_MS } from "../workloads";
import { CONSUMER } from "./topology";

const MINUTE_MS = 60_000;
const AFTER_LAST_PUT_MS = 5 * MINUTE_MS;

/** Shares that no option sets. Calls are drawn, and most invocations make few: only some of these strike. */
const ANSWER_LOST = 0.05;
const WRITE_THROTTLED = 0.2;
const THROTTLED = "ProvisionedThroughputExceededException";

/**
 * What goes wrong, the same in every stack: the consumer fails before it does anything, after it has committed, between
 * two calls, or goes on beyond its timeout; answers get lost; writes are throttled, some although they took effect; for
 * a minute the consumer is throttled, and for another, across the end of a window, every invocation fails.
 *
 * @param failPercent of the consumer's invocations, all four ways together
 * @param lastPutMs after the run's start
 */
export function tripFaults(failPercent: number, lastPutMs: number): Fault[] {
  const until = START_AT_MS + lastPutMs + AFTER_LAST_PUT_MS;
  const quarter = failPercent / 100 / 4;
  const drawn = (kind: Fault["kind"], probability: number, error?: Fault["error"]): Fault => ({
    function: CONSUMER,
    kind,
    probability,
    until,
    ...(error && { error }),
  });
  const outage = (kind: Fault["kind"], fromMs: number): Fault => ({
    function: CONSUMER,
    kind,
    from: START_AT_MS + fromMs,
    until: START_AT_MS + fromMs + MINUTE_MS,
  });
  // The end of the window of five minutes that is nearest to the middle.
  const endMs = Math.max(1, Math.round(lastPutMs / 2 / (5 * MINUTE_MS))) * 5 * MINUTE_MS;
  const failures = [
    drawn("before-effect", quarter),
    drawn("after-commit", quarter),
    drawn("kill", quarter),
    drawn("timeout", quarter),
  ].filter(({ probability }) => probability! > 0);
  return [
    ...failures,
    drawn("response-lost", ANSWER_LOST),
    drawn("sdk-error", WRITE_THROTTLED, { code: THROTTLED, effect: false }),
    drawn("sdk-error", WRITE_THROTTLED / 4, { code: THROTTLED, effect: true }),
    outage("throttle", Math.round(endMs * 0.4)),
    outage("down", endMs - MINUTE_MS / 4),
  ];
}
