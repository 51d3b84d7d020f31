import { invalidPattern } from "./invalid-pattern";

type NumberTest = (value: number) => boolean;

/** Source: EventBridge user guide, numeric matching: from -5.0e9 to +5.0e9, both included. */
const NUMBER_MAX = 5_000_000_000;

/** Whether a number is one that EventBridge compares; others never match. */
export const isComparable = (value: number): boolean => Math.abs(value) <= NUMBER_MAX;

/** @throws InvalidEventPatternException */
export function checkComparable(value: number): void {
  if (isComparable(value)) return;
  const range = `between -${NUMBER_MAX} and ${NUMBER_MAX}, inclusive`;
  throw invalidPattern(`Value must be ${range}`);
}

/**
 * `["=", 5]`, `[">", 0]` or `[">", 0, "<=", 5]`.
 *
 * @throws InvalidEventPatternException
 */
export function compileNumeric(terms: unknown): NumberTest {
  if (!Array.isArray(terms)) throw invalidPattern("Value of numeric must be an array.");
  const [operator, bound, second, bound2, ...more] = terms as unknown[];
  if (typeof operator !== "string") {
    throw invalidPattern(`Invalid member in numeric match: ${JSON.stringify(operator) ?? "]"}`);
  }
  if (!["=", "<", "<=", ">", ">="].includes(operator)) {
    throw invalidPattern(`Unrecognized numeric range operator: ${operator}`);
  }
  const lower = numberOf(bound, operator === "=" ? "equals" : operator);
  const test = compare(operator, lower);
  if (terms.length === 2) return inRange(test);
  if (!operator.startsWith(">")) throw invalidPattern("Too many elements in numeric expression");
  if (typeof second !== "string") {
    throw invalidPattern(`Bad value in numeric range: ${JSON.stringify(second)}`);
  }
  if (second !== "<" && second !== "<=") {
    throw invalidPattern(`Bad numeric range operator: ${second}`);
  }
  const upper = numberOf(bound2, second);
  if (more.length > 0) throw invalidPattern("Too many terms in numeric range expression");
  if (lower >= upper) throw invalidPattern("Bottom must be less than top");
  const test2 = compare(second, upper);
  return inRange((value) => test(value) && test2(value));
}

const inRange =
  (test: NumberTest): NumberTest =>
  (value) =>
    isComparable(value) && test(value);

function numberOf(value: unknown, operator: string): number {
  if (typeof value !== "number") throw invalidPattern(`Value of ${operator} must be numeric`);
  checkComparable(value);
  return value;
}

function compare(operator: string, bound: number): NumberTest {
  if (operator === "=") return (value) => value === bound;
  if (operator === "<") return (value) => value < bound;
  if (operator === "<=") return (value) => value <= bound;
  if (operator === ">") return (value) => value > bound;
  return (value) => value >= bound;
}
