import { base64Of } from "../base64";
import {
  compareValues,
  typeOf,
  valuesEqual,
  type AttributeValue,
  type Item,
} from "./attribute-values";
import { valueAt } from "./document-paths";
import type { Bindings, Expression } from "./expression-binding";
import type { CallNode, Comparator, ConditionNode, OperandNode } from "./expression-tree";

const MISSING: Item = {};

/** Whether a condition holds for an item (undefined: there is none, all its attributes are missing). */
export function holds(condition: Expression<"condition">, item: Item | undefined): boolean {
  return evaluate(condition.tree, item ?? MISSING, condition.bindings);
}

function evaluate(node: ConditionNode, item: Item, bindings: Bindings): boolean {
  switch (node.kind) {
    case "and":
      return node.operands.every((operand) => evaluate(operand, item, bindings));
    case "or":
      return node.operands.some((operand) => evaluate(operand, item, bindings));
    case "not":
      return !evaluate(node.operand, item, bindings);
    case "parentheses":
      return evaluate(node.condition, item, bindings);
    case "call":
      return called(node, item, bindings);
    case "compare": {
      const left = operandValue(node.left, item, bindings);
      return compares(node.operator, left, operandValue(node.right, item, bindings));
    }
    case "between": {
      const value = operandValue(node.operand, item, bindings);
      return (
        compares(">=", value, operandValue(node.low, item, bindings)) &&
        compares("<=", value, operandValue(node.high, item, bindings))
      );
    }
    case "in": {
      const value = operandValue(node.operand, item, bindings);
      return node.list.some((other) => compares("=", value, operandValue(other, item, bindings)));
    }
  }
}

function operandValue(
  node: OperandNode,
  item: Item,
  bindings: Bindings,
): AttributeValue | undefined {
  if (node.kind === "value") return bindings.values[node.name];
  if (node.kind === "path") return valueAt(item, node, bindings.names);
  const value = operandValue(node.operands[0]!, item, bindings);
  const size = value && sizeOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

/**
 * Compares as DynamoDB does: values of different types are different and have no order, a missing
 * attribute is different from everything.
 */
export function compares(
  operator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (!left || !right) return operator === "<>";
  if (operator === "=") return valuesEqual(left, right);
  if (operator === "<>") return !valuesEqual(left, right);
  const order = compareValues(left, right);
  if (order === undefined) return false;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function called(node: CallNode, item: Item, bindings: Bindings): boolean {
  const first = operandValue(node.operands[0]!, item, bindings);
  if (node.name === "attribute_exists") return first !== undefined;
  if (node.name === "attribute_not_exists") return first === undefined;
  const second = operandValue(node.operands[1]!, item, bindings);
  if (!first || !second) return false;
  switch (node.name) {
    case "attribute_type":
      return typeOf(first) === second.S;
    case "begins_with":
      return beginsWith(first, second);
    case "contains":
      return contains(first, second);
    default:
      throw new Error(`${node.name} is no condition`);
  }
}

export function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S);
  if (value.B === undefined || prefix.B === undefined) return false;
  return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined)
    return part.B !== undefined && Buffer.from(value.B).includes(Buffer.from(part.B));
  if (value.SS) return part.S !== undefined && value.SS.includes(part.S);
  if (value.NS) return part.N !== undefined && value.NS.includes(part.N);
  if (value.BS) {
    return part.B !== undefined && value.BS.some((e) => base64Of(e) === base64Of(part.B));
  }
  return value.L?.some((element) => valuesEqual(element, part)) ?? false;
}

function sizeOf(value: AttributeValue): number | undefined {
  const { S, B, SS, NS, BS, L, M } = value;
  if (M) return Object.keys(M).length;
  return (S ?? B ?? SS ?? NS ?? BS ?? L)?.length;
}
