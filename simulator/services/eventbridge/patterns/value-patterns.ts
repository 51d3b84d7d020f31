import { compileCidr, parseAddress } from "./addresses";
import type { Leaf } from "./event-fields";
import { invalidPattern } from "./invalid-pattern";
import { checkComparable, compileNumeric } from "./numeric-operator";
import { compileIgnoringCase, compileWildcard, type TextTest } from "./text-operators";

/** What one element of a pattern's array asks of a field. */
export type ValuePattern =
  { readonly kind: "absent" } | { readonly kind: "test"; matches(leaf: Leaf): boolean };

/** Operators, by name; `$or` does not take them for field names. */
export const OPERATORS = [
  ...["exactly", "equals-ignore-case", "prefix", "suffix", "anything-but"],
  ...["exists", "wildcard", "numeric", "cidr"],
];

const test = (matches: (leaf: Leaf) => boolean): ValuePattern => ({ kind: "test", matches });
const textTest = (matches: TextTest): ValuePattern => test(({ text }) => matches(text));

/**
 * @param pattern a text, number, boolean, null, or an operator: `{ "prefix": "us-" }`
 * @throws InvalidEventPatternException
 */
export function compileValuePattern(pattern: unknown): ValuePattern {
  if (typeof pattern === "string") return compileExact(pattern);
  if (typeof pattern === "number") return test(({ value }) => value === pattern);
  if (typeof pattern === "boolean" || pattern === null)
    return test((leaf) => leaf.value === pattern);
  if (!isObject(pattern)) {
    throw invalidPattern("Match value must be String, number, true, false, or null");
  }
  const [operator, operand] = onlyMember(pattern, "Match expression name not found");
  return compileOperator(operator, operand);
}

/** An address matches however it is written. */
function compileExact(pattern: string): ValuePattern {
  const address = parseAddress(pattern)?.join(".");
  if (address === undefined) return test(({ value }) => value === pattern);
  return test(
    ({ value }) => typeof value === "string" && parseAddress(value)?.join(".") === address,
  );
}

function compileOperator(operator: string, operand: unknown): ValuePattern {
  switch (operator) {
    case "exactly": {
      const expected = textOf(operand, "exact match pattern must be a string");
      return test(({ value }) => value === expected);
    }
    case "prefix":
    case "suffix":
      return textTest(compileEnd(operator, operand));
    case "equals-ignore-case":
      return textTest(compileIgnoringCase(`"${ignoredCase(operand)}"`, "whole"));
    case "wildcard":
      return textTest(compileWildcard(textOf(operand, "wildcard match pattern must be a string")));
    case "cidr": {
      const contains = compileCidr(textOf(operand, "prefix match pattern must be a string"));
      return test(({ value }) => typeof value === "string" && contains(value));
    }
    case "numeric": {
      const holds = compileNumeric(operand);
      return test(({ value }) => typeof value === "number" && holds(value));
    }
    case "exists":
      if (operand === false) return { kind: "absent" };
      if (operand === true) return test(() => true);
      throw invalidPattern("exists match pattern must be either true or false.");
    case "anything-but": {
      const isExcluded = compileExclusion(operand);
      return test((leaf) => !isExcluded(leaf));
    }
    default:
      throw invalidPattern(`Unrecognized match type ${operator}`);
  }
}

/** `prefix` and `suffix`: of the text as it is, or whatever its case. */
function compileEnd(end: "prefix" | "suffix", operand: unknown): TextTest {
  if (!isObject(operand)) {
    return endTest(end, textOf(operand, `${end} match pattern must be a string`));
  }
  const capitalised = end === "prefix" ? "Prefix" : "Suffix";
  const [operator, inner] = onlyMember(operand, `${capitalised} expression name not found`);
  if (operator !== "equals-ignore-case") {
    throw invalidPattern(`Unsupported ${end} pattern: ${operator}`);
  }
  const text = ignoredCase(inner);
  return compileIgnoringCase(end === "prefix" ? `"${text}` : `${text}"`, end);
}

function endTest(end: "prefix" | "suffix", text: string): TextTest {
  const wanted = end === "prefix" ? `"${text}` : `${text}"`;
  if (end === "prefix") return (value) => value.startsWith(wanted);
  return (value) => value.endsWith(wanted);
}

/** What `anything-but` leaves out. */
function compileExclusion(operand: unknown): (leaf: Leaf) => boolean {
  if (!isObject(operand)) return compileExcludedValues(operand);
  const [operator, inner] = onlyMember(operand, "Anything-But expression name not found");
  const problem = EXCLUSION_PROBLEMS[operator];
  if (!problem) throw invalidPattern(`Unsupported anything-but pattern: ${operator}`);
  checkExcluded(inner);
  const texts = listOf(inner).map((text) => textOf(text, problem));
  if (texts.length === 0) throw invalidPattern("Empty arrays are not allowed");
  const tests = texts.map((text): TextTest => {
    if (operator === "wildcard") return compileWildcard(text);
    if (operator === "equals-ignore-case") return compileIgnoringCase(`"${text}"`, "whole");
    if (text === "") throw invalidPattern("Null prefix/suffix not allowed");
    return endTest(operator as "prefix" | "suffix", text);
  });
  return ({ text }) => tests.some((matches) => matches(text));
}

/** Operators that `anything-but` takes, and what is said of an operand that is no text. */
const EXCLUSION_PROBLEMS: Readonly<Record<string, string>> = {
  "equals-ignore-case":
    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
  prefix: "prefix/suffix match pattern must be a string",
  suffix: "prefix/suffix match pattern must be a string",
  wildcard: "wildcard match pattern must be a string",
};

function compileExcludedValues(operand: unknown): (leaf: Leaf) => boolean {
  checkExcluded(operand);
  const values = listOf(operand);
  for (const value of values) {
    if (typeof value === "number") checkComparable(value);
    else if (typeof value !== "string") {
      throw invalidPattern("Inside anything but list, start|null|boolean is not supported.");
    }
  }
  if (new Set(values.map((value) => typeof value)).size !== 1) {
    throw invalidPattern(
      "Inside anything but list, either all values are number or string, mixed type is not supported",
    );
  }
  const excluded = new Set(values);
  return ({ value }) => excluded.has(value);
}

function checkExcluded(operand: unknown): void {
  if (Array.isArray(operand) || typeof operand === "string" || typeof operand === "number") return;
  throw invalidPattern("Value of anything-but must be an array or single string/number value.");
}

const listOf = (operand: unknown): unknown[] =>
  Array.isArray(operand) ? (operand as unknown[]) : [operand];

const ignoredCase = (operand: unknown): string =>
  textOf(operand, "equals-ignore-case match pattern must be a string");

function textOf(operand: unknown, problem: string): string {
  if (typeof operand !== "string") throw invalidPattern(problem);
  return operand;
}

function onlyMember(object: object, missing: string): [string, unknown] {
  const [member, ...more] = Object.entries(object) as [string, unknown][];
  if (!member) throw invalidPattern(missing);
  if (more.length > 0) throw invalidPattern("Only one key allowed in match expression");
  return member;
}

export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
