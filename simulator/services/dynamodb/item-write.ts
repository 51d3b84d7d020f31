import { itemSize, normalizedItem, type AttributeValue, type Item } from "./attribute-values";
import { holds } from "./condition";
import { conditionFailed, constraint, validation } from "./errors";
import { bindExpressions, type Expression, type ExpressionInput } from "./expression-binding";
import type { Table } from "./table";
import { checkIndexKeys, checkKey, checkKeyOfItem, itemId } from "./table-schema";
import type { StoredItem } from "./ordered-index";
import { updated } from "./update";

export type WriteKind = "put" | "update" | "delete" | "check";

/** The part of a request that says what to write; a transaction has up to a hundred of them. */
export interface WriteInput extends ExpressionInput {
  readonly TableName?: string;
  readonly Key?: Readonly<Record<string, AttributeValue>>;
  readonly Item?: Readonly<Record<string, AttributeValue>>;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

/** A write whose request is sound; what it does to which item is still to be seen. */
export interface ItemWrite {
  readonly kind: WriteKind;
  readonly tableName: string;
  /** The item to put, the key otherwise. */
  readonly target: Item;
  readonly condition: Expression<"condition"> | undefined;
  readonly update: Expression<"update"> | undefined;
  /** Whether a failed condition answers with the item. */
  readonly returnOld: boolean;
}

const ITEM_BYTES_MAX = 400 * 1024;

const FIELDS = {
  put: ["ConditionExpression"],
  update: ["UpdateExpression", "ConditionExpression"],
  delete: ["ConditionExpression"],
  check: ["ConditionExpression"],
} as const;

/** @throws ValidationException for what is wrong whatever the table and its items are. */
export function prepareWrite(kind: WriteKind, input: WriteInput): ItemWrite {
  if (input.TableName === undefined) {
    throw constraint("tableName", undefined, "Member must not be null");
  }
  const target = kind === "put" ? input.Item : input.Key;
  if (!target) {
    throw constraint(kind === "put" ? "item" : "key", undefined, "Member must not be null");
  }
  const onFailure = input.ReturnValuesOnConditionCheckFailure;
  if (onFailure !== undefined && onFailure !== "NONE" && onFailure !== "ALL_OLD") {
    throw constraint(
      "returnValuesOnConditionCheckFailure",
      onFailure,
      "Member must satisfy enum value set: [ALL_OLD, NONE]",
    );
  }
  const fields: readonly ("UpdateExpression" | "ConditionExpression")[] = FIELDS[kind];
  const bound = bindExpressions(input, fields);
  return {
    kind,
    tableName: input.TableName,
    target: normalizedItem(target),
    condition: bound.ConditionExpression,
    update: bound.UpdateExpression,
    returnOld: onFailure === "ALL_OLD",
  };
}

/**
 * The id of the item that a write is about.
 *
 * @throws ValidationException if the write does not fit the table's key
 */
export function locate(write: ItemWrite, table: Table): string {
  const { key } = table.schema;
  if (write.kind === "put") checkKeyOfItem(key, write.target);
  else checkKey(key, write.target);
  for (const path of write.update?.paths ?? []) {
    if (path[0] === key.hash.name || path[0] === key.range?.name) {
      throw validation(
        `One or more parameter values were invalid: Cannot update attribute ${path[0]}. ` +
          "This attribute is part of the key",
      );
    }
  }
  return itemId(key, write.target);
}

/**
 * The item that a write leaves under `id` (undefined: none). A condition check leaves what was there.
 *
 * @throws ConditionalCheckFailedException, ValidationException
 */
export function outcome(
  write: ItemWrite,
  table: Table,
  id: string,
  before: StoredItem | undefined,
): StoredItem | undefined {
  if (write.condition && !holds(write.condition, before?.item)) {
    throw conditionFailed(write.returnOld ? before?.item : undefined);
  }
  switch (write.kind) {
    case "check":
      return before;
    case "delete":
      return undefined;
    case "put": {
      checkIndexKeys(table.schema, write.target, "put");
      const size = itemSize(write.target);
      if (size <= ITEM_BYTES_MAX) return { id, item: write.target, size };
      throw validation("Item size has exceeded the maximum allowed size");
    }
    case "update": {
      const start = before?.item ?? write.target;
      const item = write.update ? updated(write.update, start) : start;
      checkIndexKeys(table.schema, item, "update");
      const size = itemSize(item);
      if (size <= ITEM_BYTES_MAX) return { id, item, size };
      throw validation("Item size to update has exceeded the maximum allowed size");
    }
  }
}
