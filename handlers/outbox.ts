import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Delta } from "./entity";
import { failure } from "./failure";

/** A row of the outbox: sums that are committed with the ledger, and are still to be added to the aggregates. */
export interface OutboxRow {
  readonly id: string;
  readonly delta: Delta;
}

/** The sparse index of rows not yet applied: `pending` (hash, always `y`) and `createdAt` (range, seconds). */
export const PENDING_INDEX = "pending-index";

/** The attribute `d` of a row: group to integer, without groups that do not change. */
export function encodeDelta(delta: Delta): AttributeValue {
  const groups: Record<string, AttributeValue> = {};
  for (const [group, value] of delta) if (value !== 0n) groups[group] = { N: value.toString() };
  return { M: groups };
}

/**
 * A row from a stream image or a query.
 *
 * @throws Error with code `UNDECODABLE_ROW`
 */
export function decodeRow(image: Readonly<Record<string, AttributeValue>> | undefined): OutboxRow {
  const id = image?.["id"]?.S;
  const groups = image?.["d"]?.M;
  if (id === undefined || groups === undefined) {
    throw failure("UNDECODABLE_ROW", "An outbox row lacks its id or its sums.");
  }
  const delta: Delta = new Map();
  for (const [group, value] of Object.entries(groups)) {
    if (value.N === undefined || !/^-?\d+$/.test(value.N)) {
      throw failure("UNDECODABLE_ROW", "A sum in an outbox row is not an integer.");
    }
    delta.set(group, BigInt(value.N));
  }
  return { id, delta };
}
