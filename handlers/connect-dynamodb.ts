import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** Every handler's client. The SDK's own retries cover throttling and lost answers, and nothing else does. */
export function connectDynamoDb(): DynamoDBClient {
  return new DynamoDBClient({ maxAttempts: 3 });
}
