import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import { decodeEntity, isNewer, tombstoneOf, type Entity } from "./entity";
import { failure } from "./failure";
import type { Step } from "./fold";

/** One change of an entity, as the state table's stream tells it. */
export interface StateChange {
  readonly id: string;
  readonly next: Entity;
  readonly previous: Entity | undefined;
}

/**
 * Reads a record of the state table's stream. A removal counts as a tombstone.
 *
 * @throws Error with code `UNDECODABLE_ENTITY`
 */
export function decodeChange(record: DynamoDBRecord): StateChange {
  const { Keys, NewImage, OldImage } = record.dynamodb ?? {};
  const id = Keys?.["id"]?.S;
  const previous = OldImage && decodeEntity(OldImage as Record<string, AttributeValue>);
  if (id !== undefined && NewImage !== undefined) {
    return { id, next: decodeEntity(NewImage as Record<string, AttributeValue>), previous };
  }
  if (id !== undefined && previous !== undefined)
    return { id, next: tombstoneOf(previous), previous };
  throw failure(
    "UNDECODABLE_ENTITY",
    "A record of the state table's stream lacks its key or its images.",
  );
}

/** The steps that a run of records asks for, and the record that ended the run early, if one did. */
export interface PlannedSteps {
  readonly steps: ReadonlyMap<string, Step>;
  readonly bad?: { readonly index: number; readonly cause: unknown };
}

/**
 * Per entity, the newest version among the records, whichever came last, over the image before its first
 * record. Records from the first undecodable one on are left out.
 */
export function planSteps(records: readonly DynamoDBRecord[]): PlannedSteps {
  const steps = new Map<string, Step>();
  for (const [index, record] of records.entries()) {
    let change: StateChange;
    try {
      change = decodeChange(record);
    } catch (cause) {
      return { steps, bad: { index, cause } };
    }
    const step = steps.get(change.id);
    if (step === undefined) steps.set(change.id, { next: change.next, base: change.previous });
    else if (isNewer(change.next, step.next)) step.next = change.next;
  }
  return { steps };
}
