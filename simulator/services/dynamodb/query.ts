import type { QueryCommandInput } from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import type { Operation } from "../service";
import { valuesEqual } from "./attribute-values";
import { refuseLegacyParameters, validation } from "./errors";
import { bindExpressions, type Expression } from "./expression-binding";
import { keyCondition, type KeyCondition } from "./key-condition";
import { firstWhere, type StoredItem } from "./ordered-index";
import { checkPageInput, page, sourceOf, startOf, type Source } from "./page";
import { keyAttributes } from "./table-schema";
import { tableArn, type Tables } from "./tables";

/** Query: the items of one partition of a table or index, in the order of their range keys. */
export function query(account: Account, tables: Tables): Operation {
  return {
    permissions: (input: QueryCommandInput) => [
      { action: "dynamodb:Query", resource: readArn(account, input) },
    ],
    execute: (input: QueryCommandInput) => execute(account, tables, input),
  };
}

/** The table or the index that a Query or Scan reads. */
export function readArn(
  account: Account,
  { TableName = "", IndexName }: { TableName?: string | undefined; IndexName?: string | undefined },
): string {
  const table = tableArn(account, TableName);
  return IndexName === undefined ? table : `${table}/index/${IndexName}`;
}

function execute(account: Account, tables: Tables, input: QueryCommandInput): object {
  refuseLegacyParameters("Query", input);
  checkPageInput(input);
  if (input.KeyConditionExpression === undefined) {
    throw validation(
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    );
  }
  const bound = bindExpressions(input, [
    "FilterExpression",
    "ProjectionExpression",
    "KeyConditionExpression",
  ]);
  const source = sourceOf(tables, input);
  const { key } = source.items;
  const condition = keyCondition(bound.KeyConditionExpression!, key);
  if (bound.FilterExpression) refuseKeysInFilter(bound.FilterExpression, source);
  const start = startOf(source, input);
  if (start && !valuesEqual(start.item[key.hash.name]!, condition.hash)) {
    throw validation(
      "The provided starting key is outside query boundaries based on provided conditions",
    );
  }
  const backward = input.ScanIndexForward === false;
  return page(account, source, input, matching(source, condition, start, backward), {
    filter: bound.FilterExpression,
    projection: bound.ProjectionExpression,
  });
}

function* matching(
  { items }: Source,
  { hash, range }: KeyCondition,
  start: StoredItem | undefined,
  backward: boolean,
): Iterable<StoredItem> {
  const entries = items.partition(hash)?.entries ?? [];
  const name = items.key.range?.name;
  let from = 0;
  let to = entries.length;
  if (range) {
    from = firstWhere(entries, (entry) => !range.isBelow(entry.item[name!]!));
    to = firstWhere(entries, (entry) => range.isAbove(entry.item[name!]!));
  }
  if (start) {
    if (backward) to = Math.min(to, items.position(entries, start));
    else
      from = Math.max(
        from,
        firstWhere(entries, (entry) => items.compare(entry, start) > 0),
      );
  }
  for (let offset = 0; offset < to - from; offset++) {
    yield entries[backward ? to - 1 - offset : from + offset]!;
  }
}

function refuseKeysInFilter(filter: Expression<"condition">, { items }: Source): void {
  const keys = new Set(keyAttributes(items.key).map(({ name }) => name));
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    const { kind, elements } = node as { kind?: string; elements?: (string | number)[] };
    if (kind !== "path") return Object.values(node).forEach(visit);
    const name = String(elements![0]);
    const resolved = filter.bindings.names[name] ?? name;
    if (!keys.has(resolved)) return;
    throw validation(
      "Filter Expression can only contain non-primary key attributes: " +
        `Primary key attribute: ${resolved}`,
    );
  };
  visit(filter.tree);
}
