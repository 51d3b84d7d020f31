import { ServiceError } from "../errors";
import { normalizedValue, type AttributeValue } from "./attribute-values";
import { problemBetween, resolvedPath, type Names, type Path } from "./document-paths";
import { validation } from "./errors";
import { operandTypeProblem } from "./expression-operand-types";
import {
  parseExpression,
  type ExpressionKind,
  type ParsedExpression,
  type Trees,
} from "./expression-parser";

/** What an expression's placeholders stand for. */
export interface Bindings {
  readonly names: Names;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** An expression of one request, ready to be evaluated. */
export interface Expression<Kind extends ExpressionKind> {
  readonly tree: Trees[Kind];
  readonly bindings: Bindings;
  /** The paths that an update touches or a projection keeps. */
  readonly paths: readonly Path[];
}

export type ExpressionField =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

/** The part of a request that holds expressions. */
export type ExpressionInput = { readonly [Field in ExpressionField]?: string } & {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>;
};

const KIND_OF = {
  ConditionExpression: "condition",
  FilterExpression: "condition",
  KeyConditionExpression: "condition",
  ProjectionExpression: "projection",
  UpdateExpression: "update",
} as const;

type KindOf<Field extends ExpressionField> = (typeof KIND_OF)[Field];

export type BoundExpressions<Field extends ExpressionField> = {
  readonly [F in Field]?: Expression<KindOf<F>>;
};

const NOTHING: Readonly<Record<string, never>> = {};

/**
 * Parses and checks the expressions of a request. `fields` are those its operation knows.
 *
 * @throws ValidationException
 */
export function bindExpressions<Field extends ExpressionField>(
  input: ExpressionInput,
  fields: readonly Field[],
): BoundExpressions<Field> {
  const names = input.ExpressionAttributeNames;
  const values = input.ExpressionAttributeValues;
  const present = fields.filter((field) => input[field] !== undefined);
  if (present.length === 0) {
    refusePlaceholdersAlone(fields, names, values);
    return {};
  }
  if (names) checkNames(names);
  const bindings = { names: names ?? NOTHING, values: values ? checkedValues(values) : NOTHING };
  const bound: { [F in ExpressionField]?: Expression<ExpressionKind> } = {};
  const all: ParsedExpression<ExpressionKind>[] = [];
  for (const field of present) {
    try {
      const parsed = parseExpression(KIND_OF[field], input[field]!);
      bound[field] = bind(parsed, bindings);
      all.push(parsed);
    } catch (cause) {
      if (cause instanceof ServiceError) throw cause;
      throw validation(`Invalid ${field}: ${(cause as Error).message}`);
    }
  }
  if (names) refuseUnused("Names", names, all);
  if (values) refuseUnused("Values", values, all);
  return bound as BoundExpressions<Field>;
}

function refusePlaceholdersAlone(
  fields: readonly ExpressionField[],
  names: object | undefined,
  values: object | undefined,
): void {
  if (names) {
    throw validation("ExpressionAttributeNames can only be specified when using expressions");
  }
  if (!values) return;
  const able = fields.filter((field) => field !== "ProjectionExpression");
  throw validation(
    "ExpressionAttributeValues can only be specified when using expressions" +
      (able.length > 0 ? `: ${able.join(" and ")} ${able.length > 1 ? "are" : "is"} null` : ""),
  );
}

function checkNames(names: Readonly<Record<string, string>>): void {
  let count = 0;
  for (const key in names) {
    count++;
    if (!/^#[A-Za-z0-9_]+$/.test(key)) {
      throw validation(
        `ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`,
      );
    }
    if (names[key] === "") {
      throw validation(
        `ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`,
      );
    }
  }
  if (count === 0) throw validation("ExpressionAttributeNames must not be empty");
}

function checkedValues(
  values: Readonly<Record<string, AttributeValue>>,
): Record<string, AttributeValue> {
  const checked: Record<string, AttributeValue> = {};
  let count = 0;
  for (const key in values) {
    count++;
    if (!/^:[A-Za-z0-9_]+$/.test(key)) {
      throw validation(
        `ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`,
      );
    }
    try {
      checked[key] = normalizedValue(values[key] ?? ({} as AttributeValue));
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      throw validation(
        `ExpressionAttributeValues contains invalid value: ${cause.message} for key ${key}`,
      );
    }
  }
  if (count === 0) throw validation("ExpressionAttributeValues must not be empty");
  return checked;
}

const NO_PATHS: readonly Path[] = [];

function bind(
  parsed: ParsedExpression<ExpressionKind>,
  bindings: Bindings,
): Expression<ExpressionKind> {
  const { tree, names, values, distinctPaths } = parsed;
  for (const name of names) {
    if (bindings.names[name] === undefined) {
      throw new Error(
        `An expression attribute name used in the document path is not defined; attribute name: ${name}`,
      );
    }
  }
  for (const value of values) {
    if (bindings.values[value] === undefined) {
      throw new Error(
        `An expression attribute value used in expression is not defined; attribute value: ${value}`,
      );
    }
  }
  const paths =
    distinctPaths.length === 0
      ? NO_PATHS
      : distinctPaths.map((path) => resolvedPath(path, bindings.names));
  const problem = problemBetween(paths) ?? operandTypeProblem(tree, bindings);
  if (problem !== undefined) throw new Error(problem);
  return { tree, bindings, paths };
}

function refuseUnused(
  what: "Names" | "Values",
  given: object,
  all: readonly ParsedExpression<ExpressionKind>[],
): void {
  const unused: string[] = [];
  for (const key in given) if (!isUsed(what, key, all)) unused.push(key);
  if (unused.length === 0) return;
  throw validation(
    `Value provided in ExpressionAttribute${what} unused in expressions: keys: {${unused.join(", ")}}`,
  );
}

function isUsed(
  what: "Names" | "Values",
  key: string,
  all: readonly ParsedExpression<ExpressionKind>[],
): boolean {
  for (const { names, values } of all) {
    if ((what === "Names" ? names : values).includes(key)) return true;
  }
  return false;
}
