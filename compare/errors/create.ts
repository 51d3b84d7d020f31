import { thingText, type ThingId } from "../../handlers/thing-messages";
import type { Fault } from "../account";
import { createDraws } from "../draws";
import { START_AT_MS, type WorkloadSettings } from "../workloads";
import { CONSUMER } from "./topology";
import type { ProducedThing, ThingPut, ThingWorkload } from "./workload";

const FIRST_PUT_MS = 1_000;
const STEP_MS = 500;
/** More rows make larger puts before they make a longer run. */
const ROWS_PER_PUT_MIN = 5;
const PUTS_MAX = 600;

/** In percent; the rest is `aa-OK`. */
const BAD_FORMAT_PERCENT = 10;
const INFRA_PERCENT = 10;
/** Rows that the producer sends again, for it never heard that they had arrived. */
const COPIES_PERCENT = 5;
const COPY_AFTER_PUTS_MAX = 6;

/** Faults end so long after the last put: what is retried then meets no more of them. */
const AFTER_LAST_PUT_MS = 60_000;

/** @param settings `things` at least 10 */
export function createThingWorkload(
  seed: number,
  { failConsumerPercent, things: count }: Pick<WorkloadSettings, "failConsumerPercent" | "things">,
): ThingWorkload {
  const draws = createDraws(seed, "things");
  const kindOf = (percent: number): ThingId => {
    if (percent <= BAD_FORMAT_PERCENT) return "aa-badformat";
    return percent <= BAD_FORMAT_PERCENT + INFRA_PERCENT ? "aa-infra" : "aa-OK";
  };
  const things = Array.from({ length: count }, (_, index): ProducedThing => {
    const thingId = kindOf(draws.integer(1, 100));
    const row_id = `row-${String(index + 1).padStart(6, "0")}`;
    const reading = draws.integer(0, 1_000);
    return { index, thingId, data: thingText({ thing_id: thingId, row_id, reading }) };
  });
  const perPut = Math.max(ROWS_PER_PUT_MIN, Math.ceil(count / PUTS_MAX));
  const puts: ProducedThing[][] = [];
  for (let from = 0; from < count; from += perPut) puts.push(things.slice(from, from + perPut));
  const copied = draws.sample(things, Math.round((count * COPIES_PERCENT) / 100));
  for (const thing of copied) {
    const after = Math.floor(thing.index / perPut) + draws.integer(1, COPY_AFTER_PUTS_MAX);
    (puts[after] ?? puts.at(-1)!).push(thing);
  }
  const timed = puts.map((sent, at): ThingPut => ({
    atMs: FIRST_PUT_MS + at * STEP_MS,
    things: sent,
  }));
  const until = START_AT_MS + timed.at(-1)!.atMs + AFTER_LAST_PUT_MS;
  return {
    puts: timed,
    things,
    copies: copied.length,
    faults: thingFaults(failConsumerPercent, until),
  };
}

/** What goes wrong besides what the rows do: half is killed between two calls, half fails after it has committed. */
function thingFaults(failPercent: number, until: number): Fault[] {
  const probability = failPercent / 100 / 2;
  if (probability === 0) return [];
  return (["kill", "after-commit"] as const).map((kind) => ({
    function: CONSUMER,
    kind,
    probability,
    until,
  }));
}
