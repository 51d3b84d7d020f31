import type { ResourceIdentity } from "../service";

/** Ten lower-case letters and digits, as API Gateway's ids are. */
export function idOf({ uuid }: ResourceIdentity): string {
  return uuid.replaceAll("-", "").slice(0, 10);
}

/**
 * The id of a path of an API. It carries the path, for a resource is planned from its own inputs, which name its
 * parent by id alone, and its output `path` begins with its parent's.
 */
export function resourceIdOf({ suffix }: ResourceIdentity, path: string): string {
  return `${suffix}${MARK}${Buffer.from(path).toString("hex")}`;
}

/** Stands in no suffix, which is hexadecimal. */
const MARK = "r";

/** The path that a resource id carries: `/orders`; `undefined` for a text that is none. */
export function pathOf(resourceId: string): string | undefined {
  const [, hex] = /^[0-9a-f]+r((?:[0-9a-f]{2})+)$/.exec(resourceId) ?? [];
  return hex && Buffer.from(hex, "hex").toString();
}

/** `/orders` + `{id}`. */
export function childPath(parentId: string, pathPart: string): string {
  const parent = pathOf(parentId) ?? "/";
  return parent === "/" ? `/${pathPart}` : `${parent}/${pathPart}`;
}
