import { createHash } from "node:crypto";
import type {
  CancellationReason,
  DynamoDBClient,
  TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import { contribute, decodeEntity, isNewer, type Delta, type Entity } from "./entity";
import { failure, type Failure } from "./failure";
import { encodeDelta } from "./outbox";
import { contentionBudget, transact, TRANSACTION_LIMIT, type Invocation } from "./transact";

/** A transaction holds one outbox row beside the ledger steps. */
export const STEPS_PER_CHUNK = TRANSACTION_LIMIT - 1;

/** Reduce claims the row and adds to each of its groups, all in one transaction. */
const GROUPS_PER_ROW = TRANSACTION_LIMIT - 1;

/** Each round is lost to a worker that moved the ledger forward; this many are a bug, not bad luck. */
const ROUNDS_MAX = 20;

/** A step of one entity in the ledger. */
export interface Step {
  next: Entity;
  /** What the ledger is believed to hold; undefined: nothing. A wrong belief costs a round, never a sum. */
  base: Entity | undefined;
}

export interface FoldTables {
  readonly ledger: string;
  readonly outbox: string;
}

/**
 * Moves entities in the ledger and puts the difference in the outbox, in one transaction: a row "+new -base"
 * commits only together with the step from base to new, so rows add up to exactly what the ledger holds,
 * whatever batches, order or repetitions the steps came in.
 *
 * Steps that the ledger has taken already, or has gone beyond, are dropped.
 *
 * @param steps at most {@link STEPS_PER_CHUNK}, by entity id
 * @returns how many steps were committed
 * @throws Error with a code; `ITEM_REJECTED` has the `entityId`. Calling again is always safe.
 */
export async function foldSteps(
  client: DynamoDBClient,
  tables: FoldTables,
  steps: ReadonlyMap<string, Readonly<Step>>,
  invocation: Invocation,
): Promise<number> {
  const open = new Map<string, Step>();
  for (const [id, step] of steps) open.set(id, { ...step });
  const budget = contentionBudget();

  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (open.size === 0) return 0;
    const delta = deltaOf(open);
    if (delta.size > GROUPS_PER_ROW && open.size > 1) {
      return foldHalves(client, tables, open, invocation);
    }
    const ids = [...open.keys()].sort();
    const items = ids.map((id) => ledgerUpdate(tables.ledger, id, open.get(id) as Step));
    items.push(outboxPut(tables.outbox, rowIdOf(ids, open), delta));
    const reasons = await transact(client, items, invocation.nextToken(), invocation, budget).catch(
      (error: Failure) => {
        const entityId = error.itemIndex === undefined ? undefined : ids[error.itemIndex];
        throw entityId === undefined ? error : Object.assign(error, { entityId });
      },
    );
    if (reasons === undefined) return ids.length;
    correctBases(ids, open, reasons);
  }
  throw failure("LEDGER_UNSTABLE", `The ledger moved in each of ${ROUNDS_MAX} rounds.`);
}

async function foldHalves(
  client: DynamoDBClient,
  tables: FoldTables,
  steps: ReadonlyMap<string, Step>,
  invocation: Invocation,
): Promise<number> {
  const entries = [...steps];
  const middle = entries.length >> 1;
  const left = await foldSteps(client, tables, new Map(entries.slice(0, middle)), invocation);
  return left + (await foldSteps(client, tables, new Map(entries.slice(middle)), invocation));
}

function deltaOf(steps: ReadonlyMap<string, Step>): Delta {
  const delta: Delta = new Map();
  for (const { next, base } of steps.values()) {
    contribute(delta, next, 1n);
    contribute(delta, base, -1n);
  }
  for (const [group, value] of delta) if (value === 0n) delta.delete(group);
  return delta;
}

/** After a cancelled transaction: drops steps that are done, and takes the true bases of the others. */
function correctBases(
  ids: readonly string[],
  open: Map<string, Step>,
  reasons: readonly CancellationReason[],
): void {
  let ledgerMoved = false;
  ids.forEach((id, index) => {
    const reason = reasons[index];
    if (reason?.Code !== "ConditionalCheckFailed") return;
    ledgerMoved = true;
    const held = reason.Item === undefined ? undefined : decodeEntity(reason.Item);
    const step = open.get(id) as Step;
    if (held !== undefined && !isNewer(step.next, held)) open.delete(id);
    else step.base = held;
  });
  if (!ledgerMoved) {
    throw failure("OUTBOX_COLLISION", "An outbox row exists whose steps the ledger has not taken.");
  }
}

/** Named by its steps: the same row can be put once, whoever puts it. */
function rowIdOf(ids: readonly string[], steps: ReadonlyMap<string, Step>): string {
  const hash = createHash("sha256");
  for (const id of ids) {
    const { base, next } = steps.get(id) as Step;
    const from = base === undefined ? null : [base.version, base.contentHash];
    hash.update(JSON.stringify([id, from, next.version, next.contentHash]));
  }
  return hash.digest("hex");
}

function ledgerUpdate(table: string, id: string, { next, base }: Step): TransactWriteItem {
  return {
    Update: {
      TableName: table,
      Key: { id: { S: id } },
      UpdateExpression: "SET #v = :v, #h = :h, #g = :g, #m = :m, #d = :d",
      ConditionExpression:
        base === undefined ? "attribute_not_exists(id)" : "#v = :bv AND #h = :bh",
      ExpressionAttributeNames: {
        "#v": "version",
        "#h": "contentHash",
        "#g": "group",
        "#m": "valueMinor",
        "#d": "deleted",
      },
      ExpressionAttributeValues: {
        ":v": { N: String(next.version) },
        ":h": { S: next.contentHash },
        ":g": { S: next.group },
        ":m": { N: next.valueMinor },
        ":d": { BOOL: next.deleted },
        ...(base && { ":bv": { N: String(base.version) }, ":bh": { S: base.contentHash } }),
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  };
}

function outboxPut(table: string, id: string, delta: Delta): TransactWriteItem {
  return {
    Put: {
      TableName: table,
      Item: {
        id: { S: id },
        d: encodeDelta(delta),
        pending: { S: "y" },
        createdAt: { N: String(Math.floor(Date.now() / 1000)) },
      },
      ConditionExpression: "attribute_not_exists(id)",
    },
  };
}
