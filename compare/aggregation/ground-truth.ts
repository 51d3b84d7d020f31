import { createHash } from "node:crypto";
import type { Message } from "../../handlers/messages";
import { addTo, type Sums } from "./sums";
import type { ProducedRecord } from "./workload";

/**
 * What the aggregates must be, from the workload alone. Nothing here comes from the handlers: the tie-break, the
 * tree and the fold are written once more, so that a mistake there does not hide itself here.
 */
export interface GroundTruth {
  /** Every group's sum, zeros left out. */
  readonly expected: Sums;
  /** By entity id: the content that wins. */
  readonly winners: ReadonlyMap<string, string>;
  /** By content: the first record that holds it. */
  readonly firstCopy: ReadonlyMap<string, number>;
  /** By record: its content; undefined where nothing can decode it. */
  readonly contents: readonly (string | undefined)[];
}

/** One state of one entity, as a key: equal for copies, different for everything else. */
export function contentKey(id: string, version: number | string, contentHash: string): string {
  return `${id} ${version} ${contentHash}`;
}

export function groundTruthOf(records: readonly ProducedRecord[]): GroundTruth {
  const best = new Map<string, { message: Message; hash: string }>();
  const firstCopy = new Map<string, number>();
  const contents: (string | undefined)[] = [];
  for (const { index, message } of records) {
    if (message === undefined) {
      contents.push(undefined);
      continue;
    }
    const hash = hashOf(message);
    const key = contentKey(message.id, message.version, hash);
    contents.push(key);
    if (!firstCopy.has(key)) firstCopy.set(key, index);
    const held = best.get(message.id);
    if (held === undefined || beats(message, hash, held)) best.set(message.id, { message, hash });
  }
  const expected: Sums = new Map();
  const winners = new Map<string, string>();
  for (const [id, { message, hash }] of best) {
    winners.set(id, contentKey(id, message.version, hash));
    foldInto(expected, message);
  }
  return { expected, winners, firstCopy, contents };
}

function beats(message: Message, hash: string, held: { message: Message; hash: string }): boolean {
  if (message.version !== held.message.version) return message.version > held.message.version;
  return hash > held.hash;
}

/** The wire format's content hash: what orders messages of one id and version. */
function hashOf({ hierarchy, valueMinor, deleted }: Message): string {
  const text = [hierarchy.join("::"), String(valueMinor), deleted === true ? "1" : "0"].join("\n");
  return createHash("sha256").update(text, "utf8").digest("hex").substring(0, 32);
}

function foldInto(sums: Sums, { hierarchy, valueMinor, deleted }: Message): void {
  if (deleted === true) return;
  hierarchy.forEach((_, level) => {
    addTo(sums, hierarchy.slice(0, level + 1).join("::"), BigInt(valueMinor));
  });
  addTo(sums, "message_count", 1n);
}
