import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Delta } from "./entity";
import { textFrom, wholeFrom } from "./environment";
import type { OutboxRow } from "./outbox";
import { contentionBudget, transact, TRANSACTION_LIMIT, type Invocation } from "./transact";

export interface ApplyTarget {
  readonly outbox: string;
  readonly aggregates: string;
  /** Each aggregate is spread over this many items; readers add them up. */
  readonly lanes: number;
  /** How long an applied row stays, in seconds. */
  readonly outboxRetentionS: number;
}

/** Where rows are applied to, from the function's environment. */
export function applyTarget(): ApplyTarget {
  return {
    outbox: textFrom("OUTBOX_TABLE_NAME"),
    aggregates: textFrom("AGGREGATE_TABLE_NAME"),
    lanes: wholeFrom("AGGREGATE_LANES"),
    outboxRetentionS: wholeFrom("OUTBOX_RETENTION_SECONDS"),
  };
}

/** The lane that one invocation adds to. Lanes of different items never conflict. */
export function drawLane(lanes: number): number {
  return lanes <= 1 ? 0 : Math.floor(Math.random() * lanes);
}

/** The key of an aggregate: one group, one lane. */
export function aggregateKey(group: string, lane: number): string {
  return `${group}#${lane}`;
}

/**
 * Cuts rows into chunks whose claims and aggregates fit one transaction, in order. A row that comes twice
 * stays once: a transaction cannot hold an item twice.
 */
export function chunksOfRows(rows: readonly OutboxRow[]): OutboxRow[][] {
  const chunks: OutboxRow[][] = [];
  let chunk: OutboxRow[] = [];
  let groups = new Set<string>();
  const seen = new Set<string>();
  for (const row of rows) {
    if (seen.has(row.id)) continue;
    seen.add(row.id);
    let added = 0;
    for (const group of row.delta.keys()) if (!groups.has(group)) added += 1;
    if (chunk.length > 0 && chunk.length + 1 + groups.size + added > TRANSACTION_LIMIT) {
      chunks.push(chunk);
      chunk = [];
      groups = new Set();
    }
    chunk.push(row);
    for (const group of row.delta.keys()) groups.add(group);
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/**
 * Adds rows to the aggregates and claims them, in one transaction: a row enters the aggregates once, whoever
 * brings it, and in whatever company.
 *
 * @param rows one chunk of {@link chunksOfRows}
 * @returns how many rows were applied; the others had been applied before
 * @throws Error with a code. Calling again is always safe.
 */
export async function applyRows(
  client: DynamoDBClient,
  target: ApplyTarget,
  rows: readonly OutboxRow[],
  lane: number,
  invocation: Invocation,
): Promise<number> {
  const budget = contentionBudget();
  let open = [...rows];
  // Each round without a commit drops a row or spends budget.
  while (open.length > 0) {
    const nowS = Math.floor(Date.now() / 1000);
    const items = open.map((row) => claim(target, row.id, nowS));
    items.push(...additions(target.aggregates, sumOf(open), lane));
    const reasons = await transact(client, items, invocation.nextToken(), invocation, budget);
    if (reasons === undefined) return open.length;
    open = open.filter((_, index) => reasons[index]?.Code !== "ConditionalCheckFailed");
  }
  return 0;
}

function sumOf(rows: readonly OutboxRow[]): Delta {
  const sum: Delta = new Map();
  for (const { delta } of rows) {
    for (const [group, value] of delta) sum.set(group, (sum.get(group) ?? 0n) + value);
  }
  return sum;
}

function claim(target: ApplyTarget, id: string, nowS: number): TransactWriteItem {
  return {
    Update: {
      TableName: target.outbox,
      Key: { id: { S: id } },
      UpdateExpression: "SET #a = :now, #t = :ttl REMOVE #p",
      ConditionExpression: "attribute_exists(id) AND attribute_not_exists(#a)",
      ExpressionAttributeNames: { "#a": "appliedAt", "#t": "ttl", "#p": "pending" },
      ExpressionAttributeValues: {
        ":now": { N: String(nowS) },
        ":ttl": { N: String(nowS + target.outboxRetentionS) },
      },
    },
  };
}

/** One ADD per group that changes. Also what the batch-hash Reduce commits, without any claim. */
export function additions(table: string, sum: Delta, lane: number): TransactWriteItem[] {
  const items: TransactWriteItem[] = [];
  for (const [group, value] of sum) {
    if (value === 0n) continue;
    items.push({
      Update: {
        TableName: table,
        Key: { id: { S: aggregateKey(group, lane) } },
        UpdateExpression: "ADD #v :v",
        ExpressionAttributeNames: { "#v": "v" },
        ExpressionAttributeValues: { ":v": { N: value.toString() } },
      },
    });
  }
  return items;
}
