/**
 * How an asynchronous event came to its end. `retries-exhausted`, `age-exceeded` and `zero-concurrency` are what
 * destinations call RetriesExhausted, EventAgeExceeded and ZeroReservedConcurrency; `dropped`: its function is gone.
 */
export type AsynchronousEnd =
  "ok" | "retries-exhausted" | "age-exceeded" | "zero-concurrency" | "dropped";

/** One event in a function's asynchronous queue, and what became of it. */
export interface AsynchronousEvent {
  /** The same for every attempt. */
  readonly requestId: string;
  /** The function's logical name. */
  readonly function: string;
  /** What it is about, whatever sent it: the id of the event, of the message, … */
  readonly eventIdentity: string;
  /** Who sent it: `rule …`, `subscription …`, `Invoke (Event)`. */
  readonly source: string;
  /** Virtual milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** Invocations that reached the function. */
  readonly attempts: number;
  /** Invocations that were throttled before it. */
  readonly throttles: number;
  /** Absent while it waits or runs. */
  readonly ended?: AsynchronousEnd;
  readonly endedAtMs?: number;
  /** ARNs of the dead-letter queue and the destinations that refused it: what they were to keep is lost. */
  readonly lostTo: readonly string[];
}
