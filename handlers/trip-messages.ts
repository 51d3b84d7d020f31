/**
 * What a producer puts on the stream of the windowed aggregation: one taxi trip, as JSON in a Kinesis record's data, or
 * as one of the records in a KPL aggregate. Fields are the columns of New York's yellow taxi files, as text as a file
 * has them; numbers are read as well. Source: TLC, "Data Dictionary – Yellow Taxi Trip Records"; `trip_id` is ours.
 */
export interface TripRow {
  /** The trip, however often it is put on the stream. 1 to 128 characters. */
  readonly trip_id: string;
  /** 1 to 64 letters, digits, `.`, `_` or `-`. */
  readonly VendorID: string;
  /** `2026-01-01 00:03:20`; the file names no zone, and it is taken for UTC. */
  readonly tpep_pickup_datetime: string;
  readonly tpep_dropoff_datetime?: string;
  /** Whole number from 0. */
  readonly passenger_count: string;
  /** Miles, at most two decimals. */
  readonly trip_distance: string;
  readonly RatecodeID?: string;
  readonly store_and_fwd_flag?: string;
  readonly PULocationID?: string;
  readonly DOLocationID?: string;
  readonly payment_type?: string;
  /** Dollars, at most two decimals; negative for refunds, as all amounts. */
  readonly fare_amount: string;
  readonly extra?: string;
  readonly mta_tax?: string;
  readonly tip_amount?: string;
  readonly tolls_amount?: string;
  readonly improvement_surcharge?: string;
  readonly total_amount: string;
  readonly congestion_surcharge?: string;
}

/** Without one of these, or with an empty one, a row is unclean. */
export const REQUIRED_TRIP_FIELDS = [
  "trip_id",
  "VendorID",
  "tpep_pickup_datetime",
  "passenger_count",
  "trip_distance",
  "fare_amount",
  "total_amount",
] as const;

/** What is summed up of a trip, in integers: sums stay exact whatever the grouping. */
export interface Trip {
  readonly id: string;
  readonly vendorId: string;
  /** Milliseconds since the epoch. */
  readonly pickupMs: number;
  readonly passengers: number;
  /** Hundredths of a mile. */
  readonly distanceHundredths: number;
  readonly fareCents: number;
  readonly totalCents: number;
}

/** Why a row is dropped; the names of counters in the aggregates. */
export type UncleanReason = "notJson" | "missingField" | "badValue" | "corruptAggregate";

/** Reads the bytes of one row. */
export type ReadTrip = (bytes: Uint8Array) => Trip | UncleanReason;

/** Made once per environment: a serialized function of ours at module level is made anew at each call. */
export function createReadTrip(): ReadTrip {
  const required = REQUIRED_TRIP_FIELDS;
  const parse = JSON.parse;
  const epochMsOf = Date.parse;
  const vendor = /^[\w.-]{1,64}$/;
  const instant = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)Z?$/;
  const count = /^(\d{1,7})(?:\.0+)?$/;
  // Seven digits before the point: ten million of the largest still add up exactly.
  const decimal = /^(-?)(\d{1,7})(?:\.(\d{1,2})0*)?$/;

  function hundredthsIn(text: string): number {
    const [, sign, whole, fraction = ""] = decimal.exec(text) ?? [];
    if (whole === undefined) return NaN;
    const value = Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
    return sign === "-" && value > 0 ? -value : value;
  }

  function epochMsIn(text: string): number {
    const [, day, time] = instant.exec(text) ?? [];
    return day === undefined ? NaN : epochMsOf(`${day}T${time}Z`);
  }

  function rowIn(bytes: Uint8Array): Record<string, unknown> | undefined {
    try {
      const { buffer, byteLength, byteOffset } = bytes;
      // A view: the bytes are not copied.
      const text = Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
      const value: unknown = parse(text);
      return typeof value === "object" && value !== null
        ? (value as Record<string, unknown>)
        : undefined;
    } catch {
      return undefined;
    }
  }

  return (bytes) => {
    const row = rowIn(bytes);
    if (row === undefined) return "notJson";
    const texts: string[] = [];
    for (const field of required) {
      const value = row[field];
      if (value === undefined || value === null) return "missingField";
      if (typeof value !== "string" && typeof value !== "number") return "badValue";
      const text = String(value).trim();
      if (text === "") return "missingField";
      texts.push(text);
    }
    const [id, vendorId, pickup, passengers, distance, fare, total] = texts as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const trip: Trip = {
      id,
      vendorId,
      pickupMs: epochMsIn(pickup),
      passengers: Number(count.exec(passengers)?.[1] ?? NaN),
      distanceHundredths: hundredthsIn(distance),
      fareCents: hundredthsIn(fare),
      totalCents: hundredthsIn(total),
    };
    // A sum is a number if all its parts are.
    const all =
      trip.pickupMs + trip.passengers + trip.distanceHundredths + trip.fareCents + trip.totalCents;
    if (Number.isNaN(all) || id.length > 128 || !vendor.test(vendorId)) return "badValue";
    return trip;
  };
}
