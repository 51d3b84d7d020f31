import type { Fault } from "../account";

/** Why a row counts as dropped; the names of the counters in the aggregates. */
export const UNCLEAN_REASONS = ["notJson", "missingField", "badValue", "corruptAggregate"] as const;

export type UncleanReason = (typeof UNCLEAN_REASONS)[number];

/** What a clean row says, in integers. */
export interface CleanTrip {
  readonly id: string;
  readonly vendorId: string;
  /** Virtual milliseconds since the epoch. */
  readonly pickupMs: number;
  readonly passengers: number;
  readonly distanceHundredths: number;
  readonly fareCents: number;
  readonly totalCents: number;
}

/** One row on the stream: a record of its own, one of an aggregate, or a whole corrupt aggregate. */
export interface ProducedRow {
  /** Its position among all rows, in the order they are sent. */
  readonly index: number;
  /** The Kinesis record that it is in. */
  readonly record: number;
  readonly content: CleanTrip | UncleanReason;
}

/** One record that the producer puts on the stream. */
export interface TripRecord {
  /** Its position among all records, in the order they are sent. */
  readonly index: number;
  readonly data: Uint8Array;
  readonly partitionKey: string;
  /** Of its rows, in order: one of a plain record, several of an aggregate. */
  readonly rows: readonly ProducedRow[];
  readonly kind: "plain" | "aggregate" | "corrupt";
}

/** Records that are sent in one PutRecords call. */
export interface TripPut {
  /** After the run's start, in milliseconds. */
  readonly atMs: number;
  readonly records: readonly TripRecord[];
}

/** What is known of the file that trips were read from. */
export interface TripFileFacts {
  readonly name: string;
  readonly rows: number;
  /** Rows that were left out, each as a line of text: where, and what is wrong. */
  readonly badRows: readonly string[];
}

/** What a run is fed with, and what goes wrong meanwhile. It depends on its settings and seed alone. */
export interface TripWorkload {
  readonly puts: readonly TripPut[];
  readonly records: readonly TripRecord[];
  readonly rows: readonly ProducedRow[];
  /** Rows that were put long after their pickup. */
  readonly late: number;
  /** Rows that are on the stream once more, because a whole put was sent again. */
  readonly copies: number;
  readonly file?: TripFileFacts;
  readonly faults: readonly Fault[];
}
