import { BlockList, isIP } from "node:net";
import { numericTest } from "./filter-numeric";

/** A leaf of a message's body, or an attribute's value. */
export type Leaf = string | number | boolean | null;

/** One condition of a filter policy, compiled. `values` is undefined where the message has no such key. */
export type Condition = (values: readonly Leaf[] | undefined) => boolean;

/** Refuses a policy, in AWS's words: they come after `FilterPolicy: `. */
export type Refuse = (reason: string) => never;

const TEXT_MATCHES: Readonly<Record<string, (wanted: string) => (value: string) => boolean>> = {
  prefix: (wanted) => (value) => value.startsWith(wanted),
  suffix: (wanted) => (value) => value.endsWith(wanted),
  "equals-ignore-case": (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase(),
};

/** Compiles one element of a policy's array. */
export function compileCondition(rule: unknown, refuse: Refuse): Condition {
  if (isLeaf(rule)) return some((value) => equal(value, rule));
  if (typeof rule !== "object" || Array.isArray(rule)) {
    return refuse("Match value must be String, number, true, false, or null");
  }
  const [operator, ...others] = Object.keys(rule);
  if (operator === undefined || others.length > 0) {
    return refuse("Only one key allowed in match expression");
  }
  return compileOperator(operator, (rule as Record<string, unknown>)[operator], refuse);
}

function compileOperator(operator: string, operand: unknown, refuse: Refuse): Condition {
  const textMatch = TEXT_MATCHES[operator];
  if (textMatch) {
    if (typeof operand !== "string") return refuse(`${operator} match pattern must be a string`);
    return someText(textMatch(operand));
  }
  switch (operator) {
    case "exists":
      if (typeof operand !== "boolean") {
        return refuse("exists match pattern must be either true or false.");
      }
      return (values) => (values !== undefined) === operand;
    case "anything-but":
      return anythingBut(operand, refuse);
    case "numeric": {
      const test = numericTest(operand, refuse);
      return some((value) => typeof value === "number" && test(value));
    }
    case "cidr":
      return someText(inRange(operand, refuse));
    default:
      return refuse(`Unrecognized match type ${operator}`);
  }
}

/** Matches if at least one value is none of those listed; a key that is missing never does. */
function anythingBut(operand: unknown, refuse: Refuse): Condition {
  if (typeof operand === "object" && operand !== null && !Array.isArray(operand)) {
    const { prefix, ...others } = operand as Record<string, unknown>;
    const [unsupported] = Object.keys(others);
    if (unsupported) return refuse(`Unsupported anything-but pattern: ${unsupported}`);
    if (typeof prefix !== "string") return refuse("prefix match pattern must be a string");
    return someText((value) => !value.startsWith(prefix));
  }
  const listed: unknown[] = Array.isArray(operand) ? operand : [operand];
  const leaves = listed.filter(isLeaf);
  if (leaves.length < listed.length) {
    return refuse("Match value must be String, number, true, false, or null");
  }
  return some((value) => value !== null && !leaves.some((leaf) => equal(value, leaf)));
}

function inRange(operand: unknown, refuse: Refuse): (value: string) => boolean {
  // AWS words it so for this operator, too.
  if (typeof operand !== "string") return refuse("prefix match pattern must be a string");
  const [address = "", bits, ...rest] = operand.split("/");
  if (bits === undefined || rest.length > 0) return refuse("Malformed CIDR, one '/' required");
  if (!/^\d+$/.test(bits)) return refuse("Malformed CIDR, mask bits must be an integer");
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) {
    return refuse(`Nonstandard IP address: ${address}`);
  }
  const range = new BlockList();
  range.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
  return (value) => isIP(value) === version && range.check(value, version === 4 ? "ipv4" : "ipv6");
}

const some =
  (test: (value: Leaf) => boolean): Condition =>
  (values) =>
    values !== undefined && values.some(test);

const someText = (test: (value: string) => boolean): Condition =>
  some((value) => typeof value === "string" && test(value));

/** Five digits after the point count. Source: "Filter policy constraints". */
const NUMBER_TOLERANCE = 0.000_005;

const equal = (a: Leaf, b: Leaf): boolean =>
  typeof a === "number" && typeof b === "number" ? Math.abs(a - b) < NUMBER_TOLERANCE : a === b;

const isLeaf = (value: unknown): value is Leaf =>
  value === null || ["string", "number", "boolean"].includes(typeof value);
