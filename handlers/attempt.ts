import { randomUUID } from "node:crypto";
import type { Invocation } from "./transact";

/**
 * Makes the function that says which attempt at an event this is. Its tokens are drawn: all attempts at an asynchronous
 * event have one request id, and tokens made of that would hide, for ten minutes, that an effect is had a second time.
 */
export function createAttemptOf(): (context: { getRemainingTimeInMillis(): number }) => Invocation {
  return (context) => ({
    remainingMs: () => context.getRemainingTimeInMillis(),
    nextToken: () => randomUUID(),
  });
}
