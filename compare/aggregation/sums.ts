import type { Image } from "../account";

/** Integer sums per group. A group that is not there is zero, and zeros are left out. */
export type Sums = Map<string, bigint>;

export function addTo(sums: Sums, group: string, value: bigint): void {
  const sum = (sums.get(group) ?? 0n) + value;
  if (sum === 0n) sums.delete(group);
  else sums.set(group, sum);
}

export function addAll(sums: Sums, more: ReadonlyMap<string, bigint>, sign: 1n | -1n = 1n): void {
  for (const [group, value] of more) addTo(sums, group, value * sign);
}

export function sameSums(a: Sums, b: Sums): boolean {
  if (a.size !== b.size) return false;
  for (const [group, value] of a) if (b.get(group) !== value) return false;
  return true;
}

/** The groups in which two sums differ, as text; for messages. At most five are named. */
export function differences(a: Sums, b: Sums): string {
  const groups = [...new Set([...a.keys(), ...b.keys()])].sort();
  const different = groups.filter((group) => a.get(group) !== b.get(group));
  const named = different
    .slice(0, 5)
    .map((group) => `${group}: ${a.get(group) ?? 0n} and ${b.get(group) ?? 0n}`);
  return named.join(", ") + (different.length > named.length ? ", …" : "");
}

/** An item of the state table or the ledger, as far as sums are concerned. */
export function addEntity(sums: Sums, item: Image | undefined, sign: 1n | -1n): void {
  if (item === undefined || item["deleted"]?.BOOL === true) return;
  const leaf = textOf(item, "group");
  const value = BigInt(numberOf(item, "valueMinor")) * sign;
  // Every prefix of the path is a node of the tree: a::b::c counts in a, in a::b and in itself.
  for (let end = leaf.indexOf("::"); end >= 0; end = leaf.indexOf("::", end + 2)) {
    addTo(sums, leaf.slice(0, end), value);
  }
  addTo(sums, leaf, value);
  addTo(sums, "message_count", sign);
}

/** The sums that an outbox row holds. */
export function rowSums(row: Image): Sums {
  const sums: Sums = new Map();
  for (const [group, value] of Object.entries(row["d"]?.M ?? {})) {
    addTo(sums, group, BigInt(value.N ?? "0"));
  }
  return sums;
}

/** Adds what a write of an aggregate item changed. Lanes of a group, `group#lane`, add up. */
export function addAggregate(
  sums: Sums,
  before: Image | undefined,
  after: Image | undefined,
): void {
  const item = after ?? before;
  if (item === undefined) return;
  const key = textOf(item, "id");
  const group = key.slice(0, key.lastIndexOf("#"));
  addTo(sums, group, BigInt(after?.["v"]?.N ?? "0") - BigInt(before?.["v"]?.N ?? "0"));
}

export function textOf(item: Image, attribute: string): string {
  const text = item[attribute]?.S;
  if (text === undefined) throw new Error(`An item has no text "${attribute}".`);
  return text;
}

export function numberOf(item: Image, attribute: string): string {
  const number = item[attribute]?.N;
  if (number === undefined) throw new Error(`An item has no number "${attribute}".`);
  return number;
}
