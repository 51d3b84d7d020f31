import type { AttributeValue, Item } from "./attribute-values";
import { validation } from "./errors";
import type { PathNode } from "./expression-tree";

/** A path with its placeholders replaced: attribute names and list indexes. */
export type Path = readonly (string | number)[];

export type Names = Readonly<Record<string, string>>;

/** Attribute names after `#`, where the path has some. */
export function resolvedPath({ elements }: PathNode, names: Names): Path {
  return elements.map((element) =>
    typeof element === "string" && element.startsWith("#") ? names[element]! : element,
  );
}

/** The value at a path, undefined if there is none. */
export function valueAt(item: Item, node: PathNode, names: Names): AttributeValue | undefined {
  const { elements } = node;
  const root = elements[0] as string;
  let value: AttributeValue | undefined = item[root.charCodeAt(0) === 35 ? names[root]! : root];
  for (let index = 1; index < elements.length && value; index++) {
    const element = elements[index]!;
    if (typeof element === "number") value = value.L?.[element];
    else value = value.M?.[element.charCodeAt(0) === 35 ? names[element]! : element];
  }
  return value;
}

/** As AWS prints a path: `[a, b, [1]]`. */
const printed = (path: Path): string =>
  `[${path.map((element) => (typeof element === "number" ? `[${element}]` : element)).join(", ")}]`;

/**
 * Refuses two paths of which one contains the other, or that cannot both exist.
 *
 * @returns AWS's message, without the parameter's name
 */
export function problemBetween(paths: readonly Path[]): string | undefined {
  for (let later = 1; later < paths.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const problem = relation(paths[earlier]!, paths[later]!);
      if (!problem) continue;
      return (
        `Two document paths ${problem} with each other; must remove or rewrite one of these paths; ` +
        `path one: ${printed(paths[earlier]!)}, path two: ${printed(paths[later]!)}`
      );
    }
  }
  return undefined;
}

function relation(one: Path, two: Path): "overlap" | "conflict" | undefined {
  for (let index = 0; index < one.length && index < two.length; index++) {
    if (typeof one[index] !== typeof two[index]) return "conflict";
    if (one[index] !== two[index]) return undefined;
  }
  return "overlap";
}

const invalidPath = (): Error =>
  validation("The document path provided in the update expression is invalid for update");

/**
 * The container with the value at `path` replaced by `value`, or removed if that is undefined. The given
 * containers stay as they are.
 *
 * @throws ValidationException if the path leads nowhere
 */
export function withValueAt(
  item: Item,
  path: Path,
  value: AttributeValue | undefined,
  depth = 0,
): Record<string, AttributeValue> {
  const name = path[depth];
  if (typeof name !== "string") throw invalidPath();
  const copy = { ...item };
  if (depth < path.length - 1) {
    const child = item[name];
    if (!child) throw invalidPath();
    copy[name] = childWithValueAt(child, path, value, depth + 1);
  } else if (value) copy[name] = value;
  else delete copy[name];
  return copy;
}

function childWithValueAt(
  container: AttributeValue,
  path: Path,
  value: AttributeValue | undefined,
  depth: number,
): AttributeValue {
  const element = path[depth]!;
  if (typeof element === "string") {
    if (!container.M) throw invalidPath();
    return { M: withValueAt(container.M, path, value, depth) };
  }
  if (!container.L) throw invalidPath();
  const list = [...container.L];
  if (depth < path.length - 1) {
    const child = list[element];
    if (!child) throw invalidPath();
    list[element] = childWithValueAt(child, path, value, depth + 1);
  } else if (!value) list.splice(element, 1);
  // Beyond the end, an element is appended.
  else if (element >= list.length) list.push(value);
  else list[element] = value;
  return { L: list };
}

/** Paths as a tree: what is kept at each level. `true` keeps the whole value. */
type Kept = Map<string | number, Kept> | true;

/** The parts of an item that `paths` name, in their places; lists are closed up. */
export function projected(item: Item, paths: readonly Path[]): Record<string, AttributeValue> {
  const root: Map<string | number, Kept> = new Map();
  for (const path of paths) {
    let level = root;
    path.forEach((element, index) => {
      if (index === path.length - 1) level.set(element, true);
      else {
        let next = level.get(element);
        if (!(next instanceof Map)) level.set(element, (next = new Map<string | number, Kept>()));
        level = next;
      }
    });
  }
  return keptOfMap(item, root);
}

function keptOfMap(item: Item, kept: Map<string | number, Kept>): Record<string, AttributeValue> {
  const result: Record<string, AttributeValue> = {};
  for (const [name, below] of kept) {
    const value = item[name];
    const part = value && keptOf(value, below);
    if (part) result[name] = part;
  }
  return result;
}

function keptOf(value: AttributeValue, kept: Kept): AttributeValue | undefined {
  if (kept === true) return value;
  if (value.M) {
    const map = keptOfMap(value.M, kept);
    return Object.keys(map).length > 0 ? { M: map } : undefined;
  }
  if (!value.L) return undefined;
  const indexes = [...kept.keys()].filter((key) => typeof key === "number").sort((a, b) => a - b);
  const list = indexes.flatMap((index) => {
    const element = value.L[index];
    const part = element && keptOf(element, kept.get(index)!);
    return part ? [part] : [];
  });
  return list.length > 0 ? { L: list } : undefined;
}
