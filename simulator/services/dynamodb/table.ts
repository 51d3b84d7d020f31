import { itemSize, itemsEqual, valuesEqual, type Item } from "./attribute-values";
import { writeUnits } from "./capacity";
import { OrderedIndex, type StoredItem } from "./ordered-index";
import {
  indexEntry,
  isIndexed,
  keyAttributes,
  type IndexSchema,
  type TableSchema,
} from "./table-schema";
import type { StreamPosition, TableStream } from "./table-stream";

export interface SecondaryIndex {
  readonly schema: IndexSchema;
  readonly items: OrderedIndex;
}

/** One item's change, committed or not worth committing. */
export interface CommittedWrite {
  /** When, in virtual milliseconds since the epoch. */
  readonly atMs: number;
  readonly table: string;
  /** The API operation (`TransactWriteItems`), or `TimeToLive`. */
  readonly operation: string;
  readonly key: Item;
  /** The item before and after; absent where there was or is none. Shared: must not be changed. */
  readonly before?: Item;
  readonly after?: Item;
  /** False for a write that left everything as it was: no stream record came of it. */
  readonly changed: boolean;
  /** The invocation that made the call, where there is one. */
  readonly requestId?: string;
  /** Where the table's stream has it, if it has a stream. */
  readonly stream?: StreamPosition;
}

/** A table with its items. It stores; rules and side effects of writes are elsewhere. */
export class Table {
  /** Until when a transaction in flight holds an item, by item id. */
  readonly holds = new Map<string, { readonly untilMs: number }>();
  readonly primary: OrderedIndex;
  readonly #items = new Map<string, StoredItem>();
  #indexes = new Map<string, SecondaryIndex>();
  #schema: TableSchema;
  #bytes = 0;
  /** The stream in use. */
  stream: TableStream | undefined;

  constructor(
    readonly arn: string,
    schema: TableSchema,
    readonly createdAtMs: number,
  ) {
    this.primary = new OrderedIndex(schema.key);
    this.#schema = schema;
    this.schema = schema;
  }

  get name(): string {
    return this.#schema.name;
  }

  get schema(): TableSchema {
    return this.#schema;
  }

  /** Changes what may change in place. Indexes are built from the items that are there. */
  set schema(schema: TableSchema) {
    this.#schema = schema;
    const indexes = schema.indexes.map((index): [string, SecondaryIndex] => {
      const items = new OrderedIndex(index.key);
      for (const stored of this.#items.values()) {
        if (isIndexed(index, stored.item)) items.insert(stored);
      }
      return [index.name, { schema: index, items }];
    });
    this.#indexes = new Map(indexes);
  }

  get itemCount(): number {
    return this.#items.size;
  }

  /** The size of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  index(name: string): SecondaryIndex | undefined {
    return this.#indexes.get(name);
  }

  find(id: string): StoredItem | undefined {
    return this.#items.get(id);
  }

  items(): IterableIterator<StoredItem> {
    return this.#items.values();
  }

  /** Puts `after` in the place of `before`; they have the same id. */
  replace(before: StoredItem | undefined, after: StoredItem | undefined): void {
    this.#bytes += (after?.size ?? 0) - (before?.size ?? 0);
    if (after) this.#items.set(after.id, after);
    else if (before) this.#items.delete(before.id);
    if (before && after) this.primary.replace(before, after);
    else replaceIn(this.primary, before, after);
    for (const { schema, items } of this.#indexes.values()) {
      const left = before && isIndexed(schema, before.item) ? before : undefined;
      const joined = after && isIndexed(schema, after.item) ? after : undefined;
      replaceIn(items, left, joined);
    }
  }

  /** The units that a change costs in the secondary indexes, 1 KB each. */
  indexWriteUnits(before: Item | undefined, after: Item | undefined): number {
    let units = 0;
    for (const { schema } of this.#indexes.values()) {
      const left = before && indexEntry(this.#schema, schema, before);
      const joined = after && indexEntry(this.#schema, schema, after);
      units += indexUnits(schema, left, joined);
    }
    return units;
  }
}

function replaceIn(
  index: OrderedIndex,
  before: StoredItem | undefined,
  after: StoredItem | undefined,
): void {
  if (before && after && sameKey(index, before.item, after.item)) {
    index.replace(before, after);
    return;
  }
  if (before) index.remove(before);
  if (after) index.insert(after);
}

function sameKey({ key: { hash, range } }: OrderedIndex, one: Item, two: Item): boolean {
  if (!valuesEqual(one[hash.name]!, two[hash.name]!)) return false;
  return !range || valuesEqual(one[range.name]!, two[range.name]!);
}

/** A changed entry is one write; one whose key changes is a delete and a put. */
function indexUnits(
  { key }: IndexSchema,
  before: Item | undefined,
  after: Item | undefined,
): number {
  if (!before || !after) return before || after ? writeUnits(itemSize((before ?? after)!)) : 0;
  const moved = keyAttributes(key).some(({ name }) => !valuesEqual(before[name]!, after[name]!));
  if (moved) return writeUnits(itemSize(before)) + writeUnits(itemSize(after));
  if (itemsEqual(before, after)) return 0;
  return writeUnits(Math.max(itemSize(before), itemSize(after)));
}
