import type { Ended } from "../../errors/classify";
import type { FinishedThings, ThingFindings } from "../../errors/scoring";
import { Refusal } from "../../failure";
import { nameOfThing } from "./thing-life";

type Kind =
  "duplicated" | "done" | "bad-format" | "timeout" | "infra" | "given-up" | "pending" | "lost";

const ENDED: Readonly<Record<Exclude<Kind, "duplicated">, Ended>> = {
  done: "done",
  "bad-format": "dlq",
  timeout: "timeout",
  infra: "infra",
  "given-up": "givenUp",
  pending: "pending",
  lost: "lost",
};

const NAMED_MAX = 5;

/**
 * The row that an id means: a `row_id`, a position, a sequence number or event id of one of its records, or where it
 * ended, whose first is meant.
 *
 * @throws Refusal that names some rows that there are
 */
export function findThing(run: FinishedThings, found: ThingFindings, id: string): number {
  const { things } = run.workload;
  const kinds = byKind(found);
  const [first] = kinds.get(id as Kind) ?? [];
  if (first !== undefined) return first;
  const named = things.findIndex(({ index }) => nameOfThing(index) === id);
  if (named >= 0) return named;
  if (/^\d{1,9}$/.test(id) && Number(id) < things.length) return Number(id);
  const held = run.eventIds.findIndex((ids) =>
    ids.some((each) => each === id || each.split(":")[1] === id),
  );
  if (held >= 0) return held;
  throw new Refusal(unknownThing(things.length, kinds, id));
}

function byKind({ classified, effects }: ThingFindings): Map<Kind, readonly number[]> {
  const kinds = new Map<Kind, readonly number[]>();
  for (const [kind, wanted] of Object.entries(ENDED)) {
    const rows = classified.flatMap(({ ended }, at) => (ended === wanted ? [at] : []));
    kinds.set(kind as Kind, rows);
  }
  kinds.set(
    "duplicated",
    effects.flatMap((each, at) => (each.effects > 1 ? [at] : [])),
  );
  return kinds;
}

function unknownThing(
  rows: number,
  kinds: ReadonlyMap<Kind, readonly number[]>,
  id: string,
): string {
  const listed = [...kinds].map(([kind, all]) => {
    const more = all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : "";
    return `  ${kind}: ${all.slice(0, NAMED_MAX).map(nameOfThing).join(", ") || "none"}${more}`;
  });
  return [
    `--record ${id}: no such row in this run. There are:`,
    ...listed,
    `Any row_id will do, a position from 0 to ${rows - 1}, a sequence number or event id of the stream, or the name ` +
      "of a kind for its first.",
  ].join("\n");
}
