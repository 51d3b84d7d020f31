/** The elements of arrays that a value lies in: array → index. Arrays are numbered as they come. */
export type Membership = ReadonlyMap<number, number>;

/** A value of an event that is neither object nor array. */
export interface Leaf {
  /** As JSON writes it, but with nothing escaped: texts stand in double quotes. */
  readonly text: string;
  readonly value: string | number | boolean | null;
  readonly membership: Membership;
}

const NOWHERE: Membership = new Map();

/** The names that a pattern asks for, and everything that may lead to one. */
export function prefixesOf(names: Iterable<string>): ReadonlySet<string> {
  const prefixes = new Set<string>();
  for (const name of names) {
    for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      prefixes.add(name.slice(0, dot));
    }
    prefixes.add(name);
  }
  return prefixes;
}

/**
 * The leaves of an event by name, `detail.state`; all elements of an array go by the array's name. Empty objects and
 * arrays have none.
 *
 * @param wanted from `prefixesOf`: what leads nowhere else is not looked at
 */
export function leavesOf(
  event: object,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, readonly Leaf[]> {
  const leaves = new Map<string, Leaf[]>();
  let arrays = 0;

  const visit = (name: string, value: unknown, membership: Membership): void => {
    if (Array.isArray(value)) {
      const array = arrays++;
      for (const [index, element] of (value as unknown[]).entries()) {
        // Bare values of one array go together with anything: only objects and arrays tie values to each other.
        const isTied = typeof element === "object" && element !== null;
        visit(name, element, isTied ? new Map(membership).set(array, index) : membership);
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        const path = name === "" ? key : `${name}.${key}`;
        if (wanted.has(path)) visit(path, member, membership);
      }
    } else if (isLeafValue(value)) {
      const leaf = { text: textOf(value), value, membership };
      const known = leaves.get(name);
      if (known) known.push(leaf);
      else leaves.set(name, [leaf]);
    }
  };

  visit("", event, NOWHERE);
  return leaves;
}

/** Both together, or `undefined` where they lie in different elements of one array. */
export function combine(soFar: Membership, added: Membership): Membership | undefined {
  if (added.size === 0) return soFar;
  if (soFar.size === 0) return added;
  for (const [array, index] of added) {
    if ((soFar.get(array) ?? index) !== index) return undefined;
  }
  return new Map([...soFar, ...added]);
}

const isLeafValue = (value: unknown): value is Leaf["value"] =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

const textOf = (value: Leaf["value"]): string =>
  typeof value === "string" ? `"${value}"` : String(value);
