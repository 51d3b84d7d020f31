import type { GroundTruth } from "./ground-truth";
import type { Multiplicity } from "./multiplicity";

/** What became of a produced record. The first that fits, in this order, is its class. */
export type RecordClass =
  "deadLettered.bad" | "superseded" | "processed" | "deadLettered.good" | "pending" | "lost";

/** What dead letters hold. */
export interface DeadLettered {
  /** Produced records, by index: from dead letters of State. */
  readonly records: ReadonlySet<number>;
  /** Contents: from dead letters of Map and Reduce, which no longer know the record. */
  readonly contents: ReadonlySet<string>;
}

export interface Evidence {
  readonly truth: GroundTruth;
  readonly multiplicity: Pick<Multiplicity, "net" | "firstEffectMs">;
  /** By entity id: the content that State holds at the end. */
  readonly accepted: ReadonlyMap<string, string>;
  readonly deadLettered: DeadLettered;
  /** Whether something can still deliver the record, or what State made of it. */
  readonly deliverable: (index: number, content: string | undefined) => boolean;
}

export interface RecordCounts {
  readonly produced: number;
  readonly processed: number;
  readonly superseded: number;
  readonly lost: number;
  /** Winners and superseded records that count more than once, or count although they should not. */
  readonly duplicated: number;
  readonly deadLettered: { readonly good: number; readonly bad: number };
  readonly pending: number;
  /** Records in dead letters whose effect was applied nevertheless. */
  readonly alreadyApplied: number;
}

export interface Classification {
  /** By record. */
  readonly classes: readonly RecordClass[];
  readonly counts: RecordCounts;
}

/** Gives every produced record exactly one class, and counts the overlays. */
export function classify(evidence: Evidence): Classification {
  const deadContents = deadContentsOf(evidence);
  const classes = evidence.truth.contents.map((content, index) =>
    content === undefined
      ? classOfBad(index, evidence)
      : classOfGood(index, content, evidence, deadContents),
  );
  const count = (name: RecordClass): number => classes.filter((each) => each === name).length;
  const counts: RecordCounts = {
    produced: classes.length,
    processed: count("processed"),
    superseded: count("superseded"),
    lost: count("lost"),
    duplicated: countDuplicated(evidence),
    deadLettered: { good: count("deadLettered.good"), bad: count("deadLettered.bad") },
    pending: count("pending"),
    alreadyApplied: countAlreadyApplied(evidence),
  };
  return { classes, counts };
}

function classOfBad(index: number, { deadLettered, deliverable }: Evidence): RecordClass {
  if (deadLettered.records.has(index)) return "deadLettered.bad";
  return deliverable(index, undefined) ? "pending" : "lost";
}

function classOfGood(
  index: number,
  content: string,
  { truth, multiplicity, deliverable }: Evidence,
  deadContents: ReadonlySet<string>,
): RecordClass {
  const wins = truth.winners.get(idOf(content)) === content;
  if (!wins || truth.firstCopy.get(content) !== index) return "superseded";
  if ((multiplicity.net.get(content) ?? 0) > 0) return "processed";
  if (deadContents.has(content)) return "deadLettered.good";
  return deliverable(index, content) ? "pending" : "lost";
}

/** Contents of which a copy, or what State made of it, is in a dead letter. */
function deadContentsOf({ truth, deadLettered }: Evidence): Set<string> {
  const contents = new Set(deadLettered.contents);
  for (const index of deadLettered.records) {
    const content = truth.contents[index];
    if (content !== undefined) contents.add(content);
  }
  return contents;
}

/**
 * A content should count once if State holds it at the end, and not at all otherwise. Counting too often, or
 * less than not at all, is wrong; counting too little is what `lost`, `pending` and dead letters are for.
 */
function countDuplicated({ truth, multiplicity, accepted }: Evidence): number {
  let duplicated = 0;
  for (const content of truth.firstCopy.keys()) {
    const net = multiplicity.net.get(content) ?? 0;
    const due = accepted.get(idOf(content)) === content ? 1 : 0;
    if (net < 0 || net > due) duplicated += 1;
  }
  return duplicated;
}

function countAlreadyApplied({ truth, multiplicity, deadLettered }: Evidence): number {
  const applied = (content: string | undefined): boolean =>
    content !== undefined && multiplicity.firstEffectMs.has(content);
  let count = 0;
  for (const index of deadLettered.records) if (applied(truth.contents[index])) count += 1;
  for (const content of deadLettered.contents) if (applied(content)) count += 1;
  return count;
}

function idOf(content: string): string {
  // Version and hash have no spaces; an id may.
  return content.slice(0, content.lastIndexOf(" ", content.lastIndexOf(" ") - 1));
}
