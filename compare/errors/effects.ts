import type { Invocation, Write } from "../account";
import type { QueuedThing, Queue } from "./messages";
import type { ProducedThing } from "./workload";

/** What was done to one row, all its records on the stream together. */
export interface ThingEffects {
  /** Times that it was processed. */
  readonly done: number;
  /** Messages by queue, whoever put them there. */
  readonly queued: Readonly<Record<Queue, number>>;
  /** Messages of the mapping's dead letters. */
  readonly givenUp: number;
  /** Times that the consumer had an effect, of whatever kind: 1 is right. */
  readonly effects: number;
  /** The most effects that one of its records had: more than one means that it was delivered again after an effect. */
  readonly effectsOfOneRecord: number;
  /** Invocations that were given its records, by record. */
  readonly deliveries: readonly number[];
  /** All messages hold the row's text to the letter. */
  readonly isWhole: boolean;
}

export interface Observed {
  readonly things: readonly ProducedThing[];
  /** By row: the event ids of its records. */
  readonly eventIds: readonly (readonly string[])[];
  readonly queued: readonly QueuedThing[];
  /** Writes to the table of things. */
  readonly writes: readonly Write[];
  readonly invocations: readonly Invocation[];
  /** Event ids of messages of the consumer's that were taken out of their queue to be replayed. @default none */
  readonly taken?: readonly string[];
}

/**
 * Joins the queues' messages, the table's committed writes and the invocations, row by row. An effect is a message and
 * its note, or the one of them that there is: an invocation that ends between the two leaves a message without a note.
 * The effect of a message that was taken out again to be replayed is had no more.
 *
 * @throws Error if something was done to a record that was never produced
 */
export function effectsOf(observed: Observed): ThingEffects[] {
  const { eventIds, queued, things, writes } = observed;
  const known = new Set(eventIds.flat());
  const check = (eventId: string): string => {
    if (!known.has(eventId)) throw new Error(`${eventId} is no record of this run.`);
    return eventId;
  };
  const done = new Map<string, number>();
  const noted = new Map<string, number>();
  for (const { after } of writes) {
    const eventId = check(after?.["eventId"]?.S ?? "a note without its event");
    increment(after!["outcome"]!.S === "ok" ? done : noted, eventId);
  }
  const messages = new Map<string, QueuedThing[]>();
  for (const message of queued) {
    const eventId = check(message.eventId);
    messages.set(eventId, [...(messages.get(eventId) ?? []), message]);
  }
  const taken = new Map<string, number>();
  for (const id of observed.taken ?? []) increment(taken, check(id));
  const deliveries = deliveriesIn(observed.invocations);
  return things.map(({ data, index }): ThingEffects => {
    const ids = eventIds[index]!;
    const own = ids.flatMap((id) => messages.get(id) ?? []);
    const effects = ids.map((id) => {
      const sent = (messages.get(id) ?? []).filter(({ isGivenUp }) => !isGivenUp).length;
      const back = taken.get(id) ?? 0;
      return (done.get(id) ?? 0) + Math.max(sent + back, noted.get(id) ?? 0) - back;
    });
    const inQueue = (queue: Queue): number => own.filter((each) => each.queue === queue).length;
    return {
      done: sum(ids.map((id) => done.get(id) ?? 0)),
      queued: { dlq: inQueue("dlq"), timeout: inQueue("timeout"), infra: inQueue("infra") },
      givenUp: own.filter(({ isGivenUp }) => isGivenUp).length,
      effects: sum(effects),
      effectsOfOneRecord: Math.max(0, ...effects),
      deliveries: ids.map((id) => deliveries.get(id) ?? 0),
      isWhole: own.every((message) => message.data === data),
    };
  });
}

/** By event id: invocations that ran with it. */
function deliveriesIn(invocations: readonly Invocation[]): Map<string, number> {
  const deliveries = new Map<string, number>();
  for (const { event, outcome } of invocations) {
    if (outcome === "throttled") continue;
    const { Records = [] } = event as { readonly Records?: readonly { eventID: string }[] };
    for (const { eventID } of Records) increment(deliveries, eventID);
  }
  return deliveries;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
