import { z } from "zod";

const count = z.int().min(0);

/** What a run of the workload `trips` comes to besides what all runs do. */
export const tripBlockSchema = z.strictObject({
  /** Whose windows: `tumbling`, of arrival; `exact`, of pickup. Exactness is judged by what the mode promises. */
  mode: z.enum(["tumbling", "exact"]),
  windowSeconds: z.number().min(0),
  produced: z.strictObject({
    /** Kinesis records, aggregates and copies included. */
    records: count,
    aggregates: count,
    corruptAggregates: count,
    /** Rows put more than a minute after their pickup. */
    late: count,
    /** Rows that are there once more, because the producer sent a put again. */
    copies: count,
  }),
  /** Trips that count. */
  counted: count,
  /** Trips that count more than once. */
  countedTwice: count,
  /** Trips that count in another window than the one in which they began. */
  otherWindow: count,
  /** Rows that are to be dropped and counted as such; a corrupt aggregate is one. They are in `records`, too. */
  unclean: z.strictObject({ due: count, counted: count, lost: count }),
  /** Rows by vendor and window, and of what was dropped: how many there must be or are, and how many are right. */
  rows: z.strictObject({ all: count, exact: count }),
  /** Tumbling windows of a shard whose sums are gone with the state, and the rows lost with them. */
  statesDropped: count,
  lostWithState: count,
  /** Of trips from a file. */
  file: z
    .strictObject({
      name: z.string(),
      rows: count,
      /** Rows that were left out, one line each. */
      badRows: z.array(z.string()),
    })
    .optional(),
});

export type TripBlock = z.infer<typeof tripBlockSchema>;
