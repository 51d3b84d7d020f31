import { SQSClient } from "@aws-sdk/client-sqs";

/** The SDK's own retries cover throttling and lost answers, and nothing else does. */
export function connectSqs(): SQSClient {
  return new SQSClient({ maxAttempts: 3 });
}
