import type {
  DeleteItemCommandInput,
  PutItemCommandInput,
  UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Call, Operation } from "../service";
import { copyItem, type Item } from "./attribute-values";
import { consumed, writeUnits } from "./capacity";
import { projected } from "./document-paths";
import { constraint, refuseLegacyParameters, transactionConflict, validation } from "./errors";
import { locate, outcome, prepareWrite, type ItemWrite, type WriteKind } from "./item-write";
import type { StoredItem } from "./ordered-index";
import { isHeld, tableArn, type Tables } from "./tables";

type Input = PutItemCommandInput | UpdateItemCommandInput | DeleteItemCommandInput;

const UPDATE_RETURNS = ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"];

/** PutItem, UpdateItem, DeleteItem: one item, at one instant. */
export function singleWrites(account: Account, tables: Tables): Record<string, Operation> {
  const operation = (name: string, kind: WriteKind): Operation => ({
    permissions: (input: Input) => [
      { action: `dynamodb:${name}`, resource: tableArn(account, input.TableName ?? "") },
    ],
    execute: (input: Input, call: Call) => write(account, tables, name, kind, input, call),
  });
  return {
    PutItem: operation("PutItem", "put"),
    UpdateItem: operation("UpdateItem", "update"),
    DeleteItem: operation("DeleteItem", "delete"),
  };
}

function write(
  account: Account,
  tables: Tables,
  operation: string,
  kind: WriteKind,
  input: Input,
  call: Call,
): object {
  refuseLegacyParameters(operation, input);
  checkReturnValues(kind, input.ReturnValues);
  const prepared = prepareWrite(kind, input);
  const table = tables.get(prepared.tableName);
  const id = locate(prepared, table);
  if (isHeld(table, id, account.kernel.now)) throw transactionConflict();
  const before = table.find(id);
  let after: StoredItem | undefined;
  try {
    after = outcome(prepared, table, id, before);
  } catch (cause) {
    if (cause instanceof ServiceError && cause.code === "ConditionalCheckFailedException") {
      // A refused write has been paid for all the same.
      account.usage.add("dynamodb.writeUnits", writeUnits(before?.size ?? 0));
      const { Item: old } = cause.members as { Item?: Item };
      if (old) cause.members["Item"] = copyItem(old);
    }
    throw cause;
  }
  const units = tables.commit({
    operation,
    table,
    id,
    key: prepared.target,
    before,
    after,
    requestId: call.caller.requestId,
  });
  account.usage.add("dynamodb.writeUnits", units);
  const attributes = returned(prepared, input.ReturnValues, before?.item, after?.item);
  return {
    ...(attributes ? { Attributes: copyItem(attributes) } : {}),
    ...consumed(input, table.name, units),
  };
}

function checkReturnValues(kind: WriteKind, value: string | undefined): void {
  if (value === undefined) return;
  if (!UPDATE_RETURNS.includes(value)) {
    throw constraint(
      "returnValues",
      value,
      `Member must satisfy enum value set: [${UPDATE_RETURNS.join(", ")}]`,
    );
  }
  if (kind !== "update" && value !== "NONE" && value !== "ALL_OLD") {
    throw validation("Return values set to invalid value");
  }
}

function returned(
  { update, target }: ItemWrite,
  wanted: string | undefined,
  before: Item | undefined,
  after: Item | undefined,
): Item | undefined {
  switch (wanted) {
    case "ALL_OLD":
      return before;
    case "ALL_NEW":
      return after;
    case "UPDATED_OLD":
      return touched(before ?? target, update?.paths ?? []);
    case "UPDATED_NEW":
      return touched(after!, update?.paths ?? []);
    default:
      return undefined;
  }
}

function touched(item: Item, paths: Parameters<typeof projected>[1]): Item | undefined {
  const part = projected(item, paths);
  return Object.keys(part).length > 0 ? part : undefined;
}
