import type { Image, Invocation, Write } from "../account";
import { contentKey } from "./ground-truth";
import {
  addAggregate,
  addAll,
  addEntity,
  differences,
  numberOf,
  rowSums,
  sameSums,
  textOf,
  type Sums,
} from "./sums";

/** The committed writes of a run, and the invocations that made them. */
export interface Committed {
  readonly ledger: readonly Write[];
  readonly outbox: readonly Write[];
  readonly aggregates: readonly Write[];
  /** By request id. */
  readonly invocations: ReadonlyMap<string, Invocation>;
}

/** How often each content counts in the aggregates. */
export interface Multiplicity {
  /** By content: times added, less times taken back. Zero if not there. */
  readonly net: ReadonlyMap<string, number>;
  /** By content: when it was first added, in virtual milliseconds since the epoch. */
  readonly firstEffectMs: ReadonlyMap<string, number>;
  /** By outbox row: what it adds and takes back. */
  readonly rows: ReadonlyMap<string, readonly Part[]>;
  /** By outbox row: when it was added to the aggregates, and by which invocation. */
  readonly applications: ReadonlyMap<string, readonly Application[]>;
  /** What the aggregates must hold if all this is right. */
  readonly sums: Sums;
}

/** An outbox row that is added to the aggregates. */
export interface Application {
  /** In virtual milliseconds since the epoch. */
  readonly atMs: number;
  readonly requestId?: string;
}

/** One content in an outbox row. */
export interface Part {
  readonly content: string;
  readonly sign: 1 | -1;
}

/** A content, and the sums it stands for, from an item's image. */
interface ImagePart extends Part {
  readonly image: Image;
}

/** Writes of one transaction, or of one single write: same invocation, same instant. */
type Commits = Map<string, Write[]>;

/**
 * Explains every change of the aggregates by the records that caused it: an outbox row by the ledger steps that
 * were committed with it, or else by the stream records in its invocation's event; a change of the aggregates by
 * the rows claimed with it, or else by the rows in its invocation's event. Each explanation must add up.
 *
 * @throws Error where one does not: then the writes are not what they seem, and nothing can be scored.
 */
export function multiplicityOf(committed: Committed): Multiplicity {
  const ledger = commitsOf(committed.ledger);
  const rows = new Map<string, readonly Part[]>();
  const images = new Map<string, Image>();
  for (const write of committed.outbox) {
    if (write.before !== undefined || write.after === undefined) continue;
    const id = textOf(write.after, "id");
    const steps = ledger.get(commitKey(write));
    const parts = steps === undefined ? partsOfEvent(write, committed) : steps.flatMap(partsOfStep);
    checkRow(id, write.after, parts, steps === undefined);
    rows.set(id, parts);
    images.set(id, write.after);
  }
  return applyRows(committed, rows, images);
}

function applyRows(
  committed: Committed,
  rows: ReadonlyMap<string, readonly Part[]>,
  images: ReadonlyMap<string, Image>,
): Multiplicity {
  const aggregates = commitsOf(committed.aggregates);
  const claims = commitsOf(committed.outbox.filter(isClaim));
  const net = new Map<string, number>();
  const firstEffectMs = new Map<string, number>();
  const applications = new Map<string, Application[]>();
  const sums: Sums = new Map();
  // A claim whose rows add up to nothing changes no aggregate, and still applies its rows.
  const commits = new Map([...claims, ...aggregates]);
  for (const key of commits.keys()) {
    const claimed = claims.get(key);
    const writes = aggregates.get(key) ?? [];
    const { atMs, requestId } = (claimed ?? writes)[0]!;
    const applied =
      claimed === undefined
        ? rowsOfEvent(writes[0]!, committed)
        : claimed.map(({ after }) => textOf(after!, "id"));
    checkApplication(key, writes, applied, images);
    for (const id of applied) {
      const known = applications.get(id);
      if (known === undefined) applications.set(id, [{ atMs, requestId }]);
      else known.push({ atMs, requestId });
      addAll(sums, rowSums(images.get(id)!));
      for (const { content, sign } of rows.get(id)!) {
        net.set(content, (net.get(content) ?? 0) + sign);
        const first = firstEffectMs.get(content);
        if (sign > 0 && (first === undefined || first > atMs)) firstEffectMs.set(content, atMs);
      }
    }
  }
  return { net, firstEffectMs, rows, applications, sums };
}

function commitKey({ requestId, atMs }: Write): string {
  return `${requestId ?? ""} ${atMs}`;
}

function commitsOf(writes: readonly Write[]): Commits {
  const commits: Commits = new Map();
  for (const write of writes) {
    const key = commitKey(write);
    const commit = commits.get(key);
    if (commit === undefined) commits.set(key, [write]);
    else commit.push(write);
  }
  return commits;
}

function isClaim({ before, after }: Write): boolean {
  return before !== undefined && after?.["appliedAt"] !== undefined && !before["appliedAt"];
}

export function partOf(image: Image, sign: 1 | -1): ImagePart {
  const version = numberOf(image, "version");
  const content = contentKey(textOf(image, "id"), version, textOf(image, "contentHash"));
  return { content, sign, image };
}

function partsOfStep({ before, after }: { before?: Image; after?: Image }): ImagePart[] {
  const parts: ImagePart[] = [];
  if (after !== undefined) parts.push(partOf(after, 1));
  if (before !== undefined) parts.push(partOf(before, -1));
  return parts;
}

/** The stream records that an invocation was given. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName?: string;
  readonly eventSourceARN?: string;
  readonly kinesis?: {
    readonly sequenceNumber: string;
    readonly approximateArrivalTimestamp: number;
  };
  readonly dynamodb?: {
    readonly SequenceNumber: string;
    readonly NewImage?: Image;
    readonly OldImage?: Image;
  };
}

export function recordsOf(event: unknown): readonly StreamRecord[] {
  return (event as { Records?: readonly StreamRecord[] } | null)?.Records ?? [];
}

function recordsOfWriter(write: Write, { invocations }: Committed): readonly StreamRecord[] {
  const invocation = write.requestId === undefined ? undefined : invocations.get(write.requestId);
  if (invocation === undefined) {
    throw new Error(`A write at ${write.atMs} was made by no known invocation.`);
  }
  return recordsOf(invocation.event);
}

function partsOfEvent(write: Write, committed: Committed): ImagePart[] {
  return recordsOfWriter(write, committed).flatMap(({ dynamodb }) =>
    partsOfStep({ before: dynamodb?.OldImage, after: dynamodb?.NewImage }),
  );
}

function rowsOfEvent(write: Write, committed: Committed): string[] {
  return recordsOfWriter(write, committed)
    .filter(({ eventName }) => eventName === "INSERT")
    .map(({ dynamodb }) => textOf(dynamodb!.NewImage!, "id"));
}

function checkRow(id: string, row: Image, parts: readonly ImagePart[], fromEvent: boolean): void {
  const sums: Sums = new Map();
  for (const { image, sign } of parts) addEntity(sums, image, sign > 0 ? 1n : -1n);
  const held = rowSums(row);
  if (sameSums(held, sums)) return;
  const origin = fromEvent ? "the records of its invocation" : "the ledger steps committed with it";
  throw new Error(`Outbox row ${id} is not the sum of ${origin}: ${differences(held, sums)}.`);
}

function checkApplication(
  key: string,
  writes: readonly Write[],
  rows: readonly string[],
  images: ReadonlyMap<string, Image>,
): void {
  const changed: Sums = new Map();
  for (const { before, after } of writes) addAggregate(changed, before, after);
  const applied: Sums = new Map();
  for (const id of rows) {
    const row = images.get(id);
    if (row === undefined) throw new Error(`Row ${id} was applied but never committed.`);
    addAll(applied, rowSums(row));
  }
  if (sameSums(changed, applied)) return;
  throw new Error(
    `The aggregates changed (${key}) by something else than the rows applied: ` +
      `${differences(changed, applied)}.`,
  );
}
