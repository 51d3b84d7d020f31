import type { SimulatedAws } from "../../../simulator";
import type { RecordClass } from "../../aggregation/classify";
import type { FinishedTrips, TripFindings } from "../../windows/scoring";
import { CONSUMER } from "../../windows/topology";
import type { ProducedRow } from "../../windows/workload";
import { inOrder, windowText, type Life, type LifeStep } from "./life";
import { closingLife, mappingLife } from "./mapping-life";

/** A finished run of trips, in an account that tells more than scoring asks. */
export interface ExaminedTrips {
  readonly account: SimulatedAws;
  readonly run: FinishedTrips;
  readonly found: TripFindings;
}

const STAGE = "consumer";

const END_OF_CLASS: Readonly<Record<RecordClass, string>> = {
  "deadLettered.bad": "It is unclean, and in a dead letter instead of being counted as dropped.",
  "deadLettered.good": "It is in a dead letter, although it could have been counted.",
  lost: "It is lost: it does not count, and nothing keeps it.",
  pending: "It is still on its way, or in a window that is still open.",
  processed: "It is processed.",
  superseded: "It is a copy: the row that was sent first stands for the trip.",
};

/** What became of one row of the stream. */
export function tripLife(examined: ExaminedTrips, row: ProducedRow): Life {
  const { account, run } = examined;
  const eventId = run.eventIds[row.record]!;
  const deliveries = mappingLife(account, {
    functionName: CONSUMER,
    recordId: eventId,
    stage: STAGE,
    nameOf: namesOf(run),
  });
  const steps = [
    putStep(examined, row),
    ...deliveries,
    ...closings(examined, eventId),
    ...countingsOf(examined, row).map(({ atMs, windowMs }) => ({
      atMs,
      stage: STAGE,
      text: countsIn(row, windowMs),
      window: windowText(windowMs),
    })),
  ];
  return {
    name: `row ${row.index}`,
    about: aboutRow(run, row),
    steps: inOrder(steps),
    end: endOf(examined, row),
  };
}

function namesOf({ eventIds }: FinishedTrips): (eventId: string) => string {
  const names = new Map(eventIds.map((eventId, index) => [eventId, `record ${index}`]));
  return (eventId) => names.get(eventId) ?? eventId;
}

function aboutRow({ eventIds, workload }: FinishedTrips, row: ProducedRow): string[] {
  const { content } = row;
  const { kind, rows } = workload.records[row.record]!;
  const [shardId, sequenceNumber] = eventIds[row.record]!.split(":") as [string, string];
  const packed =
    kind === "plain"
      ? ""
      : `, one of ${rows.length} in an aggregate of the Kinesis Producer Library`;
  const where = `Record ${row.record}${packed}, on ${shardId} with sequence number ${sequenceNumber}.`;
  if (typeof content === "string") return [`An unclean row (${content}), to be dropped.`, where];
  const others = copiesOf(workload.rows, row).filter((each) => each !== row);
  const { fareCents, id, pickupMs, vendorId } = content;
  return [
    `Trip ${id} of vendor ${vendorId}, picked up at ${windowText(pickupMs)}, fare ${fareCents} cents.`,
    where,
    ...(others.length === 0
      ? []
      : [`The same trip is ${others.map(({ index }) => `row ${index}`).join(" and ")}, too.`]),
  ];
}

/** All rows of the same trip; an unclean row alone. */
export function copiesOf(rows: readonly ProducedRow[], row: ProducedRow): readonly ProducedRow[] {
  const { content } = row;
  if (typeof content === "string") return [row];
  return rows.filter((each) => typeof each.content !== "string" && each.content.id === content.id);
}

function putStep({ run }: ExaminedTrips, row: ProducedRow): LifeStep {
  const { atMs } = run.workload.puts.find(({ records }) =>
    records.some(({ index }) => index === row.record),
  )!;
  return { atMs: run.startMs + atMs, stage: "producer", text: "puts it on the stream" };
}

/** What became of the states that stood for the row. */
function closings({ account }: ExaminedTrips, eventId: string): LifeStep[] {
  const windows = new Map<number, string>();
  for (const mapping of account.mappings()) {
    if (mapping.function !== CONSUMER) continue;
    for (const { kind, recordIds, shardId, window } of mapping.decisions) {
      const isTaken = kind === "ok" || kind === "checkpoint";
      // The last invocation itself is among the row's own deliveries if it had the row.
      if (!isTaken || window === undefined || window.isFinal) continue;
      if (recordIds.includes(eventId)) windows.set(window.startMs, shardId!);
    }
  }
  return [...windows].flatMap(([startMs, shardId]) =>
    closingLife(account, { functionName: CONSUMER, stage: STAGE, shardId, startMs }),
  );
}

const countingsOf = ({ found }: ExaminedTrips, row: ProducedRow) =>
  found.countings.filter((counting) => counting.row === row);

function countsIn({ content }: ProducedRow, windowMs: number): string {
  const window = windowText(windowMs);
  return typeof content === "string"
    ? `it counts as dropped (${content}) in window ${window}`
    : `it counts for vendor ${content.vendorId} in window ${window}`;
}

function endOf(examined: ExaminedTrips, row: ProducedRow): string[] {
  const { found, run } = examined;
  const all = copiesOf(run.workload.rows, row).flatMap((each) => countingsOf(examined, each));
  const what =
    typeof row.content === "string" ? "The row is counted as dropped" : "The trip counts";
  const times = all.length === 1 ? "once" : `${all.length} times`;
  return [
    END_OF_CLASS[found.classified.classes[row.index]!],
    `${what} ${times}${all.length > 1 ? "; once would be right" : ""}.`,
    ...(found.deadLettered.has(run.eventIds[row.record]!) ? ["A dead letter holds it."] : []),
  ];
}
