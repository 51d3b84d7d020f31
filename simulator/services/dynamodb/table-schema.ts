import { base64Of } from "../base64";
import { typeOf, type AttributeValue, type Item } from "./attribute-values";
import { validation } from "./errors";

/** An attribute of a key. */
export interface KeyAttribute {
  readonly name: string;
  readonly type: "S" | "N" | "B";
}

export interface KeySchema {
  readonly hash: KeyAttribute;
  readonly range?: KeyAttribute;
}

export interface IndexSchema {
  readonly name: string;
  readonly kind: "global" | "local";
  readonly key: KeySchema;
  readonly projection: "ALL" | "KEYS_ONLY" | "INCLUDE";
  /** With `INCLUDE`: what is projected besides the keys of table and index. */
  readonly nonKeyAttributes: readonly string[];
}

export type StreamViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

/** What a table is, without its items. */
export interface TableSchema {
  readonly name: string;
  readonly key: KeySchema;
  readonly indexes: readonly IndexSchema[];
  readonly stream?: { readonly label: string; readonly viewType: StreamViewType };
  /** The attribute with the item's expiry, in seconds since the epoch, where TTL is on. */
  readonly ttlAttribute?: string;
  readonly deletionProtection: boolean;
}

const HASH_BYTES_MAX = 2048;
const RANGE_BYTES_MAX = 1024;

export const keyAttributes = ({ hash, range }: KeySchema): readonly KeyAttribute[] =>
  range ? [hash, range] : [hash];

/** A key value as a text, equal exactly if the values are. Items hold numbers in canonical form. */
export function keyText(value: AttributeValue): string {
  return value.S ?? value.N ?? base64Of(value.B!);
}

/**
 * The identity of an item within its table. Without a length in front, two pairs of hash and range key
 * could make the same text.
 */
export function itemId({ hash, range }: KeySchema, item: Item): string {
  const text = keyText(item[hash.name]!);
  return range ? `${text.length}:${text}${keyText(item[range.name]!)}` : text;
}

/** The key attributes of an item. */
export function keyOf({ hash, range }: KeySchema, item: Item): Item {
  const key: Record<string, AttributeValue> = { [hash.name]: item[hash.name]! };
  if (range) key[range.name] = item[range.name]!;
  return key;
}

const INVALID = "One or more parameter values were invalid: ";

/** @throws ValidationException if `key` is not exactly a key of the schema. */
export function checkKey(schema: KeySchema, key: Item): void {
  const { hash, range } = schema;
  let given = 0;
  for (const _name in key) given++;
  const fits =
    key[hash.name]?.[hash.type] !== undefined &&
    (!range || key[range.name]?.[range.type] !== undefined);
  if (!fits || given !== (range ? 2 : 1)) {
    throw validation("The provided key element does not match the schema");
  }
  checkKeyValues(schema, key);
}

/** @throws ValidationException if an item to put lacks a proper key. */
export function checkKeyOfItem(schema: KeySchema, item: Item): void {
  for (const { name, type } of keyAttributes(schema)) {
    const value = item[name];
    if (!value) throw validation(`${INVALID}Missing the key ${name} in the item`);
    if (value[type] === undefined) {
      throw validation(
        `${INVALID}Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      );
    }
  }
  checkKeyValues(schema, item);
}

function checkKeyValues({ hash, range }: KeySchema, item: Item): void {
  if (keyBytes(item, hash) > HASH_BYTES_MAX) {
    // The missing blank is the service's own.
    throw validation(`${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`);
  }
  if (range && keyBytes(item, range) > RANGE_BYTES_MAX) {
    throw validation(
      `${INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes`,
    );
  }
}

function keyBytes(item: Item, { name, type }: KeyAttribute): number {
  const value = item[name]!;
  if (type === "N") return 1;
  const bytes = type === "S" ? Buffer.byteLength(value.S!) : value.B!.length;
  if (bytes > 0) return bytes;
  throw validation(
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain " +
      `an empty ${type === "S" ? "string" : "binary"} value. Key: ${name}`,
  );
}

/** @throws ValidationException if the item has an attribute that an index cannot have in its key. */
export function checkIndexKeys(
  { indexes }: TableSchema,
  item: Item,
  operation: "put" | "update",
): void {
  for (const index of indexes) {
    for (const { name, type } of keyAttributes(index.key)) {
      const value = item[name];
      if (!value) continue;
      if (value[type] === undefined) throw wrongIndexType(index, name, type, value, operation);
      if ((type === "S" && value.S === "") || (type === "B" && value.B!.length === 0)) {
        throw validation(
          "One or more parameter values are not valid. A value specified for a secondary index key is not " +
            "supported. The AttributeValue for a key attribute cannot contain an empty " +
            `${type === "S" ? "string" : "binary"} value. IndexName: ${index.name}, IndexKey: ${name}`,
        );
      }
    }
  }
}

function wrongIndexType(
  index: IndexSchema,
  name: string,
  type: string,
  value: AttributeValue,
  operation: "put" | "update",
): Error {
  if (operation === "update") {
    return validation(
      "The update expression attempted to update the secondary index key to unsupported type",
    );
  }
  return validation(
    `${INVALID}Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} ` +
      `IndexName: ${index.name}`,
  );
}

/** The part of an item that an index holds, undefined if the item is not in it (a sparse index). */
export function indexEntry(schema: TableSchema, index: IndexSchema, item: Item): Item | undefined {
  if (!isIndexed(index, item)) return undefined;
  if (index.projection === "ALL") return item;
  const entry: Record<string, AttributeValue> = {};
  for (const name of projectedNames(schema, index)) {
    const value = item[name];
    if (value) entry[name] = value;
  }
  return entry;
}

export const isIndexed = ({ key }: IndexSchema, item: Item): boolean =>
  item[key.hash.name] !== undefined && (!key.range || item[key.range.name] !== undefined);

/** The attributes of an index that does not project all. */
export function projectedNames(schema: TableSchema, index: IndexSchema): readonly string[] {
  const keys = [...keyAttributes(schema.key), ...keyAttributes(index.key)].map(({ name }) => name);
  return [...new Set([...keys, ...index.nonKeyAttributes])];
}
