import type { TripRow } from "../../handlers/trip-messages";

/** A clean row; what a test sets is what matters to it. */
export function tripRow(row: Partial<TripRow> = {}): TripRow {
  return {
    trip_id: "trip-1",
    VendorID: "1",
    tpep_pickup_datetime: "2026-01-01 00:00:10",
    passenger_count: "2",
    trip_distance: "1.5",
    fare_amount: "10.00",
    total_amount: "12.50",
    ...row,
  };
}

export const bytesOf = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
