import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { textFrom } from "./environment";
import { logLine } from "./log";

/** What Lambda tells a destination of an asynchronous invocation. */
export interface InvocationRecord {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly requestPayload?: { readonly detail?: { readonly orderId?: unknown } };
}

/**
 * A destination of ProcessOrder that is a function: says how an order ended, and keeps the record of a failure, with
 * the event in it, in a queue.
 *
 * Environment: `FAILURE_QUEUE_URL`.
 */
export function createKeepOutcomeHandler(connect = connectSqs) {
  const client = connect();
  const QueueUrl = textFrom("FAILURE_QUEUE_URL");

  return async (record: InvocationRecord): Promise<void> => {
    const { approximateInvokeCount: attempts, condition } = record.requestContext;
    const orderId = String(record.requestPayload?.detail?.orderId);
    const succeeded = condition === "Success";
    if (!succeeded) {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(record) }));
    }
    logLine(succeeded ? "info" : "error", "order ended", { orderId, condition, attempts });
  };
}

function connectSqs(): SQSClient {
  return new SQSClient({ maxAttempts: 3 });
}
