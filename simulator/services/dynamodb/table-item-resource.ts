import { z } from "zod";
import type { Account } from "../account";
import { harmlessEverywhere } from "../schema";
import type { Call, ResourceDefinition } from "../service";
import { base64Of } from "../base64";
import { valuesEqual, type AttributeValue } from "./attribute-values";

type JsonItem = Record<string, AttributeValue>;

const schema = z
  .strictObject({
    ...harmlessEverywhere,
    tableName: z.string(),
    hashKey: z.string().min(1),
    rangeKey: z.string().min(1).optional(),
    item: z.string(),
  })
  .superRefine(({ item, hashKey, rangeKey }, context) => {
    const problem = (message: string) =>
      context.addIssue({ code: "custom", path: ["item"], message });
    let parsed: JsonItem;
    try {
      parsed = parseItem(item);
    } catch {
      return problem('expected DynamoDB JSON, for instance {"id":{"S":"a"}}');
    }
    for (const key of rangeKey === undefined ? [hashKey] : [hashKey, rangeKey]) {
      if (!parsed[key]) problem(`the key ${key} is missing`);
    }
  });

type TableItemInputs = z.infer<typeof schema>;

/** One row of a table, written by the program: parameters, for instance. */
export const tableItemResource: ResourceDefinition<TableItemInputs> = {
  type: "aws:dynamodb/tableItem:TableItem",
  schema,
  replaceOn: ["tableName", "hashKey", "rangeKey"],
  plan: (inputs) => ({ id: idOf(inputs), outputs: { ...inputs } }),
  create: ({ inputs }, account) => put(inputs, account),
  update: ({ inputs }, previous, account) => {
    if (idOf(inputs) === idOf(previous.inputs)) {
      change(inputs, previous.inputs, account);
      return;
    }
    put(inputs, account);
    remove(previous.inputs, account);
  },
  delete: ({ inputs }, account) => remove(inputs, account),
  exists: ({ inputs }, { services }) => services.dynamodb.hasTable(inputs.tableName),
};

/** Binaries are base64 in the text. */
function parseItem(text: string): JsonItem {
  return JSON.parse(text, (key, value: unknown) => {
    if (key === "B" && typeof value === "string") return Buffer.from(value, "base64");
    if (key !== "BS" || !Array.isArray(value)) return value;
    return value.map((element) => Buffer.from(String(element), "base64"));
  }) as JsonItem;
}

/** As the AWS provider composes it. */
function idOf({ tableName, hashKey, rangeKey, item }: TableItemInputs): string {
  const parsed = parseItem(item);
  const texts = (name: string): string[] => {
    const value = parsed[name];
    return [value?.B ? base64Of(value.B) : "", value?.S ?? "", value?.N ?? ""];
  };
  const range = rangeKey === undefined ? [] : [rangeKey, ...texts(rangeKey)];
  return [tableName, hashKey, ...texts(hashKey), ...range].join("|");
}

const keyOf = ({ hashKey, rangeKey, item }: TableItemInputs): JsonItem => {
  const parsed = parseItem(item);
  const key = { [hashKey]: parsed[hashKey]! };
  return rangeKey === undefined ? key : { ...key, [rangeKey]: parsed[rangeKey]! };
};

function put(inputs: TableItemInputs, account: Account): void {
  execute(account, "PutItem", {
    TableName: inputs.tableName,
    Item: parseItem(inputs.item),
    // A row that is there already belongs to somebody else.
    ConditionExpression: "attribute_not_exists(#key)",
    ExpressionAttributeNames: { "#key": inputs.hashKey },
  });
}

/** Changes what the program changed; what others added to the row stays. */
function change(inputs: TableItemInputs, previous: TableItemInputs, account: Account): void {
  const next = parseItem(inputs.item);
  const before = parseItem(previous.item);
  const names = [...new Set([...Object.keys(next), ...Object.keys(before)])].filter((name) => {
    const [was, is] = [before[name], next[name]];
    return !was || !is || !valuesEqual(was, is);
  });
  if (names.length === 0) return;
  const numbered = names.map((name, index) => ({ name, at: index }));
  const sets = numbered.filter(({ name }) => next[name]);
  const removes = numbered.filter(({ name }) => !next[name]);
  const sections = [
    sets.length > 0 ? `SET ${sets.map(({ at }) => `#n${at} = :v${at}`).join(", ")}` : "",
    removes.length > 0 ? `REMOVE ${removes.map(({ at }) => `#n${at}`).join(", ")}` : "",
  ];
  const values = Object.fromEntries(sets.map(({ name, at }) => [`:v${at}`, next[name]!]));
  execute(account, "UpdateItem", {
    TableName: inputs.tableName,
    Key: keyOf(inputs),
    UpdateExpression: sections.join(" ").trim(),
    ExpressionAttributeNames: Object.fromEntries(numbered.map(({ name, at }) => [`#n${at}`, name])),
    ...(sets.length > 0 ? { ExpressionAttributeValues: values } : {}),
  });
}

function remove(inputs: TableItemInputs, account: Account): void {
  execute(account, "DeleteItem", { TableName: inputs.tableName, Key: keyOf(inputs) });
}

function execute(account: Account, operation: string, input: object): void {
  const call: Call = {
    caller: { kind: "administrator", arn: `arn:aws:iam::${account.accountId}:root` },
    operation: `dynamodb:${operation}`,
    succeed: () => {},
    fail: () => {},
  };
  account.services.dynamodb.operations[operation]!.execute(input as never, call);
}
