import {
  BatchGetItemCommand,
  ScanCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { applyTarget } from "./apply-rows";
import { connectDynamoDb } from "./connect-dynamodb";
import { decodeEntity, isNewer, type Entity } from "./entity";
import { textFrom } from "./environment";
import { codeOf, failure } from "./failure";
import { foldSteps, STEPS_PER_CHUNK, type FoldTables, type Step } from "./fold";
import { logLine } from "./log";
import { drainPendingRows } from "./pending-rows";
import { invocationOf, type Invocation } from "./transact";

/** Time kept back for one page of the state table and for the rows that are pending at the end. */
const PAGE_MS = 10_000;
/** How often keys are asked for again that a throttled read left out. */
const READ_ROUNDS_MAX = 10;

export interface RepairRequest {
  /** `continueFrom` of a repair that ran out of time. */
  readonly continueFrom?: string;
}

export interface Repaired {
  /** Entities of the state table that were looked at. */
  readonly scanned: number;
  /** Entities whose newest version was missing in the ledger, and is there now. */
  readonly repaired: number;
  /** Entities that could not be read or folded; the log has the codes. */
  readonly failed: number;
  /** Pending outbox rows that were added to the aggregates. */
  readonly applied: number;
  /** Whether everything was looked at. */
  readonly complete: boolean;
  /** Pass this on to go on where this repair stopped. */
  readonly continueFrom?: string;
}

/**
 * Repair, by hand: brings the ledger and the aggregates to what the state table holds, without the streams.
 * Safe at any time, also while the pipeline runs. With batch-hash there is no ledger to compare with, and
 * folding would count everything again: it then does nothing.
 *
 * Environment: as Reduce, and `IDEMPOTENCY`, `STATE_TABLE_NAME`, `LEDGER_TABLE_NAME`.
 */
export function createRepairHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const target = applyTarget();
  const stateTable = textFrom("STATE_TABLE_NAME");
  const tables = { ledger: textFrom("LEDGER_TABLE_NAME"), outbox: target.outbox };
  const idempotency = textFrom("IDEMPOTENCY");

  return async (request: RepairRequest | null, context: Context): Promise<Repaired> => {
    const counts = { scanned: 0, repaired: 0, failed: 0 };
    if (idempotency !== "ledger") return { ...counts, applied: 0, complete: true };
    const invocation = invocationOf(context);
    let position = startOf(request);
    do {
      if (invocation.remainingMs() < PAGE_MS) {
        return { ...counts, applied: 0, complete: false, continueFrom: JSON.stringify(position) };
      }
      const page = await client.send(
        new ScanCommand({
          TableName: stateTable,
          ConsistentRead: true,
          ExclusiveStartKey: position,
          Limit: 1_000,
        }),
      );
      const items = page.Items ?? [];
      counts.scanned += items.length;
      for (let start = 0; start < items.length; start += STEPS_PER_CHUNK) {
        const chunk = items.slice(start, start + STEPS_PER_CHUNK);
        const { repaired, failed } = await repairItems(client, tables, chunk, invocation);
        counts.repaired += repaired;
        counts.failed += failed;
      }
      position = page.LastEvaluatedKey;
    } while (position !== undefined);

    const nowS = Math.floor(Date.now() / 1000);
    const drained = await drainPendingRows(client, target, nowS, invocation);
    if (drained.failed > 0)
      logLine("error", "repair failed to apply", { code: codeOf(drained.cause) });
    const result = {
      ...counts,
      failed: counts.failed + drained.failed,
      applied: drained.applied,
      complete: drained.complete,
    };
    logLine("info", "repair done", result);
    return result;
  };
}

function startOf(request: RepairRequest | null): Record<string, AttributeValue> | undefined {
  const position = request?.continueFrom;
  return position === undefined
    ? undefined
    : (JSON.parse(position) as Record<string, AttributeValue>);
}

interface RepairCounts {
  readonly repaired: number;
  readonly failed: number;
}

/** Folds those items of a chunk that the ledger is behind on. */
async function repairItems(
  client: DynamoDBClient,
  tables: FoldTables,
  items: readonly Record<string, AttributeValue>[],
  invocation: Invocation,
): Promise<RepairCounts> {
  const newest = new Map<string, Entity>();
  let failed = 0;
  for (const item of items) {
    try {
      newest.set(item["id"]?.S ?? "", decodeEntity(item));
    } catch (cause) {
      failed += 1;
      logLine("error", "repair skipped an entity", { code: codeOf(cause) });
    }
  }
  const held = await readLedger(client, tables.ledger, [...newest.keys()]);
  const steps = new Map<string, Step>();
  for (const [id, next] of newest) {
    const base = held.get(id);
    if (base === undefined || isNewer(next, base)) steps.set(id, { next, base });
  }
  const folded = await foldSeparating(client, tables, steps, invocation);
  return { repaired: folded.repaired, failed: failed + folded.failed };
}

/** Halves a chunk that cannot be folded, so that one entity does not keep the others from being repaired. */
async function foldSeparating(
  client: DynamoDBClient,
  tables: FoldTables,
  steps: ReadonlyMap<string, Step>,
  invocation: Invocation,
): Promise<RepairCounts> {
  if (steps.size === 0) return { repaired: 0, failed: 0 };
  try {
    return { repaired: await foldSteps(client, tables, steps, invocation), failed: 0 };
  } catch (cause) {
    if (steps.size === 1 || invocation.remainingMs() < PAGE_MS) {
      logLine("error", "repair failed to fold", { entities: steps.size, code: codeOf(cause) });
      return { repaired: 0, failed: steps.size };
    }
  }
  const entries = [...steps];
  const middle = entries.length >> 1;
  const left = await foldSeparating(client, tables, new Map(entries.slice(0, middle)), invocation);
  const right = await foldSeparating(client, tables, new Map(entries.slice(middle)), invocation);
  return { repaired: left.repaired + right.repaired, failed: left.failed + right.failed };
}

async function readLedger(
  client: DynamoDBClient,
  table: string,
  ids: readonly string[],
): Promise<Map<string, Entity>> {
  const held = new Map<string, Entity>();
  let keys: Record<string, AttributeValue>[] = ids.map((id) => ({ id: { S: id } }));
  for (let round = 0; keys.length > 0; round += 1) {
    if (round === READ_ROUNDS_MAX)
      throw failure("LEDGER_UNREADABLE", "The ledger's reads stay throttled.");
    const answer = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
    );
    for (const item of answer.Responses?.[table] ?? [])
      held.set(item["id"]?.S ?? "", decodeEntity(item));
    keys = answer.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return held;
}
