import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Context, KinesisStreamEvent } from "aws-lambda";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { isOn, textFrom, wholeFrom } from "./environment";
import { createLogLine } from "./log";
import {
  contentionBudget,
  createTransact,
  invocationOf,
  TRANSACTION_LIMIT,
  type Invocation,
} from "./transact";
import { createReadBatch, type TripEntry } from "./trip-batch";
import { createWindowRows, type RowKey, type Sums } from "./window-rows";
import { createWriteAll } from "./write-all";

/** One thing to be added once. */
interface Addition {
  /** Of its entry in the ledger. */
  readonly id: string;
  readonly rowId: string;
  readonly key: RowKey;
  readonly sums: Sums;
}

interface Chunk {
  /** Of the first record that is in it. */
  readonly sequenceNumber: string;
  readonly additions: Addition[];
}

/**
 * The consumer without tumbling windows: adds each trip to its vendor's row of the window in which it began, in one
 * transaction with the trip's entry in a ledger. A trip counts once, whoever brings it, how often, and in whatever
 * batch; the first one with its id counts. Rows that are unclean are counted by delivery, for they may have no id.
 *
 * Environment: `AGGREGATE_TABLE_NAME`, `LEDGER_TABLE_NAME`, `LEDGER_RETENTION_SECONDS`, `WINDOW_SECONDS`,
 * `REPORT_BATCH_ITEM_FAILURES`.
 */
export function createExactWindowsHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const ledger = textFrom("LEDGER_TABLE_NAME");
  const retentionS = wholeFrom("LEDGER_RETENTION_SECONDS");
  const rows = createWindowRows(wholeFrom("WINDOW_SECONDS") * 1_000);
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const readBatch = createReadBatch();
  const transact = createTransact(client);
  const writeAll = createWriteAll();
  const log = createLogLine();
  const limit = TRANSACTION_LIMIT;
  const { left } = contentionBudget();

  function additionOf({ arrivedAtMs, content, deliveryId }: TripEntry): Addition {
    if (typeof content === "string") {
      const key = rows.windowAt(arrivedAtMs);
      const sums = rows.droppedFor(content);
      return { id: `delivery#${deliveryId}`, rowId: rows.idOf(key), key, sums };
    }
    const key = { vendorId: content.vendorId, ...rows.windowAt(content.pickupMs) };
    return { id: `trip#${content.id}`, rowId: rows.idOf(key), key, sums: rows.sumsOf(content) };
  }

  /** Cuts entries into what fits a transaction, in order. A trip that comes twice stays once. */
  function chunksOf(entries: readonly TripEntry[]): Chunk[] {
    const chunks: Chunk[] = [];
    const seen = new Set<string>();
    let rowIds = new Set<string>();
    for (const entry of entries) {
      const addition = additionOf(entry);
      if (seen.has(addition.id)) continue;
      seen.add(addition.id);
      const size = chunks.at(-1)?.additions.length ?? limit;
      const added = rowIds.has(addition.rowId) ? 1 : 2;
      if (size + rowIds.size + added > limit) {
        chunks.push({ sequenceNumber: entry.sequenceNumber, additions: [] });
        rowIds = new Set();
      }
      chunks.at(-1)!.additions.push(addition);
      rowIds.add(addition.rowId);
    }
    return chunks;
  }

  function claim(id: string, endsAtS: number): TransactWriteItem {
    return {
      Put: {
        TableName: ledger,
        Item: { id: { S: id }, ttl: { N: String(endsAtS) } },
        ConditionExpression: "attribute_not_exists(id)",
      },
    };
  }

  function sumsByRow(additions: readonly Addition[]): TransactWriteItem[] {
    const byRow = new Map<string, { key: RowKey; sums: Record<string, number> }>();
    for (const { key, rowId, sums } of additions) {
      let row = byRow.get(rowId);
      if (row === undefined) byRow.set(rowId, (row = { key, sums: {} }));
      for (const name in sums) row.sums[name] = (row.sums[name] ?? 0) + sums[name]!;
    }
    return [...byRow.values()].map(({ key, sums }) => ({ Update: rows.addition(key, sums) }));
  }

  /** @returns how many were added; the others had been before */
  async function add(chunk: readonly Addition[], invocation: Invocation): Promise<number> {
    const budget = { left };
    const endsAtS = Math.floor(Date.now() / 1000) + retentionS;
    let open = [...chunk];
    // Each round without a commit drops an addition or spends budget.
    while (open.length > 0) {
      const items = [...open.map(({ id }) => claim(id, endsAtS)), ...sumsByRow(open)];
      const reasons = await transact(items, invocation.nextToken(), invocation, budget);
      if (reasons === undefined) return open.length;
      open = open.filter((_, index) => reasons[index]?.Code !== "ConditionalCheckFailed");
    }
    return 0;
  }

  return async (event: KinesisStreamEvent, context: Context): Promise<BatchOutcome> => {
    const invocation = invocationOf(context);
    const entries = readBatch(event.Records);
    const chunks = chunksOf(entries);
    let added = 0;
    const writes = chunks.map(({ additions }) => async () => {
      added += await add(additions, invocation);
    });
    const unwritten = await writeAll(writes, () => invocation.remainingMs());
    if (unwritten !== undefined) {
      const { sequenceNumber } = chunks[unwritten.index]!;
      return stopAt(sequenceNumber, unwritten.cause, partialResponses, "windows");
    }
    const unclean = entries.filter(({ content }) => typeof content === "string").length;
    log("info", "windows added", { clean: entries.length - unclean, unclean, added });
    return allDone();
  };
}
