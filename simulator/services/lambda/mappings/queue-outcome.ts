import type { Outcome } from "../invocation";
import { readReportedFailures } from "./partial-response";

/** What an attempt to invoke said about its batch of messages. */
export type QueueVerdict =
  /** The function was not invoked. */
  | { readonly kind: "throttled"; readonly reason: string }
  /** Nothing is deleted. */
  | { readonly kind: "failed"; readonly reason: string }
  /** The function returned; the messages at these indexes are failed, the others done. */
  | { readonly kind: "returned"; readonly failed: ReadonlySet<number> };

const NONE: ReadonlySet<number> = new Set();

/** Reads the outcome of an attempt to invoke. Pure. Source: "Handling errors for an SQS event source". */
export function queueVerdictOf(
  result: { readonly outcome?: Outcome; readonly response?: unknown; readonly reason?: string },
  messageIds: () => readonly string[],
  reportBatchItemFailures: boolean,
): QueueVerdict {
  const { outcome } = result;
  if (outcome === "throttled") return { kind: "throttled", reason: result.reason ?? "throttled" };
  if (outcome !== "ok") return { kind: "failed", reason: outcome ?? "no outcome" };
  if (!reportBatchItemFailures) return { kind: "returned", failed: NONE };
  const reported = readReportedFailures(result.response, messageIds());
  if (reported.kind === "malformed") return { kind: "failed", reason: reported.reason };
  return { kind: "returned", failed: reported.kind === "failures" ? reported.indexes : NONE };
}
