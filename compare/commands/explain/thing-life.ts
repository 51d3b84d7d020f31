import type { SimulatedAws } from "../../../simulator";
import type { Ended } from "../../errors/classify";
import type { QueuedThing } from "../../errors/messages";
import type { FinishedThings, ThingFindings } from "../../errors/scoring";
import { CONSUMER } from "../../errors/topology";
import { inOrder, type Life, type LifeStep } from "./life";
import { mappingLife } from "./mapping-life";

/** A finished run of the error lab, in an account that tells more than scoring asks. */
export interface ExaminedThings {
  readonly account: SimulatedAws;
  readonly run: FinishedThings;
  readonly found: ThingFindings;
}

const STAGE = "consumer";

const END_OF: Readonly<Record<Ended, string>> = {
  done: "It is processed.",
  dlq: "It is in DLQ, where it belongs: nothing can parse it.",
  timeout: "It is in TIMEOUT: its dependency did not answer in time.",
  infra: "It is in INFRA: its infrastructure error did not pass.",
  givenUp: "It is in DLQ though nothing is wrong with it: its mapping gave it up in bad company.",
  pending: "It is still on its way.",
  lost: "It is lost: it is neither processed nor in a queue.",
};

/** What became of one row, all its records on the stream together. */
export function thingLife(examined: ExaminedThings, index: number): Life {
  const { account, found, run } = examined;
  const { data, thingId } = run.workload.things[index]!;
  const ids = run.eventIds[index]!;
  const nameOf = namesOf(run);
  const steps = ids.flatMap((recordId, at) => {
    const copy = ids.length === 1 ? "it" : `it the ${at + 1}. time, as ${nameOf(recordId)}`;
    const put: LifeStep = {
      atMs: run.putAtMs.get(recordId)!,
      stage: "producer",
      text: `puts ${copy} on the stream`,
    };
    return [
      put,
      ...mappingLife(account, { functionName: CONSUMER, recordId, stage: STAGE, nameOf }),
      ...notesOf(examined, recordId),
    ];
  });
  const { effects } = found.effects[index]!;
  return {
    name: nameOfThing(index),
    about: [
      `thing_id ${thingId}: ${data}`,
      ...ids.map(
        (eventId, at) => `Its ${ids.length > 1 ? `${at + 1}. ` : ""}record is ${eventId}.`,
      ),
    ],
    steps: inOrder(steps),
    end: [
      END_OF[found.classified[index]!.ended],
      ...found.queued.filter(({ eventId }) => ids.includes(eventId)).map(inQueue),
      effects === 1
        ? "It had one effect, as is right."
        : `It had ${effects} effects; one would be right.`,
    ],
  };
}

/** As the producer names it. */
export function nameOfThing(index: number): string {
  return `row-${String(index + 1).padStart(6, "0")}`;
}

/** `row-000012`, or `row-000012, copy 2`, by event id. */
function namesOf({ eventIds }: FinishedThings): (eventId: string) => string {
  const names = new Map(
    eventIds.flatMap((ids, index) =>
      ids.map(
        (id, at) => [id, nameOfThing(index) + (at === 0 ? "" : ` (copy ${at + 1})`)] as const,
      ),
    ),
  );
  return (eventId) => names.get(eventId) ?? eventId;
}

function notesOf({ found }: ExaminedThings, eventId: string): LifeStep[] {
  return found.writes.flatMap(({ after, atMs, requestId }) => {
    if (after?.["eventId"]?.S !== eventId) return [];
    const outcome = after["outcome"]!.S!;
    const times = Number(after["times"]!.N);
    const again = times === 1 ? "" : `, effect ${times}`;
    const text =
      outcome === "ok" ? `it is processed${again}` : `it is put aside: ${outcome}${again}`;
    return [{ atMs, stage: STAGE, text, requestId }];
  });
}

function inQueue({ isGivenUp, queue, reason }: QueuedThing): string {
  const by = isGivenUp ? "its mapping's dead letter, the record fetched" : "the consumer";
  return `A message in ${queue.toUpperCase()} holds it, whole: ${reason}, from ${by}.`;
}
