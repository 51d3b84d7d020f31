import { isDeepStrictEqual } from "node:util";
import type { Resource, ResourceDefinition } from "../services/service";

/** What has to happen to one resource. */
export type Change =
  | { readonly kind: "create"; readonly next: Resource }
  | { readonly kind: "update"; readonly next: Resource; readonly previous: Resource }
  | { readonly kind: "replace"; readonly next: Resource; readonly previous: Resource }
  | { readonly kind: "delete"; readonly previous: Resource };

/**
 * What turns one set of resources into another: creations and changes in the order of the program, then
 * deletions in the reverse order.
 */
export function changesBetween(
  previous: readonly Resource[],
  next: readonly Resource[],
  definitionOf: (type: string) => ResourceDefinition,
): Change[] {
  const before = new Map(previous.map((resource) => [resource.urn, resource]));
  const after = new Set(next.map((resource) => resource.urn));
  const changes = next.flatMap((resource): Change[] => {
    const old = before.get(resource.urn);
    if (!old) return [{ kind: "create", next: resource }];
    if (isDeepStrictEqual(old.inputs, resource.inputs)) return [];
    const replaced = definitionOf(resource.type).replaceOn.some(
      (property) => !isDeepStrictEqual(old.inputs[property], resource.inputs[property]),
    );
    return [{ kind: replaced ? "replace" : "update", next: resource, previous: old }];
  });
  const gone = previous.filter((resource) => !after.has(resource.urn)).reverse();
  return [...changes, ...gone.map((resource): Change => ({ kind: "delete", previous: resource }))];
}

/** What takes a creation or a change back. */
export function inverse(change: Change): Change {
  if (change.kind === "create") return { kind: "delete", previous: change.next };
  if (change.kind === "delete") return { kind: "create", next: change.previous };
  return { kind: change.kind, next: change.previous, previous: change.next };
}
