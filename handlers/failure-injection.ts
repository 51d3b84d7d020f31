import { GetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { failure, type Failure } from "./failure";

/** How long a sandbox goes on with a percentage that it has read. */
const CACHED_MS = 5_000;

export interface FailureInjection {
  /** Whether this invocation is to fail. Drawn once per invocation. */
  planned(): Promise<boolean>;
}

/**
 * Fails a share of a function's invocations on purpose, for experiments on deployed stacks. The share is item
 * `{ id: stage, failurePercent: 0–100 }` of the parameter table, read while running, so that it can be changed
 * without a deployment. No item: no failures. No parameter table: nothing is read.
 */
export function createFailureInjection(client: DynamoDBClient, stage: string): FailureInjection {
  const table = process.env["PARAMETER_TABLE_NAME"];
  let percent = 0;
  let readAtMs = -Infinity;

  return {
    planned: async () => {
      if (table === undefined) return false;
      if (Date.now() - readAtMs >= CACHED_MS) {
        const { Item } = await client.send(
          new GetItemCommand({ TableName: table, Key: { id: { S: stage } } }),
        );
        percent = Number(Item?.["failurePercent"]?.N ?? 0);
        readAtMs = Date.now();
      }
      return Math.random() * 100 < percent;
    },
  };
}

export function injectedFailure(stage: string): Failure {
  return failure("INJECTED_FAILURE", `This invocation of ${stage} was chosen to fail.`);
}
