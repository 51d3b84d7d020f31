import { createDraws, type Draws } from "../draws";
import { START_AT_MS } from "../workloads";
import { REQUIRED_COLUMNS, textOfInstant, type TripCells } from "./trip-content";

/** Trips begin within twenty minutes: four windows of five. */
export const TRAFFIC_S = 20 * 60;

/** One row in fifty is unclean. */
const UNCLEAN_PERMILLE = 20;
/** Not equal shares: one company has most taxis. */
const VENDORS = ["1", "2", "2", "2", "6"] as const;
const ZONES = 263;
const METERS_PER_SECOND_MAX = 9;

/** A row before it is packed. */
export interface TripSource {
  readonly cells: TripCells;
  /** Milliseconds since the epoch: when the trip began, or, where the row does not say, the one before it. */
  readonly pickupMs: number;
  /** The row's text breaks off. */
  readonly isCutOff: boolean;
}

/** Trips from a seed, by pickup. */
export function generateTrips(seed: number, count: number): TripSource[] {
  const draws = createDraws(seed, "trips.rows");
  const textAt = instantTexts();
  const seconds = Array.from({ length: count }, () => draws.integer(1, TRAFFIC_S - 1));
  return seconds
    .sort((a, b) => a - b)
    .map((second, at) => {
      const pickupMs = START_AT_MS + second * 1_000;
      const cells = tripCells(draws, textAt, `trip-${String(at + 1).padStart(7, "0")}`, pickupMs);
      const isUnclean = draws.integer(1, 1_000) <= UNCLEAN_PERMILLE;
      return isUnclean ? spoiled(draws, cells, pickupMs) : { cells, pickupMs, isCutOff: false };
    });
}

/** Of thousands of trips, many begin or end in the same second. */
function instantTexts(): (ms: number) => string {
  const known = new Map<number, string>();
  return (ms) => {
    let text = known.get(ms);
    if (text === undefined) known.set(ms, (text = textOfInstant(ms)));
    return text;
  };
}

function tripCells(
  draws: Draws,
  textAt: (ms: number) => string,
  id: string,
  pickupMs: number,
): TripCells {
  const durationS = draws.integer(120, 2_400);
  const hundredthsOfMile = Math.round(
    (durationS * draws.integer(2, METERS_PER_SECOND_MAX) * 100) / 1_609,
  );
  const fareCents = 300 + Math.round(hundredthsOfMile * 2.5) + Math.round(durationS / 4);
  const tipCents = draws.integer(0, 1) * Math.round(fareCents / 5);
  const tollCents = draws.integer(1, 20) === 1 ? 694 : 0;
  const totalCents = fareCents + 100 + 50 + 100 + 250 + tipCents + tollCents;
  return {
    trip_id: id,
    VendorID: draws.pick(VENDORS),
    tpep_pickup_datetime: textAt(pickupMs),
    tpep_dropoff_datetime: textAt(pickupMs + durationS * 1_000),
    passenger_count: String(draws.integer(1, 4)),
    trip_distance: hundredths(hundredthsOfMile),
    RatecodeID: "1",
    store_and_fwd_flag: "N",
    PULocationID: String(draws.integer(1, ZONES)),
    DOLocationID: String(draws.integer(1, ZONES)),
    payment_type: String(draws.integer(1, 2)),
    fare_amount: hundredths(fareCents),
    extra: "1.00",
    mta_tax: "0.50",
    tip_amount: hundredths(tipCents),
    tolls_amount: hundredths(tollCents),
    improvement_surcharge: "1.00",
    total_amount: hundredths(totalCents),
    congestion_surcharge: "2.50",
  };
}

/** A field is empty, or is no number, or the text breaks off. */
function spoiled(draws: Draws, cells: TripCells, pickupMs: number): TripSource {
  const kind = draws.pick(["empty", "empty", "word", "cut off"] as const);
  if (kind === "cut off") return { cells, pickupMs, isCutOff: true };
  const change =
    kind === "empty" ? { [draws.pick(REQUIRED_COLUMNS)]: "" } : { total_amount: "unknown" };
  return { cells: { ...cells, ...change }, pickupMs, isCutOff: false };
}

function hundredths(value: number): string {
  return (value / 100).toFixed(2);
}
