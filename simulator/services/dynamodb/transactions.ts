import type {
  CancellationReason,
  TransactGetItemsCommandInput,
  TransactWriteItem,
  TransactWriteItemsCommandInput,
} from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Call, Operation, RequiredPermission } from "../service";
import { copyItem, itemSize, normalizedItem, type Item } from "./attribute-values";
import { consumedByTable, readUnits, writeUnits } from "./capacity";
import { projected } from "./document-paths";
import { constraint, refuseLegacyParameters, validation } from "./errors";
import { bindExpressions } from "./expression-binding";
import { IdempotencyTokens } from "./idempotency-tokens";
import { locate, outcome, prepareWrite, type ItemWrite, type WriteKind } from "./item-write";
import type { StoredItem } from "./ordered-index";
import type { Table } from "./table";
import { checkKey, itemId } from "./table-schema";
import { isHeld, tableArn, type Tables } from "./tables";

const ACTIONS_MAX = 100;
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;

const KINDS = {
  Put: { kind: "put", permission: "dynamodb:PutItem" },
  Update: { kind: "update", permission: "dynamodb:UpdateItem" },
  Delete: { kind: "delete", permission: "dynamodb:DeleteItem" },
  ConditionCheck: { kind: "check", permission: "dynamodb:ConditionCheckItem" },
} as const satisfies Record<string, { kind: WriteKind; permission: string }>;

type ActionName = keyof typeof KINDS;

interface Action {
  readonly write: ItemWrite;
  readonly table: Table;
  /** Undefined if the write does not fit the table; `problem` says why. */
  readonly id: string | undefined;
  readonly problem?: ServiceError;
}

/** A transaction in flight, from its arrival to its effect. */
interface Flight {
  readonly actions: readonly Action[];
  readonly hold: { readonly untilMs: number };
  /** The request was answered before: it has no effect again. */
  readonly repeated: boolean;
}

const ACTION_NAMES = Object.keys(KINDS) as ActionName[];

/** The one action that an entry holds, undefined if it holds none or several. */
function nameIn(item: TransactWriteItem): ActionName | undefined {
  let found: ActionName | undefined;
  for (const name of ACTION_NAMES) {
    if (item[name] === undefined) continue;
    if (found) return undefined;
    found = name;
  }
  return found;
}

/** TransactWriteItems and TransactGetItems. */
export class Transactions {
  readonly #account: Account;
  readonly #tables: Tables;
  readonly #tokens: IdempotencyTokens;
  readonly #flights = new WeakMap<object, Flight>();

  constructor(account: Account, tables: Tables) {
    this.#account = account;
    this.#tables = tables;
    this.#tokens = new IdempotencyTokens(account.kernel);
  }

  readonly writeItems: Operation = {
    permissions: (input: TransactWriteItemsCommandInput) => this.#writePermissions(input),
    begin: (input: TransactWriteItemsCommandInput) => this.#begin(input),
    execute: (input: TransactWriteItemsCommandInput, call: Call) => this.#execute(input, call),
  };

  readonly getItems: Operation = {
    permissions: (input: TransactGetItemsCommandInput) => {
      const needed = new Permissions(this.#account);
      for (const { Get } of input.TransactItems ?? []) {
        needed.add("dynamodb:GetItem", Get?.TableName ?? "");
      }
      return needed.all;
    },
    execute: (input: TransactGetItemsCommandInput) => this.#get(input),
  };

  #writePermissions(input: TransactWriteItemsCommandInput): readonly RequiredPermission[] {
    const needed = new Permissions(this.#account);
    for (const item of input.TransactItems ?? []) {
      const name = nameIn(item);
      const table = name && item[name]!.TableName;
      if (name && table !== undefined) needed.add(KINDS[name].permission, table);
    }
    return needed.all;
  }

  /**
   * The transaction takes hold of its items, or is cancelled for those that another one holds: at once,
   * with the reasons of all its actions as they stand now.
   */
  #begin(input: TransactWriteItemsCommandInput): number {
    const { kernel, assumptions } = this.#account;
    const actions = this.#actions(input);
    const durationMs = assumptions.number("dynamodb.conflictMs");
    const hold = { untilMs: kernel.now + durationMs };
    const repeated = this.#tokens.begin(input, hold.untilMs);
    if (!repeated) {
      const now = kernel.now;
      const conflicts = actions.some(({ table, id }) => id !== undefined && isHeld(table, id, now));
      if (conflicts) {
        this.#tokens.forget(input);
        throw this.#cancelled(actions, this.#evaluate(actions).reasons);
      }
      for (const { table, id } of actions) if (id !== undefined) table.holds.set(id, hold);
    }
    this.#flights.set(input, { actions, hold, repeated });
    return repeated ? 0 : durationMs;
  }

  #execute(input: TransactWriteItemsCommandInput, call: Call): object {
    // A caller without a network in between has no arrival of its own.
    if (!this.#flights.has(input)) this.#begin(input);
    const { actions, hold, repeated } = this.#flights.get(input)!;
    this.#flights.delete(input);
    if (repeated) return this.#answerAgain(input, actions);
    for (const { table, id } of actions) {
      if (id !== undefined && table.holds.get(id) === hold) table.holds.delete(id);
    }
    const { reasons, outcomes } = this.#evaluate(actions);
    if (reasons.some(({ Code }) => Code !== "None")) {
      this.#tokens.forget(input);
      throw this.#cancelled(actions, reasons);
    }
    const units = new Map<string, number>();
    actions.forEach(({ write, table, id }, index) => {
      const { before, after } = outcomes[index]!;
      const single =
        write.kind === "check"
          ? writeUnits(before?.size ?? 0)
          : this.#tables.commit({
              operation: "TransactWriteItems",
              table,
              id: id!,
              key: write.target,
              before,
              after,
              requestId: call.caller.requestId,
            });
      units.set(table.name, (units.get(table.name) ?? 0) + 2 * single);
    });
    for (const quantity of units.values()) this.#account.usage.add("dynamodb.writeUnits", quantity);
    this.#tokens.complete(input);
    return consumedByTable(input, units);
  }

  #actions(input: TransactWriteItemsCommandInput): Action[] {
    refuseLegacyParameters("TransactWriteItems", input);
    const items = input.TransactItems ?? [];
    checkCount(items.length);
    const writes = items.map((item) => {
      const name = nameIn(item);
      if (name === undefined) {
        throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
      }
      return prepareAction(name, item);
    });
    // A key that does not fit its table cancels the transaction later; two actions on an item, now.
    const distinct = new Set<string>();
    let bytes = 0;
    const actions = writes.map((write): Action => {
      const table = this.#tables.get(write.tableName);
      bytes += itemSize(write.target);
      try {
        const id = locate(write, table);
        distinct.add(`${table.name}/${id}`);
        return { write, table, id };
      } catch (cause) {
        if (!(cause instanceof ServiceError)) throw cause;
        distinct.add(`${distinct.size}`);
        return { write, table, id: undefined, problem: cause };
      }
    });
    if (distinct.size < actions.length) {
      throw validation("Transaction request cannot include multiple operations on one item");
    }
    if (bytes > TRANSACTION_BYTES_MAX) {
      throw validation("Transaction request size exceeds the maximum allowed size of 4 MB");
    }
    return actions;
  }

  /** What each action would do, and for each the reason why it may not. */
  #evaluate(actions: readonly Action[]): {
    reasons: CancellationReason[];
    outcomes: { before: StoredItem | undefined; after: StoredItem | undefined }[];
  } {
    const outcomes: { before: StoredItem | undefined; after: StoredItem | undefined }[] = [];
    const { now } = this.#account.kernel;
    const reasons = actions.map(({ write, table, id, problem }): CancellationReason => {
      if (problem) return { Code: "ValidationError", Message: problem.message };
      if (isHeld(table, id!, now)) return CONFLICT;
      const before = table.find(id!);
      try {
        outcomes.push({ before, after: outcome(write, table, id!, before) });
        return NONE;
      } catch (cause) {
        return reasonOf(cause);
      }
    });
    return { reasons, outcomes };
  }

  #cancelled(actions: readonly Action[], reasons: CancellationReason[]): ServiceError {
    // Cancelled work is paid for like any other.
    for (const { table, id } of actions) {
      const size = id === undefined ? 0 : (table.find(id)?.size ?? 0);
      this.#account.usage.add("dynamodb.writeUnits", 2 * writeUnits(size));
    }
    return transactionCanceled(reasons);
  }

  /** A repeated token costs what reading the items costs. */
  #answerAgain(input: TransactWriteItemsCommandInput, actions: readonly Action[]): object {
    const units = new Map<string, number>();
    for (const { table, id } of actions) {
      const size = id === undefined ? 0 : (table.find(id)?.size ?? 0);
      units.set(table.name, (units.get(table.name) ?? 0) + 2 * readUnits(size, true));
    }
    for (const quantity of units.values()) this.#account.usage.add("dynamodb.readUnits", quantity);
    return consumedByTable(input, units);
  }

  #get(input: TransactGetItemsCommandInput): object {
    refuseLegacyParameters("TransactGetItems", input);
    const items = input.TransactItems ?? [];
    checkCount(items.length);
    const { now } = this.#account.kernel;
    const units = new Map<string, number>();
    const distinct = new Set<string>();
    const reasons: CancellationReason[] = [];
    const responses = items.map(({ Get }) => {
      if (!Get) throw validation("TransactItems can only contain Get");
      const bound = bindExpressions(Get, ["ProjectionExpression"]);
      const table = this.#tables.get(Get.TableName!);
      const key = normalizedItem(Get.Key!);
      checkKey(table.schema.key, key);
      const id = itemId(table.schema.key, key);
      distinct.add(`${table.name}/${id}`);
      reasons.push(isHeld(table, id, now) ? CONFLICT : NONE);
      const stored = table.find(id);
      const cost = 2 * readUnits(stored?.size ?? 0, true);
      units.set(table.name, (units.get(table.name) ?? 0) + cost);
      if (!stored) return {};
      const projection = bound.ProjectionExpression;
      return {
        Item: copyItem(projection ? projected(stored.item, projection.paths) : stored.item),
      };
    });
    if (distinct.size < items.length) {
      throw validation("Transaction request cannot include multiple operations on one item");
    }
    for (const quantity of units.values()) this.#account.usage.add("dynamodb.readUnits", quantity);
    if (reasons.includes(CONFLICT)) throw transactionCanceled(reasons);
    return { Responses: responses, ...consumedByTable(input, units) };
  }
}

const NONE: CancellationReason = { Code: "None" };
const CONFLICT: CancellationReason = {
  Code: "TransactionConflict",
  Message: "Transaction is ongoing for the item",
};

function checkCount(count: number): void {
  if (count >= 1 && count <= ACTIONS_MAX) return;
  const bound = count < 1 ? "greater than or equal to 1" : `less than or equal to ${ACTIONS_MAX}`;
  throw constraint("transactItems", `[${count} actions]`, `Member must have length ${bound}`);
}

function prepareAction(name: ActionName, item: TransactWriteItem): ItemWrite {
  if (name === "Update" && item.Update!.UpdateExpression === undefined) {
    throw constraint("updateExpression", undefined, "Member must not be null");
  }
  if (name === "ConditionCheck" && item.ConditionCheck!.ConditionExpression === undefined) {
    throw constraint("conditionExpression", undefined, "Member must not be null");
  }
  return prepareWrite(KINDS[name].kind, item[name]!);
}

function reasonOf(cause: unknown): CancellationReason {
  if (!(cause instanceof ServiceError)) throw cause;
  if (cause.code !== "ConditionalCheckFailedException") {
    return { Code: "ValidationError", Message: cause.message };
  }
  const { Item: old } = cause.members as { Item?: Item };
  return {
    Code: "ConditionalCheckFailed",
    Message: cause.message,
    ...(old ? { Item: copyItem(old) } : {}),
  };
}

function transactionCanceled(reasons: readonly CancellationReason[]): ServiceError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return new ServiceError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { members: { CancellationReasons: reasons.map((reason) => ({ ...reason })) } },
  );
}

/** What the actions of a transaction need, each once: they are many, and their tables few. */
class Permissions {
  readonly all: RequiredPermission[] = [];
  readonly #tables = new Map<string, Set<string>>();

  constructor(private readonly account: Account) {}

  add(action: string, table: string): void {
    const known = this.#tables.get(action) ?? new Set();
    if (known.has(table)) return;
    this.#tables.set(action, known.add(table));
    this.all.push({ action, resource: tableArn(this.account, table) });
  }
}
