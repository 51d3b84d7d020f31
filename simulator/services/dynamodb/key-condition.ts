import { compareValues, type AttributeValue } from "./attribute-values";
import { beginsWith } from "./condition";
import { validation } from "./errors";
import type { Bindings, Expression } from "./expression-binding";
import type { Comparator, ConditionNode, OperandNode } from "./expression-tree";
import type { KeyAttribute, KeySchema } from "./table-schema";

/** Where the range keys of a query lie: neither below nor above. */
export interface KeyRange {
  isBelow(rangeKey: AttributeValue): boolean;
  isAbove(rangeKey: AttributeValue): boolean;
}

export interface KeyCondition {
  readonly hash: AttributeValue;
  readonly range: KeyRange | undefined;
}

type Ordering = Exclude<Comparator, "<>">;

/** One condition on one attribute. */
interface Single {
  readonly name: string;
  readonly operator: Ordering | "BETWEEN" | "begins_with";
  readonly operands: readonly AttributeValue[];
}

const invalid = (message: string): Error =>
  validation(`Invalid KeyConditionExpression: ${message}`);

const MIRRORED: Readonly<Record<Ordering, Ordering>> = {
  "=": "=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/**
 * The hash key and the range of range keys that a key condition expression asks for.
 *
 * @throws ValidationException
 */
export function keyCondition(expression: Expression<"condition">, key: KeySchema): KeyCondition {
  const singles = conjuncts(expression.tree).map((node) => single(node, expression.bindings));
  const names = singles.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    throw invalid("KeyConditionExpressions must only contain one condition per key");
  }
  if (singles.length > 2) throw validation("Conditions can be of length 1 or 2 only");
  const hash = singles.find(({ name }) => name === key.hash.name);
  if (!hash) throw validation(`Query condition missed key schema element: ${key.hash.name}`);
  const other = singles.find((candidate) => candidate !== hash);
  if (other && !key.range) throw validation("Query key condition not supported");
  if (other && other.name !== key.range!.name) {
    throw validation(`Query condition missed key schema element: ${key.range!.name}`);
  }
  if (hash.operator !== "=") {
    throw validation("Query key condition not supported");
  }
  checkTypes(hash, key.hash);
  if (other) checkTypes(other, key.range!);
  return { hash: hash.operands[0]!, range: other && rangeOf(other) };
}

function conjuncts(node: ConditionNode): ConditionNode[] {
  switch (node.kind) {
    case "and":
      return node.operands.flatMap(conjuncts);
    case "parentheses":
      return conjuncts(node.condition);
    case "or":
    case "not":
    case "in":
      throw invalid(`Invalid operator used in KeyConditionExpression: ${node.kind.toUpperCase()}`);
    default:
      return [node];
  }
}

function single(node: ConditionNode, bindings: Bindings): Single {
  switch (node.kind) {
    case "compare": {
      const { operator, left, right } = node;
      if (operator === "<>") {
        throw invalid("Invalid operator used in KeyConditionExpression: <>");
      }
      return left.kind === "path"
        ? { name: nameOf(left, bindings), operator, operands: [given(right, bindings)] }
        : {
            name: nameOf(right, bindings),
            operator: MIRRORED[operator],
            operands: [given(left, bindings)],
          };
    }
    case "between":
      return {
        name: nameOf(node.operand, bindings),
        operator: "BETWEEN",
        operands: [given(node.low, bindings), given(node.high, bindings)],
      };
    case "call": {
      if (node.name !== "begins_with") {
        throw invalid(`Invalid operator used in KeyConditionExpression: ${node.name}`);
      }
      const [path, prefix] = node.operands as [OperandNode, OperandNode];
      return {
        name: nameOf(path, bindings),
        operator: "begins_with",
        operands: [given(prefix, bindings)],
      };
    }
    default:
      throw new Error(`${node.kind} is no single condition`);
  }
}

function nameOf(node: OperandNode, { names }: Bindings): string {
  if (node.kind === "call") {
    throw invalid("KeyConditionExpressions cannot contain nested operations");
  }
  if (node.kind === "value" || node.elements.length > 1) {
    throw invalid(
      node.kind === "value"
        ? "No key attribute specified"
        : "KeyConditionExpressions cannot have conditions on nested attributes",
    );
  }
  const name = node.elements[0] as string;
  return name.startsWith("#") ? names[name]! : name;
}

function given(node: OperandNode, { values }: Bindings): AttributeValue {
  if (node.kind === "value") return values[node.name]!;
  throw invalid(
    node.kind === "call"
      ? "KeyConditionExpressions cannot contain nested operations"
      : "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
  );
}

function checkTypes({ operands }: Single, { name, type }: KeyAttribute): void {
  for (const operand of operands) {
    if (operand[type] === undefined) {
      throw validation(
        "One or more parameter values were invalid: Condition parameter type does not match schema type",
      );
    }
    if (operand.S === "") {
      throw validation(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain " +
          `an empty string value. Key: ${name}`,
      );
    }
  }
}

function rangeOf({ operator, operands }: Single): KeyRange {
  const [first, second] = operands as [AttributeValue, AttributeValue];
  const order = (value: AttributeValue, bound = first): number => compareValues(value, bound)!;
  const never = (): boolean => false;
  switch (operator) {
    case "=":
      return { isBelow: (value) => order(value) < 0, isAbove: (value) => order(value) > 0 };
    case "<":
      return { isBelow: never, isAbove: (value) => order(value) >= 0 };
    case "<=":
      return { isBelow: never, isAbove: (value) => order(value) > 0 };
    case ">":
      return { isBelow: (value) => order(value) <= 0, isAbove: never };
    case ">=":
      return { isBelow: (value) => order(value) < 0, isAbove: never };
    case "BETWEEN":
      return {
        isBelow: (value) => order(value) < 0,
        isAbove: (value) => order(value, second) > 0,
      };
    case "begins_with":
      return {
        isBelow: (value) => order(value) < 0,
        isAbove: (value) => order(value) > 0 && !beginsWith(value, first),
      };
  }
}
