import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { isOn } from "./environment";
import { codeOf, failure } from "./failure";
import { logLine } from "./log";
import { createOrderReader, type PlacedLines } from "./order-messages";

/** What one message is worked on with. */
export interface InventoryWork {
  readonly reserve: (order: PlacedLines, record: SQSRecord, context: Context) => Promise<void>;
  /** Called for each message that is done, one after the other. */
  readonly finished?: (record: SQSRecord) => Promise<void>;
}

/**
 * Works through a batch of messages, one after the other. One that fails does not keep the others from being done,
 * unless the queue keeps an order: then what is behind it is not touched.
 *
 * Environment: `REPORT_BATCH_ITEM_FAILURES`, `FIFO`.
 *
 * @returns a handler. It names the messages that failed if the mapping listens, and throws the first failure if not:
 *   then all that the queue still holds come back
 */
export function createInventoryBatch({ finished, reserve }: InventoryWork) {
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const stopsAtFirst = isOn("FIFO");
  const { readPlaced } = createOrderReader();

  /** @throws Error with code `UNDECODABLE_ORDER` */
  function orderIn(body: string): PlacedLines {
    let event: unknown;
    try {
      event = JSON.parse(body);
    } catch {
      throw failure("UNDECODABLE_ORDER", "The message's body is not JSON.");
    }
    return readPlaced((event as { readonly detail?: unknown } | null)?.detail);
  }

  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    let cause: unknown;
    for (const record of event.Records) {
      const { messageId } = record;
      if (stopsAtFirst && failed.length > 0) {
        failed.push(messageId);
        continue;
      }
      try {
        await reserve(orderIn(record.body), record, context);
        await finished?.(record);
      } catch (error) {
        logLine("error", "stock not reserved", { messageId, code: codeOf(error) });
        failed.push(messageId);
        cause ??= error;
      }
    }
    if (cause !== undefined && !partialResponses) throw cause as Error;
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
