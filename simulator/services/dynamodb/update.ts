import { base64Of } from "../base64";
import { typeOf, type AttributeValue, type Item } from "./attribute-values";
import { valueAt, withValueAt, type Path } from "./document-paths";
import { validation } from "./errors";
import type { Bindings, Expression } from "./expression-binding";
import type { ArithmeticNode, OperandNode, PathNode } from "./expression-tree";
import { add, subtract } from "./numbers";

type Change = readonly [path: Path, value: AttributeValue];

/**
 * The item after an update; the given one stays as it is. Every operand is read before anything is
 * written, so the order of the actions does not matter.
 *
 * @throws ValidationException
 */
export function updated(expression: Expression<"update">, item: Item): Item {
  const { tree, bindings, paths } = expression;
  // The expression's paths are those of its actions, in their order.
  let next = 0;
  const sets: Change[] = [];
  const removes: Path[] = [];
  for (const section of tree.sections) {
    switch (section.name) {
      case "SET":
        for (const { value } of section.actions) {
          sets.push([paths[next++]!, assigned(value, item, bindings)]);
        }
        break;
      case "REMOVE":
        for (const _action of section.actions) removes.push(paths[next++]!);
        break;
      case "ADD":
        for (const { path, value } of section.actions) {
          const sum = added(valueAt(item, path, bindings.names), bindings.values[value.name]!);
          sets.push([paths[next++]!, sum]);
        }
        break;
      case "DELETE":
        for (const { path, value } of section.actions) {
          const operand = bindings.values[value.name]!;
          const existing = valueAt(item, path, bindings.names);
          deleteFromSet(existing, operand, paths[next++]!, sets, removes);
        }
    }
  }
  return applied(item, sets, removes);
}

function applied(item: Item, sets: Change[], removes: Path[]): Item {
  // The usual update touches attributes of the item only: one copy will do.
  if (sets.every(([path]) => path.length === 1) && removes.every((path) => path.length === 1)) {
    const copy = { ...item };
    for (const [path, value] of sets) copy[path[0]!] = value;
    for (const path of removes) delete copy[path[0]!];
    return copy;
  }
  // Ascending: elements beyond a list's end are appended in the order of their indexes.
  sets.sort(([a], [b]) => comparePaths(a, b));
  // Descending: removing an element must not move those still to be removed.
  removes.sort((a, b) => comparePaths(b, a));
  let result = item;
  for (const [path, value] of sets) result = withValueAt(result, path, value);
  for (const path of removes) result = withValueAt(result, path, undefined);
  return result;
}

function comparePaths(one: Path, two: Path): number {
  for (let index = 0; index < one.length && index < two.length; index++) {
    const a = one[index]!;
    const b = two[index]!;
    if (a === b) continue;
    if (typeof a === "number" && typeof b === "number") return a - b;
    return a < b ? -1 : 1;
  }
  return one.length - two.length;
}

const wrongType = (): Error =>
  validation("An operand in the update expression has an incorrect data type");

function assigned(
  node: OperandNode | ArithmeticNode,
  item: Item,
  bindings: Bindings,
): AttributeValue {
  switch (node.kind) {
    case "value":
      return bindings.values[node.name]!;
    case "path": {
      const value = valueAt(item, node, bindings.names);
      if (value) return value;
      throw validation(
        "The provided expression refers to an attribute that does not exist in the item",
      );
    }
    case "arithmetic": {
      const { N: left } = assigned(node.left, item, bindings);
      const { N: right } = assigned(node.right, item, bindings);
      if (left === undefined || right === undefined) throw wrongType();
      return { N: node.operator === "+" ? add(left, right) : subtract(left, right) };
    }
    case "call": {
      const [first, second] = node.operands as [OperandNode, OperandNode];
      if (node.name === "if_not_exists") {
        const value = valueAt(item, first as PathNode, bindings.names);
        return value ?? assigned(second, item, bindings);
      }
      const { L: head } = assigned(first, item, bindings);
      const { L: tail } = assigned(second, item, bindings);
      if (!head || !tail) throw wrongType();
      return { L: [...head, ...tail] };
    }
  }
}

function added(existing: AttributeValue | undefined, operand: AttributeValue): AttributeValue {
  if (!existing) return operand;
  const type = typeOf(operand);
  if (typeOf(existing) !== type) throw wrongType();
  switch (type) {
    case "N":
      return { N: add(existing.N!, operand.N!) };
    case "SS":
      return { SS: [...new Set([...existing.SS!, ...operand.SS!])] };
    case "NS":
      return { NS: [...new Set([...existing.NS!, ...operand.NS!])] };
    default: {
      const known = new Set(existing.BS!.map(base64Of));
      const more = operand.BS!.filter((element) => !known.has(base64Of(element)));
      return { BS: [...existing.BS!, ...more] };
    }
  }
}

function deleteFromSet(
  existing: AttributeValue | undefined,
  operand: AttributeValue,
  path: Path,
  sets: Change[],
  removes: Path[],
): void {
  if (!existing) return;
  if (typeOf(existing) !== typeOf(operand)) throw wrongType();
  const value = without(existing, operand);
  const left = (value.SS ?? value.NS ?? value.BS)!.length;
  // There is no empty set: with its last element the attribute goes.
  if (left > 0) sets.push([path, value]);
  else removes.push(path);
}

function without(set: AttributeValue, operand: AttributeValue): AttributeValue {
  if (set.SS) return { SS: set.SS.filter((element) => !operand.SS!.includes(element)) };
  if (set.NS) return { NS: set.NS.filter((element) => !operand.NS!.includes(element)) };
  const gone = new Set(operand.BS!.map(base64Of));
  return { BS: set.BS!.filter((element) => !gone.has(base64Of(element))) };
}
