import type { RecordClass } from "../../aggregation/classify";
import { Refusal } from "../../failure";
import type { FinishedTrips, TripFindings } from "../../windows/scoring";
import type { ProducedRow } from "../../windows/workload";
import { copiesOf } from "./trip-life";

type Kind = "dead-lettered" | "lost" | "duplicated" | "pending" | "superseded" | "unclean";

const CLASSES: Readonly<Record<Exclude<Kind, "duplicated" | "unclean">, readonly RecordClass[]>> = {
  "dead-lettered": ["deadLettered.good", "deadLettered.bad"],
  lost: ["lost"],
  pending: ["pending"],
  superseded: ["superseded"],
};

const NAMED_MAX = 5;

/**
 * The rows that an id means: a trip id (all its rows), a row's position, a sequence number or event id (all rows of the
 * record), or a kind, whose first is meant, copies included.
 *
 * @throws Refusal that names some trips that there are
 */
export function findTrips(
  { eventIds, workload }: FinishedTrips,
  found: TripFindings,
  id: string,
): readonly ProducedRow[] {
  const { rows } = workload;
  const kinds = byKind(rows, found);
  const [first] = kinds.get(id as Kind) ?? [];
  if (first !== undefined) return copiesOf(rows, first);
  const trips = rows.filter(({ content }) => typeof content !== "string" && content.id === id);
  if (trips.length > 0) return trips;
  if (/^\d{1,9}$/.test(id) && Number(id) < rows.length) return [rows[Number(id)]!];
  const record = eventIds.findIndex((each) => each === id || each.split(":")[1] === id);
  if (record >= 0) return workload.records[record]!.rows;
  throw new Refusal(unknownTrip(rows, kinds, id));
}

function byKind(
  rows: readonly ProducedRow[],
  { classified }: TripFindings,
): Map<Kind, readonly ProducedRow[]> {
  const kinds = new Map<Kind, readonly ProducedRow[]>();
  for (const [kind, wanted] of Object.entries(CLASSES)) {
    kinds.set(
      kind as Kind,
      rows.filter((_, at) => wanted.includes(classified.classes[at]!)),
    );
  }
  const isTwice = ({ content }: ProducedRow, at: number): boolean =>
    typeof content !== "string" &&
    classified.classes[at] !== "superseded" &&
    (classified.trips.get(content.id)?.length ?? 0) > 1;
  kinds.set("duplicated", rows.filter(isTwice));
  kinds.set(
    "unclean",
    rows.filter(({ content }) => typeof content === "string"),
  );
  return kinds;
}

function unknownTrip(
  rows: readonly ProducedRow[],
  kinds: ReadonlyMap<Kind, readonly ProducedRow[]>,
  id: string,
): string {
  const nameOf = ({ content, index }: ProducedRow): string =>
    typeof content === "string" ? String(index) : content.id;
  const listed = [...kinds].map(([kind, all]) => {
    const more = all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : "";
    return `  ${kind}: ${all.slice(0, NAMED_MAX).map(nameOf).join(", ") || "none"}${more}`;
  });
  return [
    `--record ${id}: no such trip in this run. There are:`,
    ...listed,
    `Any trip id will do, a row from 0 to ${rows.length - 1}, a sequence number or event id of the stream, or the ` +
      "name of a kind for its first.",
  ].join("\n");
}
