import type { QueryCommandInput, ScanCommandInput } from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import { copyItem, itemSize, normalizedItem, type Item } from "./attribute-values";
import { consumed, readUnits } from "./capacity";
import { holds } from "./condition";
import { projected, type Path } from "./document-paths";
import { constraint, tableNotFound, validation } from "./errors";
import type { Expression } from "./expression-binding";
import type { OrderedIndex, StoredItem } from "./ordered-index";
import type { SecondaryIndex, Table } from "./table";
import { checkKey, indexEntry, itemId, keyAttributes, keyOf, projectedNames } from "./table-schema";
import { noteConsistency } from "./reads";
import type { Tables } from "./tables";

export type PageInput = QueryCommandInput | ScanCommandInput;

const PAGE_BYTES_MAX = 1024 * 1024;

/** What a Query or Scan reads from. */
export interface Source {
  readonly table: Table;
  /** Undefined: the table itself. */
  readonly index: SecondaryIndex | undefined;
  readonly items: OrderedIndex;
}

/** @throws ResourceNotFoundException, ValidationException */
export function sourceOf(tables: Tables, input: PageInput): Source {
  if (input.TableName === undefined) {
    throw constraint("tableName", undefined, "Member must not be null");
  }
  const table = tables.find(input.TableName);
  if (!table) throw tableNotFound();
  if (input.IndexName === undefined) return { table, index: undefined, items: table.primary };
  const index = table.index(input.IndexName);
  if (!index) {
    throw validation(`The table does not have the specified index: ${input.IndexName}`);
  }
  if (input.ConsistentRead && index.schema.kind === "global") {
    throw validation("Consistent reads are not supported on global secondary indexes");
  }
  return { table, index, items: index.items };
}

/** @throws ValidationException for what is wrong with the limit or the selection. */
export function checkPageInput(input: PageInput): void {
  const { Limit: limit, Select: select, ProjectionExpression: projection } = input;
  if (limit !== undefined && limit < 1) {
    throw constraint("limit", limit, "Member must have value greater than or equal to 1");
  }
  if (select === "ALL_PROJECTED_ATTRIBUTES" && input.IndexName === undefined) {
    throw validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  }
  if (select === "SPECIFIC_ATTRIBUTES" && projection === undefined) {
    throw validation(
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    );
  }
  if (select !== undefined && select !== "SPECIFIC_ATTRIBUTES" && projection !== undefined) {
    const chosen = select === "COUNT" ? "only the Count" : select;
    throw validation(`Cannot specify the ProjectionExpression when choosing to get ${chosen}`);
  }
}

/**
 * The exclusive start key as an item to compare others with.
 *
 * @throws ValidationException
 */
export function startOf({ table, index }: Source, input: PageInput): StoredItem | undefined {
  if (!input.ExclusiveStartKey) return undefined;
  const item = normalizedItem(input.ExclusiveStartKey);
  const names = startKeyNames(table, index);
  const fits =
    Object.keys(item).length === names.size && Object.keys(item).every((name) => names.has(name));
  if (!fits) throw invalidStart();
  try {
    checkKey(table.schema.key, keyOf(table.schema.key, item));
  } catch {
    throw invalidStart();
  }
  for (const { name, type } of index ? keyAttributes(index.schema.key) : []) {
    if (item[name]![type] === undefined) throw invalidStart();
  }
  return { id: itemId(table.schema.key, item), item, size: 0 };
}

const invalidStart = (): Error => validation("The provided starting key is invalid");

const startKeyNames = (table: Table, index: SecondaryIndex | undefined): Set<string> => {
  const indexKey = index ? keyAttributes(index.schema.key) : [];
  return new Set([...keyAttributes(table.schema.key), ...indexKey].map(({ name }) => name));
};

/** One page of a Query or Scan: what its response holds. */
export function page(
  account: Account,
  source: Source,
  input: PageInput,
  stored: Iterable<StoredItem>,
  expressions: {
    readonly filter: Expression<"condition"> | undefined;
    readonly projection: Expression<"projection"> | undefined;
  },
): object {
  const { table, index } = source;
  const view = viewOf(source, input, expressions.projection?.paths);
  const found: Item[] = [];
  let scanned = 0;
  let bytes = 0;
  let fetchedUnits = 0;
  let last: StoredItem | undefined;
  let more = false;
  for (const candidate of stored) {
    if (bytes >= PAGE_BYTES_MAX) {
      more = true;
      break;
    }
    const entry = index ? indexEntry(table.schema, index.schema, candidate.item)! : candidate.item;
    scanned++;
    bytes += entry === candidate.item ? candidate.size : itemSize(entry);
    if (view.fetches) fetchedUnits += readUnits(candidate.size, input.ConsistentRead === true);
    last = candidate;
    const whole = view.fetches ? candidate.item : entry;
    if (!expressions.filter || holds(expressions.filter, whole)) found.push(whole);
    // The service does not look whether anything comes after the item that reaches the limit.
    if (scanned === input.Limit) {
      more = true;
      break;
    }
  }
  noteConsistency(account, input.ConsistentRead);
  const units = readUnits(bytes, input.ConsistentRead === true) + fetchedUnits;
  account.usage.add("dynamodb.readUnits", units);
  return {
    ...(input.Select === "COUNT" ? {} : { Items: found.map(view.read) }),
    Count: found.length,
    ScannedCount: scanned,
    ...(more && last ? { LastEvaluatedKey: startKey(source, last.item) } : {}),
    ...consumed(input, table.name, units),
  };
}

function startKey({ table, index }: Source, item: Item): Item {
  const key: Record<string, Item[string]> = {};
  for (const name of startKeyNames(table, index)) key[name] = item[name]!;
  return copyItem(key);
}

interface View {
  /** Whether attributes come from the table that the index does not hold. */
  readonly fetches: boolean;
  readonly read: (item: Item) => Item;
}

function viewOf(
  { table, index }: Source,
  input: PageInput,
  paths: readonly Path[] | undefined,
): View {
  const read = (item: Item): Item => copyItem(paths ? projected(item, paths) : item);
  if (!index || index.schema.projection === "ALL") return { fetches: false, read };
  const held = projectedNames(table.schema, index.schema);
  const missing = (paths ?? []).map((path) => path[0] as string).filter((n) => !held.includes(n));
  const all = input.Select === "ALL_ATTRIBUTES";
  if (index.schema.kind === "local") return { fetches: all || missing.length > 0, read };
  if (all) {
    throw validation(
      "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for " +
        `global secondary index ${index.schema.name} because its projection type is not ALL`,
    );
  }
  if (missing.length > 0) {
    throw validation(
      `One or more parameter values were invalid: Global secondary index ${index.schema.name} ` +
        `does not project [${missing.join(", ")}]`,
    );
  }
  return { fetches: false, read };
}
