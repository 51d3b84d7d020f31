import { z } from "zod";

const count = z.int().min(0);

/** Which policy ended the life of a dead letter. */
export const ENDS = [
  /** EventBridge: its retries were used up. */
  "targetRetries",
  /** EventBridge: it was too old. */
  "targetAge",
  /** EventBridge: it may not deliver. */
  "noPermissions",
  /** EventBridge: there is nothing to deliver to. */
  "noResource",
  /** EventBridge: another refusal for good. */
  "targetRefused",
  /** Lambda: the function failed once more than it may. */
  "asynchronousRetries",
  /** Lambda: it was too old. */
  "asynchronousAge",
  /** Lambda: the function may not run at all. */
  "zeroConcurrency",
  /** SQS: it was received too often. */
  "receiveCount",
] as const;

export type End = (typeof ENDS)[number];

/** What a run of the workload `orders` comes to besides what all runs do. */
export const orderBlockSchema = z.strictObject({
  /** Every request of every client, by what came back. */
  answers: z.strictObject({
    /** 202 */
    accepted: count,
    /** 400 */
    invalid: count,
    /** 422 */
    conflict: count,
    /** 429 */
    throttled: count,
    /** Anything else. */
    error: count,
    /** Nothing: the connection broke, or the client gave up waiting. */
    none: count,
  }),
  /** Orders that were never accepted, and left nothing behind. */
  refused: count,
  /** Orders whose client was told something else than what became of them. */
  answeredWrongly: count,
  /** Orders with an effect more than once. */
  processedTwice: count,
  /** Events that no consumer can process. They are in `records`, too. */
  poison: z.strictObject({ deadLettered: count, lost: count, pending: count }),
  /** Units taken from the stock beyond what the orders, each once, take. */
  oversoldUnits: count,
  deadLetters: z.strictObject({
    total: count,
    /** No invocation of a function ever saw them. */
    neverInvoked: count,
    endedBy: z.strictObject(
      Object.fromEntries(ENDS.map((end) => [end, count])) as Record<End, typeof count>,
    ),
  }),
  /** Times that a client gave up for good: no request of it was answered by what it can act upon. */
  clientErrors: count,
});

export type OrderBlock = z.infer<typeof orderBlockSchema>;
