import type { AssumptionName } from "../../../assumptions";
import type { Outcome } from "../invocation";
import { readPartialResponse } from "./partial-response";
import type { StreamMappingSettings } from "./settings";

/** What an invocation said about its batch. */
export type Verdict =
  | { readonly kind: "ok" }
  | { readonly kind: "throttled"; readonly reason: string }
  /** A partial response with progress: the first `done` records are finished. */
  | { readonly kind: "checkpoint"; readonly done: number }
  | {
      readonly kind: "failed";
      readonly functionError: "Unhandled" | null;
      /** Whether a valid partial response named the first record: progress is nil, the culprit known. */
      readonly firstReported: boolean;
      readonly reason: string;
    };

/** What the lane does next with the batch. */
export type Plan =
  | { readonly kind: "done" }
  /** Sent again as it is; `failures` is the retry counter. */
  | { readonly kind: "retry"; readonly failures: number }
  | { readonly kind: "throttled" }
  /** The first `done` records are finished; the rest is sent again with a fresh counter. */
  | { readonly kind: "checkpoint"; readonly done: number }
  /** Two parts, cut before the record at `at`. */
  | { readonly kind: "split"; readonly at: number; readonly failures: number }
  /** The first `count` records are given up after `failures` invocations; the rest starts afresh. */
  | { readonly kind: "discard"; readonly count: number; readonly failures: number };

export type PlanSettings = Pick<
  StreamMappingSettings,
  "bisectBatchOnFunctionError" | "maximumRetryAttempts"
>;

/** The policy in force for an assumption. Asked only where it decides something. */
export type PolicyOf = (name: AssumptionName) => string;

/** Reads the outcome of an invocation. Pure. */
export function verdictOf(
  invocation: { readonly outcome?: Outcome; readonly response?: unknown },
  sequenceNumbers: () => readonly string[],
  reportBatchItemFailures: boolean,
): Verdict {
  const { outcome } = invocation;
  if (outcome === "throttled") return { kind: "throttled", reason: "throttled" };
  if (outcome !== "ok") {
    const reason = outcome ?? "no outcome";
    return { kind: "failed", functionError: "Unhandled", firstReported: false, reason };
  }
  if (!reportBatchItemFailures) return { kind: "ok" };
  const partial = readPartialResponse(invocation.response, sequenceNumbers());
  if (partial.kind === "success") return { kind: "ok" };
  if (partial.kind === "checkpoint" && partial.index > 0) {
    return { kind: "checkpoint", done: partial.index };
  }
  const firstReported = partial.kind === "checkpoint";
  const reason = partial.kind === "malformed" ? partial.reason : "the first record was reported";
  return { kind: "failed", functionError: null, firstReported, reason };
}

/**
 * Decides what becomes of a batch. Pure.
 *
 * @param size records in the batch
 * @param failures failed invocations before this one since its counter started
 */
export function planFor(
  verdict: Verdict,
  { failures: before, size }: { readonly failures: number; readonly size: number },
  settings: PlanSettings,
  policyOf: PolicyOf,
): Plan {
  if (verdict.kind === "ok") return { kind: "done" };
  if (verdict.kind === "throttled") return { kind: "throttled" };
  if (verdict.kind === "checkpoint") return { kind: "checkpoint", done: verdict.done };
  const failures = before + 1;
  const { bisectBatchOnFunctionError, maximumRetryAttempts } = settings;
  // Retries are additional: the first invocation is none.
  const exhausted = maximumRetryAttempts >= 0 && failures > maximumRetryAttempts;
  if (bisectBatchOnFunctionError && size > 1) {
    const inherits = policyOf("bisect.retryCounter") === "inherit";
    // A split uses no retry, unless it is assumed to count as one: then the quota ends splitting, too.
    if (!inherits || !exhausted) {
      const half = policyOf("bisect.left") === "ceil" ? Math.ceil(size / 2) : Math.floor(size / 2);
      return { kind: "split", at: half, failures: inherits ? failures : 0 };
    }
  }
  if (!exhausted) return { kind: "retry", failures };
  const alone =
    verdict.firstReported && size > 1 && policyOf("checkpoint.exhausted") === "failed-record";
  return { kind: "discard", count: alone ? 1 : size, failures };
}
