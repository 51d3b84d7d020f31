import type { Resource } from "../services/service";

/** Shorter texts than this could stand in inputs by chance. */
const REFERENCE_LENGTH_MIN = 8;

/**
 * Orders resources so that each comes after those it refers to, and otherwise by URN: the order in which a program's
 * promises happened to resolve must not show in a run. A resource refers to another when the other's id, ARN or URL
 * stands in its inputs, or when its definition says that it follows the other.
 */
export function inOrderOfCreation(
  resources: readonly Resource[],
  follows: (resource: Resource, other: Resource) => boolean = () => false,
): Resource[] {
  const byUrn = [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  const texts = new Map(byUrn.map((resource) => [resource, textOf(resource)]));
  const waiting = new Map(
    byUrn.map((resource) => {
      const text = texts.get(resource)!;
      const others = byUrn.filter(
        (other) => other !== resource && (isIn(text, other) || follows(resource, other)),
      );
      return [resource, new Set(others)];
    }),
  );
  const ordered: Resource[] = [];
  while (waiting.size > 0) {
    const [next] = [...waiting].find(([, others]) => others.size === 0) ?? [firstOfCircle(waiting)];
    waiting.delete(next);
    for (const others of waiting.values()) others.delete(next);
    ordered.push(next);
  }
  return ordered;
}

/**
 * Where everything waits for something else: the first by URN of a circle that waits for nothing outside itself. What
 * merely waits for the circle is not torn from what it refers to.
 */
function firstOfCircle(waiting: ReadonlyMap<Resource, ReadonlySet<Resource>>): Resource {
  const reachable = (start: Resource): number => {
    const seen = new Set([start]);
    for (const resource of seen) for (const other of waiting.get(resource)!) seen.add(other);
    return seen.size;
  };
  const sizes = [...waiting.keys()].map((resource) => ({ resource, size: reachable(resource) }));
  // Whoever waits for a circle reaches more than the circle does.
  return sizes.reduce((least, each) => (each.size < least.size ? each : least)).resource;
}

/** A function's code names nothing by ARN, and is long. */
function textOf({ inputs }: Resource): string {
  return JSON.stringify({ ...inputs, code: undefined });
}

function isIn(text: string, { id, outputs }: Resource): boolean {
  return [id, outputs.arn, outputs.url, outputs.streamArn].some(
    (reference) =>
      typeof reference === "string" &&
      reference.length >= REFERENCE_LENGTH_MIN &&
      text.includes(reference),
  );
}
