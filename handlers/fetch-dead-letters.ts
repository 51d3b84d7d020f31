import { KinesisClient } from "@aws-sdk/client-kinesis";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { connectSqs } from "./connect-sqs";
import { createDeliverDeadLetter } from "./deliver-dead-letter";
import { codeOf } from "./failure";
import { createFetchRecords } from "./fetch-records";
import { createLogLine } from "./log";
import { createDeadLetterReader } from "./stream-dead-letter";

/**
 * Resolves the mapping's dead letters in queues, which say only where their records are: fetches them from the stream,
 * before it forgets them, and delivers them whole. A dead letter is done with when its records are in their queues; an
 * invocation that ends before that does it again, so that messages may come twice.
 *
 * Environment: as `createDeliverDeadLetter`.
 */
export function createFetchDeadLettersHandler(
  connectStreams: () => KinesisClient = connectKinesis,
  connectQueues: () => SQSClient = connectSqs,
) {
  const fetchRecords = createFetchRecords(connectStreams());
  const deliver = createDeliverDeadLetter(connectQueues());
  const { read } = createDeadLetterReader();
  const log = createLogLine();

  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    for (const { body, messageId } of Records) {
      try {
        const letter = read(body);
        await deliver(letter, await fetchRecords(letter.KinesisBatchInfo));
      } catch (error) {
        log("error", "dead letter not resolved", { messageId, code: codeOf(error) });
        failed.push(messageId);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function connectKinesis(): KinesisClient {
  return new KinesisClient({ maxAttempts: 3 });
}
