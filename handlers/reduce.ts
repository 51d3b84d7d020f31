import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import { applyRows, applyTarget, chunksOfRows, drawLane } from "./apply-rows";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { isOn } from "./environment";
import { createFailureInjection, injectedFailure } from "./failure-injection";
import { logLine } from "./log";
import { decodeRow, type OutboxRow } from "./outbox";
import { invocationOf } from "./transact";

/**
 * Reduce: adds new outbox rows to the aggregates, each once.
 *
 * Environment: `OUTBOX_TABLE_NAME`, `AGGREGATE_TABLE_NAME`, `AGGREGATE_LANES`, `OUTBOX_RETENTION_SECONDS`,
 * `REPORT_BATCH_ITEM_FAILURES`, [`PARAMETER_TABLE_NAME`].
 */
export function createReduceHandler(connect: () => DynamoDBClient = connectDynamoDb) {
  const client = connect();
  const target = applyTarget();
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const injection = createFailureInjection(client, "reduce");

  return async (event: DynamoDBStreamEvent, context: Context): Promise<BatchOutcome> => {
    const failAfterCommit = await injection.planned();
    const invocation = invocationOf(context);
    const lane = drawLane(target.lanes);
    const { rows, sequenceNumbers, bad } = decodeInserts(event);
    let applied = 0;
    for (const chunk of chunksOfRows(rows)) {
      try {
        applied += await applyRows(client, target, chunk, lane, invocation);
      } catch (cause) {
        const first = chunk[0]?.id ?? "";
        return stopAt(sequenceNumbers.get(first), cause, partialResponses, "reduce");
      }
    }
    if (bad !== undefined) return stopAt(bad.sequenceNumber, bad.cause, partialResponses, "reduce");
    if (failAfterCommit) throw injectedFailure("reduce");
    // A claim is a change of the row too, and comes by here: only inserts are worth a line.
    if (rows.length > 0) logLine("info", "reduce done", { rows: rows.length, applied });
    return allDone();
  };
}

interface DecodedInserts {
  readonly rows: OutboxRow[];
  /** By row id: what to report if the chunk that the row begins fails. */
  readonly sequenceNumbers: Map<string, string | undefined>;
  /** The first undecodable insert; nothing after it is in `rows`. */
  readonly bad?: { readonly sequenceNumber: string | undefined; readonly cause: unknown };
}

/** Only inserts count: a claim modifies its row, and the time to live removes it. */
function decodeInserts(event: DynamoDBStreamEvent): DecodedInserts {
  const rows: OutboxRow[] = [];
  const sequenceNumbers = new Map<string, string | undefined>();
  for (const { eventName, dynamodb } of event.Records) {
    if (eventName !== "INSERT") continue;
    const sequenceNumber = dynamodb?.SequenceNumber;
    try {
      const row = decodeRow(dynamodb?.NewImage as Record<string, AttributeValue> | undefined);
      rows.push(row);
      if (!sequenceNumbers.has(row.id)) sequenceNumbers.set(row.id, sequenceNumber);
    } catch (cause) {
      return { rows, sequenceNumbers, bad: { sequenceNumber, cause } };
    }
  }
  return { rows, sequenceNumbers };
}
