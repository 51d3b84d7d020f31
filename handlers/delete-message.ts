import { DeleteMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { textFrom } from "./environment";

/**
 * Deletes messages from the function's own queue: how a batch kept what it had done before there were partial
 * responses. Environment: `QUEUE_URL`.
 */
export function createDeleteMessage(connect = connectSqs): (record: SQSRecord) => Promise<void> {
  const client = connect();
  const QueueUrl = textFrom("QUEUE_URL");
  return async ({ receiptHandle }) => {
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }));
  };
}

function connectSqs(): SQSClient {
  return new SQSClient({ maxAttempts: 3 });
}
