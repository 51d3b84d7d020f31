import { z } from "zod";

const count = z.int().min(0);
const ms = z.int().min(0);

/** What a run of the workload `errors` comes to besides what all runs do. */
export const errorBlockSchema = z.strictObject({
  /** Rows that the producer has, by `thing_id`. */
  things: z.strictObject({ ok: count, badFormat: count, infra: count }),
  /** Records on the stream beyond one of each row. */
  copies: count,
  /** Where each row ended; the first that fits. */
  ended: z.strictObject({
    /** Processed. */
    done: count,
    /** In DLQ, for nothing can parse it. */
    dlq: count,
    timeout: count,
    infra: count,
    /** In DLQ though nothing is wrong with it: the mapping gave it up in bad company. */
    givenUp: count,
    pending: count,
    /** Nowhere: given up without a destination, or gone from the stream before it was fetched. */
    lost: count,
  }),
  /** What came of records that were delivered, or put on the stream, more than once. */
  duplicates: z.strictObject({
    /** Rows with more than one effect, because a record was delivered again after it had one. */
    repeated: count,
    /** Rows with more than one effect, only because the producer put them on the stream twice. */
    copied: count,
    /** Effects beyond one of each row. */
    extraEffects: count,
    /** The most effects of one row. */
    mostEffects: count,
    /** Times that rows were processed after the first. */
    doneAgain: count,
    /** Rows that are processed, and in a queue as well. */
    doneAndQueued: count,
  }),
  /** Invocations that a record was given to, throttled attempts aside. */
  deliveries: z.strictObject({
    total: count,
    p50: count.nullable(),
    p90: count.nullable(),
    max: count.nullable(),
  }),
  /** Messages in the three queues, copies included. */
  messages: z.strictObject({
    dlq: count,
    timeout: count,
    infra: count,
    /** Of rows whose text some message does not hold to the letter. */
    notWhole: count,
    /** Messages that say that records were gone. */
    gone: count,
  }),
  /** How long the consumer's invocations take, in milliseconds. */
  durationMs: z.strictObject({
    p50: ms.nullable(),
    p90: ms.nullable(),
    p99: ms.nullable(),
    max: ms.nullable(),
    /** Invocations that took no longer than this, and longer than the one before; `null`: longer than all. */
    histogram: z.array(z.strictObject({ upToMs: ms.nullable(), count })),
  }),
});

export type ErrorBlock = z.infer<typeof errorBlockSchema>;
