import type { ConditionContext } from "./condition-keys";
import { isModelledKey } from "./condition-keys";
import { compileArnPattern, compilePattern, type Matcher } from "./pattern";
import { compileTemplate, unknownVariables, type Template } from "./variables";

/** Whether a request fulfils one key of a condition block. */
export type Condition = (context: ConditionContext) => boolean;

interface Operator {
  readonly compile: (pattern: string) => Matcher;
  /** `Not…` operators hold if no value matches, and if the key is missing. */
  readonly negated: boolean;
}

const equals =
  (pattern: string): Matcher =>
  (text) =>
    text === pattern;
const equalsIgnoringCase = (pattern: string): Matcher => {
  const lower = pattern.toLowerCase();
  return (text) => text.toLowerCase() === lower;
};
const numeric =
  (compare: (a: number, b: number) => boolean) =>
  (pattern: string): Matcher =>
  (text) =>
    compare(Number(text), Number(pattern));

const plain = (compile: Operator["compile"]): Operator => ({ compile, negated: false });
const negated = (compile: Operator["compile"]): Operator => ({ compile, negated: true });

/** Date, IpAddress and Binary operators are not modelled: no request here carries such keys. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: plain(equals),
  StringNotEquals: negated(equals),
  StringEqualsIgnoreCase: plain(equalsIgnoringCase),
  StringNotEqualsIgnoreCase: negated(equalsIgnoringCase),
  StringLike: plain(compilePattern),
  StringNotLike: negated(compilePattern),
  ArnEquals: plain(compileArnPattern),
  ArnNotEquals: negated(compileArnPattern),
  ArnLike: plain(compileArnPattern),
  ArnNotLike: negated(compileArnPattern),
  Bool: plain(equalsIgnoringCase),
  NumericEquals: plain(numeric((a, b) => a === b)),
  NumericNotEquals: negated(numeric((a, b) => a === b)),
  NumericLessThan: plain(numeric((a, b) => a < b)),
  NumericLessThanEquals: plain(numeric((a, b) => a <= b)),
  NumericGreaterThan: plain(numeric((a, b) => a > b)),
  NumericGreaterThanEquals: plain(numeric((a, b) => a >= b)),
};

type SetOperator = "any" | "all" | "single";

/**
 * Compiles a `Condition` block: all operators and all keys must hold, any of a key's values.
 *
 * @param problems collects what is wrong with it, one sentence each
 */
export function compileConditions(
  block: unknown,
  substitute: boolean,
  problems: string[],
): Condition[] {
  if (block === undefined) return [];
  if (typeof block !== "object" || block === null || Array.isArray(block)) {
    problems.push("Condition must be an object of operators");
    return [];
  }
  const conditions: Condition[] = [];
  for (const [name, keys] of Object.entries(block)) {
    if (typeof keys !== "object" || keys === null) {
      problems.push(`condition operator ${name} must hold an object of keys`);
      continue;
    }
    for (const [key, value] of Object.entries(keys as Record<string, unknown>)) {
      const condition = compileCondition(name, key, value, substitute, problems);
      if (condition) conditions.push(condition);
    }
  }
  return conditions;
}

function compileCondition(
  name: string,
  key: string,
  value: unknown,
  substitute: boolean,
  problems: string[],
): Condition | undefined {
  const values = toTexts(value);
  if (!values) {
    problems.push(`condition ${name} of ${key} must be a text or a list of texts`);
    return undefined;
  }
  if (!isModelledKey(key)) {
    problems.push(`condition key ${key} is not modelled in the simulated account`);
    return undefined;
  }
  const lowerKey = key.toLowerCase();
  if (name === "Null") {
    const wanted = values.map((text) => text.toLowerCase() === "true");
    return (context) => wanted.includes((context.get(lowerKey)?.length ?? 0) === 0);
  }
  const { base, set, ifExists } = parseOperator(name);
  const operator = OPERATORS[base];
  if (!operator) {
    problems.push(`condition operator ${name} is not modelled in the simulated account`);
    return undefined;
  }
  for (const variable of substitute ? values.flatMap(unknownVariables) : []) {
    problems.push(`policy variable \${${variable}} is not modelled in the simulated account`);
  }
  const templates = values.map((text) => compileTemplate(text, operator.compile, substitute));
  return (context) => holds(operator, set, ifExists, templates, context.get(lowerKey), context);
}

function holds(
  operator: Operator,
  set: SetOperator,
  ifExists: boolean,
  templates: readonly Template[],
  actual: readonly string[] | undefined,
  context: ConditionContext,
): boolean {
  if (actual === undefined || actual.length === 0) {
    return ifExists || set === "all" || (operator.negated && set === "single");
  }
  const matches = (text: string): boolean =>
    templates.some((template) => template.match(text, context)) !== operator.negated;
  // A list without a set operator: every value must pass a negated operator, any one a plain one.
  if (set === "all" || (set === "single" && operator.negated)) return actual.every(matches);
  return actual.some(matches);
}

function parseOperator(name: string): { base: string; set: SetOperator; ifExists: boolean } {
  const set: SetOperator = name.startsWith("ForAnyValue:")
    ? "any"
    : name.startsWith("ForAllValues:")
      ? "all"
      : "single";
  const bare = name.slice(name.indexOf(":") + 1);
  const ifExists = bare.endsWith("IfExists");
  return { base: ifExists ? bare.slice(0, -"IfExists".length) : bare, set, ifExists };
}

function toTexts(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const fits = list.every((item) => ["string", "number", "boolean"].includes(typeof item));
  return fits ? list.map(String) : undefined;
}
