import type { RecordCounts } from "../aggregation/classify";
import type { ThingEffects } from "./effects";
import type { ErrorBlock } from "./result";
import type { ProducedThing } from "./workload";

/** Where a row ended. The first that fits, in this order. */
export type Ended = keyof ErrorBlock["ended"];

export interface ClassifiedThing {
  readonly ended: Ended;
  /** One effect, in the right place, and nowhere else. */
  readonly isExact: boolean;
}

/** @param isWaiting whether the mapping may still deliver one of the row's records */
export function classifyThing(
  { thingId }: ProducedThing,
  effects: ThingEffects,
  isWaiting: boolean,
): ClassifiedThing {
  const ended = endOf(thingId === "aa-badformat", effects, isWaiting);
  const { done, isWhole, queued } = effects;
  const places = done + queued.dlq + queued.timeout + queued.infra;
  const isRight: Readonly<Record<ProducedThing["thingId"], readonly Ended[]>> = {
    "aa-badformat": ["dlq"],
    "aa-OK": ["done", "timeout"],
    "aa-infra": ["done", "infra"],
  };
  return { ended, isExact: places === 1 && isWhole && isRight[thingId].includes(ended) };
}

function endOf(isBad: boolean, { done, queued }: ThingEffects, isWaiting: boolean): Ended {
  if (isBad && queued.dlq > 0) return "dlq";
  if (done > 0) return "done";
  if (queued.timeout > 0) return "timeout";
  if (queued.infra > 0) return "infra";
  if (queued.dlq > 0) return "givenUp";
  return isWaiting ? "pending" : "lost";
}

/** Rows as the comparison counts records: further records of a row are superseded. */
export function countThings(
  classified: readonly ClassifiedThing[],
  effects: readonly ThingEffects[],
  copies: number,
): RecordCounts {
  const count = (...names: Ended[]): number =>
    classified.filter(({ ended }) => names.includes(ended)).length;
  return {
    produced: classified.length + copies,
    processed: count("done"),
    superseded: copies,
    lost: count("lost"),
    duplicated: effects.filter((each) => each.effects > 1).length,
    deadLettered: { good: count("timeout", "infra", "givenUp"), bad: count("dlq") },
    pending: count("pending"),
    alreadyApplied: effects.filter(isDoneAndQueued).length,
  };
}

export function isDoneAndQueued({ done, queued }: ThingEffects): boolean {
  return done > 0 && queued.dlq + queued.timeout + queued.infra > 0;
}
