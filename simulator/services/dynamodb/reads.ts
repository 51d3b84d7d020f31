import type {
  BatchGetItemCommandInput,
  GetItemCommandInput,
  KeysAndAttributes,
} from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import type { Operation } from "../service";
import { copyItem, normalizedItem, type Item } from "./attribute-values";
import { consumed, consumedByTable, readUnits } from "./capacity";
import { projected } from "./document-paths";
import { constraint, refuseLegacyParameters, validation } from "./errors";
import { bindExpressions } from "./expression-binding";
import type { StoredItem } from "./ordered-index";
import type { Table } from "./table";
import { checkKey, itemId } from "./table-schema";
import { tableArn, type Tables } from "./tables";

const BATCH_KEYS_MAX = 100;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** GetItem and BatchGetItem. */
export function reads(account: Account, tables: Tables): Record<string, Operation> {
  return {
    GetItem: {
      permissions: (input: GetItemCommandInput) => [
        { action: "dynamodb:GetItem", resource: tableArn(account, input.TableName ?? "") },
      ],
      execute: (input: GetItemCommandInput) => getItem(account, tables, input),
    },
    BatchGetItem: {
      permissions: (input: BatchGetItemCommandInput) =>
        Object.keys(input.RequestItems ?? {}).map((table) => ({
          action: "dynamodb:BatchGetItem",
          resource: tableArn(account, table),
        })),
      execute: (input: BatchGetItemCommandInput) => batchGetItem(account, tables, input),
    },
  };
}

/** Notes that a read relied on what eventually consistent reads are assumed to see. */
export function noteConsistency(account: Account, consistent: boolean | undefined): void {
  if (!consistent) account.assumptions.choice("dynamodb.eventualReads");
}

function getItem(account: Account, tables: Tables, input: GetItemCommandInput): object {
  refuseLegacyParameters("GetItem", input);
  if (input.TableName === undefined) {
    throw constraint("tableName", undefined, "Member must not be null");
  }
  if (!input.Key) throw constraint("key", undefined, "Member must not be null");
  const { ProjectionExpression: projection } = bindExpressions(input, ["ProjectionExpression"]);
  const key = normalizedItem(input.Key);
  const table = tables.get(input.TableName);
  checkKey(table.schema.key, key);
  noteConsistency(account, input.ConsistentRead);
  const stored = table.find(itemId(table.schema.key, key));
  const units = readUnits(stored?.size ?? 0, input.ConsistentRead === true);
  account.usage.add("dynamodb.readUnits", units);
  return {
    ...(stored
      ? { Item: copyItem(projection ? projected(stored.item, projection.paths) : stored.item) }
      : {}),
    ...consumed(input, table.name, units),
  };
}

interface BatchRead {
  readonly table: Table;
  readonly request: KeysAndAttributes;
  readonly keys: readonly Item[];
  readonly ids: readonly string[];
  readonly read: (stored: StoredItem) => Item;
}

function batchGetItem(account: Account, tables: Tables, input: BatchGetItemCommandInput): object {
  refuseLegacyParameters("BatchGetItem", input);
  const entries = Object.entries(input.RequestItems ?? {});
  const count = entries.reduce((sum, [, { Keys }]) => sum + (Keys?.length ?? 0), 0);
  if (entries.length === 0) {
    throw constraint("requestItems", "{}", "Member must have length greater than or equal to 1");
  }
  if (count > BATCH_KEYS_MAX) {
    throw validation("Too many items requested for the BatchGetItem call");
  }
  const batches = entries.map(([name, request]) => prepareBatch(tables, name, request));
  const responses: Record<string, object[]> = {};
  const unprocessed: Record<string, KeysAndAttributes> = {};
  const units = new Map<string, number>();
  let bytes = 0;
  for (const [index, { table, request, keys, ids, read }] of batches.entries()) {
    const name = entries[index]![0];
    noteConsistency(account, request.ConsistentRead);
    const found: object[] = (responses[name] = []);
    const left: Item[] = [];
    let cost = 0;
    ids.forEach((id, position) => {
      const stored = table.find(id);
      // Beyond the response's size, keys are handed back.
      if (bytes + (stored?.size ?? 0) > BATCH_BYTES_MAX) {
        left.push(keys[position]!);
        return;
      }
      bytes += stored?.size ?? 0;
      cost += readUnits(stored?.size ?? 0, request.ConsistentRead === true);
      if (stored) found.push(read(stored));
    });
    if (left.length > 0) unprocessed[name] = { ...request, Keys: left };
    units.set(table.name, cost);
    account.usage.add("dynamodb.readUnits", cost);
  }
  return {
    Responses: responses,
    UnprocessedKeys: unprocessed,
    ...consumedByTable(input, units),
  };
}

function prepareBatch(tables: Tables, name: string, request: KeysAndAttributes): BatchRead {
  refuseLegacyParameters("BatchGetItem", request);
  const { ProjectionExpression: projection } = bindExpressions(request, ["ProjectionExpression"]);
  const keys = (request.Keys ?? []).map((key) => normalizedItem(key));
  if (keys.length === 0) {
    throw constraint(
      `requestItems.${name}.member.keys`,
      "[]",
      "Member must have length greater than or equal to 1",
    );
  }
  const table = tables.get(name);
  const ids = keys.map((key) => {
    checkKey(table.schema.key, key);
    return itemId(table.schema.key, key);
  });
  if (new Set(ids).size < ids.length) {
    throw validation("Provided list of item keys contains duplicates");
  }
  const read = ({ item }: StoredItem): Item =>
    copyItem(projection ? projected(item, projection.paths) : item);
  return { table, request, keys, ids, read };
}
