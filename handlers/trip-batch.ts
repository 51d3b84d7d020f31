import type { KinesisStreamRecord } from "aws-lambda";
import { createAggregateReader } from "./kpl-aggregate";
import { createReadTrip, type Trip, type UncleanReason } from "./trip-messages";

/** One row of a batch: of a record of its own, or of an aggregate. */
export interface TripEntry {
  /** Of the Kinesis record that brought it. */
  readonly sequenceNumber: string;
  /** The record and the place in it: the same in every delivery, another if the row is put on the stream again. */
  readonly deliveryId: string;
  /** When the record arrived, in milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** The trip, or why there is none. */
  readonly content: Trip | UncleanReason;
}

/**
 * Makes the function that takes a batch apart, in order. It never fails: what cannot be read is an entry, too. An
 * aggregate that is corrupt is one entry, for how many rows it held nobody knows.
 */
export function createReadBatch(): (records: readonly KinesisStreamRecord[]) => TripEntry[] {
  const { isAggregate, unpack } = createAggregateReader();
  const readTrip = createReadTrip();
  const bytesOf = (base64: string): Buffer => Buffer.from(base64, "base64");

  function contentsOf(bytes: Buffer): (Trip | UncleanReason)[] {
    if (!isAggregate(bytes)) return [readTrip(bytes)];
    try {
      return unpack(bytes).map(({ data }) => readTrip(data));
    } catch {
      return ["corruptAggregate"];
    }
  }

  return (records) => {
    const entries: TripEntry[] = [];
    for (const { eventID, kinesis } of records) {
      const { approximateArrivalTimestamp, sequenceNumber } = kinesis;
      const arrivedAtMs = Math.round(approximateArrivalTimestamp * 1000);
      for (const [place, content] of contentsOf(bytesOf(kinesis.data)).entries()) {
        entries.push({ sequenceNumber, deliveryId: `${eventID}#${place}`, arrivedAtMs, content });
      }
    }
    return entries;
  };
}
