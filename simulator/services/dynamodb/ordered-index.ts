import { compareValues, type AttributeValue, type Item } from "./attribute-values";
import { keyText, type KeySchema } from "./table-schema";

/** An item in a table. It is replaced, never changed: indexes, images and the write log share it. */
export interface StoredItem {
  /** Identity within the table. */
  readonly id: string;
  readonly item: Item;
  /** In bytes. */
  readonly size: number;
}

/** The items that share a hash key, ordered by the range key. */
export interface Partition {
  readonly text: string;
  /** 32 bits, unsigned: where the partition lies in a scan, and which stream shard it belongs to. */
  readonly hash: number;
  readonly entries: StoredItem[];
}

/** FNV-1a with a final mix: cheap, even, the same everywhere. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The items of a table or of a secondary index in the order in which Query and Scan answer them. */
export class OrderedIndex {
  readonly #partitions = new Map<string, Partition>();
  /** Partitions in scan order, undefined after one came or went. */
  #ordered: readonly Partition[] | undefined;

  constructor(readonly key: KeySchema) {}

  partition(hashKey: AttributeValue): Partition | undefined {
    return this.#partitions.get(keyText(hashKey));
  }

  /** By hash, then by key: the same for the same items, whatever order they came in. */
  partitionsInScanOrder(): readonly Partition[] {
    this.#ordered ??= [...this.#partitions.values()].sort(comparePartitions);
    return this.#ordered;
  }

  insert(stored: StoredItem): void {
    const text = keyText(stored.item[this.key.hash.name]!);
    const partition = this.#partitions.get(text);
    if (!partition) {
      this.#partitions.set(text, { text, hash: hashOf(text), entries: [stored] });
      this.#ordered = undefined;
      return;
    }
    const { entries } = partition;
    const last = entries[entries.length - 1]!;
    // Most keys ascend with time.
    if (this.compare(last, stored) < 0) entries.push(stored);
    else entries.splice(this.position(entries, stored), 0, stored);
  }

  remove(stored: StoredItem): void {
    const text = keyText(stored.item[this.key.hash.name]!);
    const { entries } = this.#partitions.get(text)!;
    if (entries.length > 1) {
      entries.splice(this.position(entries, stored), 1);
      return;
    }
    this.#partitions.delete(text);
    this.#ordered = undefined;
  }

  /** Puts `after` in the place of `before`, which has the same key in this index. */
  replace(before: StoredItem, after: StoredItem): void {
    const { entries } = this.partition(before.item[this.key.hash.name]!)!;
    entries[entries.length === 1 ? 0 : this.position(entries, before)] = after;
  }

  /** The first place in `entries` that does not lie before `stored`. */
  position(entries: readonly StoredItem[], stored: StoredItem): number {
    return firstWhere(entries, (entry) => this.compare(entry, stored) >= 0);
  }

  /** Within a partition: by range key, then (in a secondary index) by the item's own key. */
  compare(one: StoredItem, two: StoredItem): number {
    const name = this.key.range?.name;
    const order = name === undefined ? 0 : compareValues(one.item[name]!, two.item[name]!)!;
    if (order !== 0 || one.id === two.id) return order;
    return one.id < two.id ? -1 : 1;
  }
}

export function comparePartitions(
  one: { readonly hash: number; readonly text: string },
  two: { readonly hash: number; readonly text: string },
): number {
  if (one.hash !== two.hash) return one.hash - two.hash;
  return one.text === two.text ? 0 : one.text < two.text ? -1 : 1;
}

/** The first index whose element satisfies `holds`, which must go on holding after it. */
export function firstWhere<T>(elements: readonly T[], holds: (element: T) => boolean): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(elements[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
