import { combine, leavesOf, prefixesOf, type Leaf, type Membership } from "./event-fields";
import { invalidPattern } from "./invalid-pattern";
import { compileValuePattern, isObject, OPERATORS, type ValuePattern } from "./value-patterns";

/** Whether an event, as parsed JSON, matches. */
export type EventMatcher = (event: unknown) => boolean;

/** One way to match: what is asked of each field, by name. */
type Alternative = ReadonlyMap<string, readonly ValuePattern[]>;

/** Source: EventBridge user guide, "Or" matching: fewer than 1,000 combinations in one rule. */
const ALTERNATIVES_MAX = 1_000;

/**
 * Compiles an event pattern: all fields must match, each with any of its values; elements of one array of objects
 * must match together.
 *
 * Source: EventBridge user guide, "Comparison operators for use in event patterns".
 *
 * @param json the pattern's text
 * @throws InvalidEventPatternException with the reason
 */
export function compilePattern(json: string): EventMatcher {
  const pattern = parse(json);
  if (!isObject(pattern)) throw invalidPattern("Filter is not an object");
  const alternatives = compileObject([], [], pattern, false).map((alternative) =>
    // The order decides which elements of arrays are tied together when a field is asked to be absent.
    [...alternative].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const wanted = prefixesOf(alternatives.flatMap((fields) => fields.map(([name]) => name)));
  return (event) => {
    if (!isObject(event)) return false;
    const leaves = leavesOf(event, wanted);
    return alternatives.some((fields) => matchFrom(fields, 0, leaves, new Map()));
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    throw invalidPattern((cause as Error).message);
  }
}

/** Adds what an object asks for to each of the alternatives so far. */
function compileObject(
  soFar: readonly Alternative[],
  path: readonly string[],
  pattern: object,
  insideOr: boolean,
): readonly Alternative[] {
  const members = Object.entries(pattern) as [string, unknown][];
  if (members.length === 0) throw invalidPattern("Empty objects are not allowed");
  let alternatives = soFar;
  for (const [key, member] of members) {
    if (key === "$or") {
      alternatives = compileOr(alternatives, path, member);
      continue;
    }
    if (insideOr && OPERATORS.includes(key)) {
      throw invalidPattern(`${key} is Ruler reserved fieldName which cannot be used inside $or.`);
    }
    if (Array.isArray(member)) {
      const values = compileValues(member as unknown[]);
      const base = alternatives.length > 0 ? alternatives : [new Map()];
      const name = [...path, key].join(".");
      alternatives = base.map((alternative) => new Map(alternative).set(name, values));
    } else if (isObject(member)) {
      alternatives = compileObject(alternatives, [...path, key], member, insideOr);
    } else throw invalidPattern(`"${key}" must be an object or an array`);
  }
  return alternatives;
}

function compileValues(values: readonly unknown[]): readonly ValuePattern[] {
  if (values.length === 0) throw invalidPattern("Empty arrays are not allowed");
  return values.map(compileValuePattern);
}

function compileOr(
  soFar: readonly Alternative[],
  path: readonly string[],
  branches: unknown,
): readonly Alternative[] {
  if (!Array.isArray(branches)) throw invalidPattern("It must be an Array followed with $or.");
  const base = soFar.length > 0 ? soFar : [new Map()];
  const alternatives = (branches as unknown[]).flatMap((branch) => {
    if (isObject(branch)) return compileObject(base, path, branch, true);
    throw invalidPattern("Only JSON object is allowed in array of $or relationship.");
  });
  if (branches.length < 2) {
    throw invalidPattern("There must have at least 2 Objects in $or relationship.");
  }
  if (alternatives.length >= ALTERNATIVES_MAX) {
    throw invalidPattern(
      `$or makes ${alternatives.length} combinations; fewer than ${ALTERNATIVES_MAX} are allowed`,
    );
  }
  return alternatives;
}

type Fields = readonly (readonly [string, readonly ValuePattern[]])[];

/** Whether the fields from `at` on match, with values that can stand in the same elements of arrays. */
function matchFrom(
  fields: Fields,
  at: number,
  leaves: ReadonlyMap<string, readonly Leaf[]>,
  membership: Membership,
): boolean {
  const field = fields[at];
  if (!field) return true;
  const [name, patterns] = field;
  let isThere = false;
  for (const leaf of leaves.get(name) ?? []) {
    const together = combine(membership, leaf.membership);
    if (!together) continue;
    isThere = true;
    const fits = patterns.some((pattern) => pattern.kind === "test" && pattern.matches(leaf));
    if (fits && matchFrom(fields, at + 1, leaves, together)) return true;
  }
  if (isThere || !patterns.some(({ kind }) => kind === "absent")) return false;
  return matchFrom(fields, at + 1, leaves, membership);
}
