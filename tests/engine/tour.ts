/**
 * A closed walk over all ordered pairs: each name follows each other one exactly once.
 *
 * @returns the names in order; the first is the last again
 */
export function tourOf(names: readonly string[]): string[] {
  const unused = new Map(names.map((name) => [name, names.filter((other) => other !== name)]));
  const path = [names[0]!];
  const tour: string[] = [];
  while (path.length > 0) {
    const next = unused.get(path.at(-1)!)!.pop();
    if (next === undefined) tour.unshift(path.pop()!);
    else path.push(next);
  }
  return tour;
}
