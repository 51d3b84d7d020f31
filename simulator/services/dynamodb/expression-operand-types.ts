import { base64Of } from "../base64";
import {
  ATTRIBUTE_TYPES,
  compareValues,
  typeOf,
  type AttributeType,
  type AttributeValue,
} from "./attribute-values";
import type { Bindings } from "./expression-binding";
import type { Trees, ExpressionKind } from "./expression-parser";
import type {
  ArithmeticNode,
  CallNode,
  ConditionNode,
  OperandNode,
  UpdateNode,
} from "./expression-tree";

/** The names of types in messages about ADD and DELETE. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  NULL: "NULL",
  BOOL: "BOOLEAN",
  L: "LIST",
  M: "MAP",
};

const ORDERED: readonly AttributeType[] = ["S", "N", "B"];

/**
 * What is wrong with the types of the values given, before any item is looked at. Attributes of the item
 * are only known when the expression is evaluated.
 */
export function operandTypeProblem(
  tree: Trees[ExpressionKind],
  bindings: Bindings,
): string | undefined {
  if (tree.kind === "projection") return undefined;
  return tree.kind === "update" ? updateProblem(tree, bindings) : conditionProblem(tree, bindings);
}

const given = (node: OperandNode, { values }: Bindings): AttributeValue | undefined =>
  node.kind === "value" ? values[node.name] : undefined;

function allowOnly(
  operator: string,
  word: "operator" | "operator or function",
  node: OperandNode,
  types: readonly AttributeType[],
  bindings: Bindings,
): string | undefined {
  const value = given(node, bindings);
  const type = value && typeOf(value);
  if (!type || types.includes(type)) return undefined;
  return (
    `Incorrect operand type for operator or function; ${word}: ${operator}, ` +
    `operand type: ${type}`
  );
}

function firstProblem<T>(
  nodes: readonly T[],
  problemOf: (node: T) => string | undefined,
): string | undefined {
  for (const node of nodes) {
    const problem = problemOf(node);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function conditionProblem(node: ConditionNode, bindings: Bindings): string | undefined {
  switch (node.kind) {
    case "and":
    case "or":
      return firstProblem(node.operands, (operand) => conditionProblem(operand, bindings));
    case "not":
      return conditionProblem(node.operand, bindings);
    case "parentheses":
      return conditionProblem(node.condition, bindings);
    case "call":
      return callProblem(node, bindings);
    case "compare": {
      const { left, right, operator } = node;
      const inside = nestedProblem(left, bindings) ?? nestedProblem(right, bindings);
      if (inside !== undefined || operator === "=" || operator === "<>") return inside;
      return (
        allowOnly(operator, "operator", left, ORDERED, bindings) ??
        allowOnly(operator, "operator", right, ORDERED, bindings)
      );
    }
    case "between": {
      const operands = [node.operand, node.low, node.high];
      return (
        firstProblem(operands, (operand) => nestedProblem(operand, bindings)) ??
        firstProblem(operands, (operand) =>
          allowOnly("BETWEEN", "operator", operand, ORDERED, bindings),
        ) ??
        boundsProblem(node.low, node.high, bindings)
      );
    }
    case "in":
      return firstProblem([node.operand, ...node.list], (operand) =>
        nestedProblem(operand, bindings),
      );
  }
}

const nestedProblem = (node: OperandNode, bindings: Bindings): string | undefined =>
  node.kind === "call" ? callProblem(node, bindings) : undefined;

function boundsProblem(
  low: OperandNode,
  high: OperandNode,
  bindings: Bindings,
): string | undefined {
  const from = given(low, bindings);
  const to = given(high, bindings);
  if (!from || !to) return undefined;
  const bounds =
    `lower bound operand: AttributeValue: ${printed(from)}, ` +
    `upper bound operand: AttributeValue: ${printed(to)}`;
  if (typeOf(from) !== typeOf(to)) {
    return `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`;
  }
  if (compareValues(from, to)! <= 0) return undefined;
  return (
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
    bounds
  );
}

const printed = (value: AttributeValue): string =>
  `{${typeOf(value)}:${value.B ? base64Of(value.B) : (value.S ?? value.N)}}`;

/** The types that the operands of a function may have, where they are given as values. */
const FUNCTION_TYPES: Readonly<Record<string, readonly AttributeType[]>> = {
  begins_with: ["S", "B"],
  size: ["S", "B", "SS", "NS", "BS", "L", "M"],
  list_append: ["L"],
};

function callProblem(node: CallNode, bindings: Bindings): string | undefined {
  const { name, operands } = node;
  const types = FUNCTION_TYPES[name];
  for (const operand of operands) {
    const problem = nestedProblem(operand, bindings);
    if (problem !== undefined) return problem;
  }
  if (name === "attribute_type") {
    const wanted = operands[1]!;
    return (
      allowOnly(name, "operator or function", wanted, ["S"], bindings) ??
      typeNameProblem(wanted, bindings)
    );
  }
  for (const operand of types ? operands : []) {
    const problem = allowOnly(name, "operator or function", operand, types!, bindings);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function typeNameProblem(node: OperandNode, bindings: Bindings): string | undefined {
  const value = given(node, bindings);
  if (!value || ATTRIBUTE_TYPES.includes(value.S as AttributeType)) return undefined;
  return (
    `Invalid attribute type name found; type: ${value.S}, ` +
    "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
  );
}

function updateProblem({ sections }: UpdateNode, bindings: Bindings): string | undefined {
  // AWS looks at ADD and DELETE before it looks into functions.
  for (const section of sections) {
    if (section.name !== "ADD" && section.name !== "DELETE") continue;
    for (const { value } of section.actions) {
      const type = typeOf(bindings.values[value.name]!);
      const name = LONG_NAMES[type];
      if (name === undefined || (section.name === "ADD" && type === "N")) continue;
      return (
        "Incorrect operand type for operator or function; " +
        `operator: ${section.name}, operand type: ${name}`
      );
    }
  }
  for (const section of sections) {
    if (section.name !== "SET") continue;
    for (const { value } of section.actions) {
      const problem = assignedProblem(value, bindings);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

const NUMBERS: readonly AttributeType[] = ["N"];

function assignedProblem(
  value: OperandNode | ArithmeticNode,
  bindings: Bindings,
): string | undefined {
  if (value.kind !== "arithmetic") return nestedProblem(value, bindings);
  const { left, right, operator } = value;
  return (
    nestedProblem(left, bindings) ??
    nestedProblem(right, bindings) ??
    allowOnly(operator, "operator or function", left, NUMBERS, bindings) ??
    allowOnly(operator, "operator or function", right, NUMBERS, bindings)
  );
}
