import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { createAttemptOf } from "./attempt";
import { contentionBudget, createTransact } from "./transact";

/**
 * Commits an effect together with its marker. Resolves to false if the marker was there: the effect was had before, and
 * is not had again.
 *
 * @throws as `Transact`
 */
export type CommitEffect = (
  effect: readonly TransactWriteItem[],
  marker: readonly TransactWriteItem[],
  context: { getRemainingTimeInMillis(): number },
) => Promise<boolean>;

export function createCommitEffect(client: DynamoDBClient): CommitEffect {
  const transact = createTransact(client);
  const attemptOf = createAttemptOf();
  const { left } = contentionBudget();

  return async (effect, marker, context) => {
    const items = [...effect, ...marker];
    const attempt = attemptOf(context);
    const budget = { left };
    // The budget bounds this loop: reasons without a refused marker are contention.
    for (;;) {
      const reasons = await transact(items, attempt.nextToken(), attempt, budget);
      if (reasons === undefined) return true;
      if (reasons.some(({ Code }) => Code === "ConditionalCheckFailed")) return false;
    }
  };
}
