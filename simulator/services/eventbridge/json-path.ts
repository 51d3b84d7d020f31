import { validation } from "./errors";

/** What a path finds in an event; `undefined`: nothing. */
export type PathReader = (event: unknown) => unknown;

/** `.detail-type`, `.*`, `[0]`, `[*]`. */
const SEGMENT = /\.([\w/-]+|\*)|\[(\d+|\*)\]/y;

/**
 * Compiles the subset of JSON path that EventBridge takes: dot notation, indices and wildcards. A path with a wildcard
 * finds the list of what matches.
 *
 * Source: EventBridge user guide, "Input transformation".
 *
 * @param where names the path in the error
 * @throws ValidationException
 */
export function compileJsonPath(path: string, where: string): PathReader {
  const segments: string[] = [];
  SEGMENT.lastIndex = 1;
  while (path.startsWith("$") && SEGMENT.lastIndex < path.length) {
    const from = SEGMENT.lastIndex;
    const match = SEGMENT.exec(path);
    if (!match) return invalid(path, where, from);
    segments.push((match[1] ?? match[2])!);
  }
  if (!path.startsWith("$")) return invalid(path, where, 0);
  const hasWildcard = segments.includes("*");
  return (event) => {
    let found: unknown[] = [event];
    for (const segment of segments) found = found.flatMap((value) => members(value, segment));
    return hasWildcard ? found : found[0];
  };
}

function invalid(path: string, where: string, at: number): never {
  throw validation(`Invalid JSON path ${path} for ${where}: not understood at position ${at}.`);
}

function members(value: unknown, segment: string): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (segment === "*") return Object.values(value) as unknown[];
  return Object.hasOwn(value, segment) ? [(value as Record<string, unknown>)[segment]] : [];
}
