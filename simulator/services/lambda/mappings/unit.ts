import type { StreamRecord } from "../../stream-source";

/** The failed invocation that a dead letter tells of. */
export interface FailedInvocation {
  readonly requestId: string;
  readonly executedVersion: string;
  /** Null: the function returned, but not a valid response, or a partial one without progress. */
  readonly functionError: "Unhandled" | null;
}

/** An invocation that takes the state of a tumbling window. */
export interface Closing {
  /** `early`: the state is too large; the window goes on with a fresh one. */
  readonly kind: "final" | "early";
  /** When it was first due. */
  readonly sinceMs: number;
}

/** Neighbouring records of one lane that are sent, retried and given up together. */
export interface Unit {
  /** None only in an invocation that closes a window. */
  readonly records: readonly StreamRecord[];
  /** Failed invocations since the retry counter last started. */
  readonly failures: number;
  /** Throttled attempts in a row: they lengthen the wait, and use up no retry. */
  readonly throttles: number;
  /** When it was last split off a larger batch; 0 if never. */
  readonly splitAtMs: number;
  readonly lastFailure?: FailedInvocation;
  readonly closing?: Closing;
}

export function freshUnit(
  records: readonly StreamRecord[],
  splitAtMs = 0,
  closing: Closing | undefined = undefined,
): Unit {
  return { records, failures: 0, throttles: 0, splitAtMs, closing };
}

/** How many records at the front are older than `limitMs`. The rest of the batch stays, whatever its age. */
export function expiredPrefix(
  records: readonly StreamRecord[],
  limitMs: number,
  nowMs: number,
  ageFromMs = 0,
): number {
  const index = records.findIndex(
    ({ arrivedAtMs }) => nowMs - Math.max(arrivedAtMs, ageFromMs) <= limitMs,
  );
  return index < 0 ? records.length : index;
}
