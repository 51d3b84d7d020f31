import { compilePattern } from "../../../simulator/services/eventbridge/patterns/pattern";
import { askOracle } from "./oracle";

/** A pattern and an event of which two matchers say different things. */
export interface Difference {
  readonly pattern: string;
  readonly event: string;
  readonly ours: boolean;
}

const isOurMatch = (pattern: unknown, event: string): boolean =>
  compilePattern(JSON.stringify(pattern))(JSON.parse(event));

const isTheirMatch = (pattern: unknown, event: string): boolean => {
  const [answer] = askOracle([{ pattern: JSON.stringify(pattern), events: [event] }]);
  return answer !== undefined && "matches" in answer && answer.matches[0] === true;
};

/**
 * Whether event-ruler contradicts itself: a list, and `$or`, match if and only if one of their members alone does.
 * Now and then that does not hold for it, and not even in each run. Such a pair proves nothing about us.
 *
 * @returns the pair, narrowed to what both still differ about, if it does not contradict itself
 */
export function narrowed({ event, ours, pattern }: Difference): Difference | undefined {
  let current = JSON.parse(pattern) as unknown;
  for (let options = narrowings(current); options.length > 0; options = narrowings(current)) {
    // Whoever says that the whole matches must say so of one of its members.
    const isMatch = ours ? isOurMatch : isTheirMatch;
    const next = options.find((option) => isMatch(option, event));
    if (next === undefined) {
      if (ours) throw new Error(`We contradict ourselves: ${JSON.stringify(current)}, ${event}`);
      return undefined;
    }
    current = next;
  }
  if (isOurMatch(current, event) === isTheirMatch(current, event)) return undefined;
  return { pattern: JSON.stringify(current), event, ours };
}

/** The pattern with its first list or `$or` that leaves a choice narrowed to each of its members. */
function narrowings(pattern: unknown): unknown[] {
  if (typeof pattern !== "object" || pattern === null) return [];
  for (const [key, member] of Object.entries(pattern)) {
    if (key === "$or") {
      const branches = member as object[];
      // It takes two at least, so the one stands there twice.
      if (branches.length > 2 || branches[0] !== branches[1]) {
        return branches.map((branch) => ({ ...pattern, [key]: [branch, branch] }));
      }
      const [first] = narrowings(branches[0]);
      if (first === undefined) continue;
      return narrowings(branches[0]).map((one) => ({ ...pattern, [key]: [one, one] }));
    }
    const values: unknown[] = Array.isArray(member)
      ? (member as unknown[]).length > 1
        ? (member as unknown[]).map((value) => [value])
        : []
      : narrowings(member);
    if (values.length > 0) return values.map((value) => ({ ...pattern, [key]: value }));
  }
  return [];
}
