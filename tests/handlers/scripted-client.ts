import type {
  CancellationReason,
  DynamoDBClient,
  TransactWriteItemsInput,
} from "@aws-sdk/client-dynamodb";

/** What DynamoDB answers a transaction: it commits, is cancelled for these reasons, or fails in another way. */
export type Answer = "committed" | CancellationReason[] | Error;

/**
 * A client that answers transactions from a list, then commits all others. It shows what is sent and how
 * answers are taken, not what DynamoDB would answer.
 */
export function scriptedClient(answers: readonly Answer[]): {
  client: DynamoDBClient;
  sent: TransactWriteItemsInput[];
} {
  const sent: TransactWriteItemsInput[] = [];
  const left = [...answers];
  const send = async ({ input }: { input: TransactWriteItemsInput }): Promise<object> => {
    sent.push(input);
    const answer = left.shift() ?? "committed";
    if (answer === "committed") return {};
    if (answer instanceof Error) throw answer;
    throw Object.assign(new Error("Transaction cancelled"), {
      name: "TransactionCanceledException",
      CancellationReasons: answer,
    });
  };
  return { client: { send } as unknown as DynamoDBClient, sent };
}

/** An invocation with time left, whose tokens are `token-0`, `token-1`, … */
export function invocationWith(remainingMs: number): {
  remainingMs: () => number;
  nextToken: () => string;
} {
  let tokens = 0;
  return { remainingMs: () => remainingMs, nextToken: () => `token-${tokens++}` };
}
