import type { RecordClass } from "../../aggregation/classify";
import type { Findings, FinishedRun } from "../../aggregation/scoring";
import { Refusal } from "../../failure";

/** Kinds of records that can be asked for instead of an id: the first of each is meant. */
type Kind = "dead-lettered" | "lost" | "duplicated" | "pending" | "superseded";

const CLASSES: Readonly<Record<Exclude<Kind, "duplicated">, readonly RecordClass[]>> = {
  "dead-lettered": ["deadLettered.bad", "deadLettered.good"],
  lost: ["lost"],
  pending: ["pending"],
  superseded: ["superseded"],
};

/** How many of each kind a refusal names. */
const NAMED_MAX = 5;

/**
 * The records that an id means: an index, an entity id (all its records), an event id, a sequence number, or a kind.
 *
 * @throws Refusal that names some records that there are
 */
export function findRecords(run: FinishedRun, found: Findings, id: string): number[] {
  const kinds = recordsByKind(run, found);
  const first = kinds.get(id as Kind)?.[0];
  if (first !== undefined) return [first];
  const { records } = run.workload;
  // Sequence numbers are digits, too, and 56 of them.
  if (/^\d{1,9}$/.test(id) && Number(id) < records.length) return [Number(id)];
  const indexes = records.flatMap(({ index, message }) => (message?.id === id ? [index] : []));
  if (indexes.length > 0) return indexes;
  const onStream = run.eventIds.findIndex((each) => each === id || each.split(":")[1] === id);
  if (onStream >= 0) return [onStream];
  throw new Refusal(unknownRecord(run, kinds, id));
}

function recordsByKind(run: FinishedRun, found: Findings): Map<Kind, number[]> {
  const { classes } = found.classification;
  const kinds = new Map<Kind, number[]>();
  for (const [kind, wanted] of Object.entries(CLASSES)) {
    const indexes = classes.flatMap((each, index) => (wanted.includes(each) ? [index] : []));
    kinds.set(kind as Kind, indexes);
  }
  kinds.set("duplicated", duplicated(run, found));
  return kinds;
}

/** First copies of what counts too often. */
function duplicated({ truth }: FinishedRun, { accepted, multiplicity }: Findings): number[] {
  const held = new Set(accepted.contents.values());
  return [...truth.firstCopy].flatMap(([content, index]) => {
    const net = multiplicity.net.get(content) ?? 0;
    return net < 0 || net > (held.has(content) ? 1 : 0) ? [index] : [];
  });
}

function unknownRecord(
  { workload }: FinishedRun,
  kinds: ReadonlyMap<Kind, readonly number[]>,
  id: string,
): string {
  const listed = [...kinds].map(([kind, indexes]) => {
    const named = indexes.slice(0, NAMED_MAX).join(", ");
    const more = indexes.length > NAMED_MAX ? ` and ${indexes.length - NAMED_MAX} more` : "";
    return `  ${kind}: ${named || "none"}${more}`;
  });
  const entity = workload.records.find(({ message }) => message !== undefined)!.message!.id;
  return [
    `--record ${id}: no such record in this run. There are:`,
    ...listed,
    `Any index from 0 to ${workload.records.length - 1} will do, an entity id such as ${entity}, a sequence ` +
      "number or event id of the stream, or the name of a kind for its first record.",
  ].join("\n");
}
