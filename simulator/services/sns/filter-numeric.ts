import type { Refuse } from "./filter-conditions";

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/** Compiles `["=", 5]`, `["<", 5]` or a range from below: `[">", 0, "<=", 5]`. */
export function numericTest(operand: unknown, refuse: Refuse): (value: number) => boolean {
  const terms: unknown[] = Array.isArray(operand) ? operand : [];
  if (terms.length === 0) return refuse("Invalid member in numeric match: ]");
  const [operator, bound, second, top, ...rest] = terms;
  if (typeof operator !== "string") {
    return refuse(`Invalid member in numeric match: ${String(operator)}`);
  }
  const compare = COMPARISONS[operator];
  if (!compare) return refuse(`Unrecognized numeric range operator: ${operator}`);
  const from = boundOf(operator, bound, refuse);
  if (terms.length === 2) return (value) => compare(value, from);
  if (!operator.startsWith(">")) return refuse("Too many elements in numeric expression");
  if (typeof second !== "string") return refuse(`Bad value in numeric range: ${String(second)}`);
  const compareTop = second.startsWith("<") ? COMPARISONS[second] : undefined;
  if (!compareTop) return refuse(`Bad numeric range operator: ${second}`);
  const to = boundOf(second, top, refuse);
  if (to <= from) return refuse("Bottom must be less than top");
  if (rest.length > 0) return refuse("Too many terms in numeric range expression");
  return (value) => compare(value, from) && compareTop(value, to);
}

function boundOf(operator: string, bound: unknown, refuse: Refuse): number {
  if (typeof bound === "number") return bound;
  return refuse(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
}
