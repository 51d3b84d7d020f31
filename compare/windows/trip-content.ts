import type { CleanTrip, UncleanReason } from "./workload";

/** The columns of a New York yellow taxi file, after an id of ours. Source: TLC, "Data Dictionary – Yellow Taxi". */
export const TRIP_COLUMNS = [
  "trip_id",
  "VendorID",
  "tpep_pickup_datetime",
  "tpep_dropoff_datetime",
  "passenger_count",
  "trip_distance",
  "RatecodeID",
  "store_and_fwd_flag",
  "PULocationID",
  "DOLocationID",
  "payment_type",
  "fare_amount",
  "extra",
  "mta_tax",
  "tip_amount",
  "tolls_amount",
  "improvement_surcharge",
  "total_amount",
  "congestion_surcharge",
] as const;

export type TripColumn = (typeof TRIP_COLUMNS)[number];

/** A row as a file has it. */
export type TripCells = Readonly<Record<TripColumn, string>>;

export const REQUIRED_COLUMNS = [
  "trip_id",
  "VendorID",
  "tpep_pickup_datetime",
  "passenger_count",
  "trip_distance",
  "fare_amount",
  "total_amount",
] as const satisfies readonly TripColumn[];

/**
 * What a row must count as. Nothing here comes from the handlers: what is clean, and what it says, is written once
 * more, so that a mistake there does not hide itself here.
 */
export function contentOf(cells: TripCells): CleanTrip | UncleanReason {
  if (REQUIRED_COLUMNS.some((column) => cells[column].trim() === "")) return "missingField";
  const id = cells.trip_id.trim();
  const vendorId = cells.VendorID.trim();
  const trip: CleanTrip = {
    id,
    vendorId,
    pickupMs: instantOf(cells.tpep_pickup_datetime),
    passengers: wholeOf(cells.passenger_count),
    distanceHundredths: hundredthsOf(cells.trip_distance),
    fareCents: hundredthsOf(cells.fare_amount),
    totalCents: hundredthsOf(cells.total_amount),
  };
  // A sum is a number if all its parts are.
  const all =
    trip.pickupMs + trip.passengers + trip.distanceHundredths + trip.fareCents + trip.totalCents;
  const isClean = !Number.isNaN(all) && id.length <= 128 && /^[\w.-]{1,64}$/.test(vendorId);
  return isClean ? trip : "badValue";
}

/** Milliseconds since the epoch of `2026-01-01 00:03:20`, taken for UTC; NaN of anything else. */
export function instantOf(text: string): number {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)Z?$/.exec(text.trim()) ?? [];
  return day === undefined ? NaN : Date.parse(`${day}T${time}Z`);
}

/** `2026-01-01 00:03:20` */
export function textOfInstant(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** TLC's files have counts as `1` and as `1.0`. */
function wholeOf(text: string): number {
  return /^\d{1,7}(\.0+)?$/.test(text.trim()) ? Math.trunc(Number(text)) : NaN;
}

function hundredthsOf(text: string): number {
  // Up to 7 digits before the point: rounding is exact there.
  if (!/^-?\d{1,7}(\.\d{1,2}0*)?$/.test(text.trim())) return NaN;
  // Not minus zero.
  return Math.round(Number(text) * 100) + 0;
}
