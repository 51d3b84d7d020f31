import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { failure } from "./failure";
import { groupsOf, MESSAGE_COUNT } from "./messages";

/** One version of an entity, as the state table and the ledger both hold it. */
export interface Entity {
  readonly version: number;
  readonly contentHash: string;
  /** The leaf group, `l1::l2::l3`. */
  readonly group: string;
  /** Integer minor units, in decimal: DynamoDB's own form of a number, exact at any size. */
  readonly valueMinor: string;
  readonly deleted: boolean;
}

/** Sums per group, in integer minor units. */
export type Delta = Map<string, bigint>;

/**
 * A stream image or an item of either table. Images in Lambda events and SDK items share this form.
 *
 * @throws Error with code `UNDECODABLE_ENTITY`; it never quotes the item.
 */
export function decodeEntity(image: Readonly<Record<string, AttributeValue>>): Entity {
  const version = Number(image["version"]?.N);
  const contentHash = image["contentHash"]?.S;
  const group = image["group"]?.S;
  const valueMinor = image["valueMinor"]?.N;
  if (
    !Number.isSafeInteger(version) ||
    contentHash === undefined ||
    group === undefined ||
    valueMinor === undefined ||
    !/^-?\d+$/.test(valueMinor)
  ) {
    throw failure("UNDECODABLE_ENTITY", "An item of the state table or the ledger is malformed.");
  }
  return { version, contentHash, group, valueMinor, deleted: image["deleted"]?.BOOL === true };
}

/**
 * What a removed item counts as: a tombstone just above its last version. `~` sorts after every hex digit.
 * Entities should end as tombstones; this is for items that somebody deleted by hand.
 */
export function tombstoneOf(last: Entity): Entity {
  return { ...last, contentHash: "~", deleted: true };
}

/** "Newer" everywhere: by version, then by content hash, so that a tie has one winner in any order. */
export function isNewer(a: Entity, b: Entity): boolean {
  return a.version > b.version || (a.version === b.version && a.contentHash > b.contentHash);
}

/** Adds (`sign` 1) or takes back (`sign` -1) an entity's contribution: its value per group, and one count. */
export function contribute(delta: Delta, entity: Entity | undefined, sign: 1n | -1n): void {
  if (entity === undefined || entity.deleted) return;
  const value = BigInt(entity.valueMinor) * sign;
  for (const group of groupsOf(entity.group)) delta.set(group, (delta.get(group) ?? 0n) + value);
  delta.set(MESSAGE_COUNT, (delta.get(MESSAGE_COUNT) ?? 0n) + sign);
}
