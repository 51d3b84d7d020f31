import { createHash } from "node:crypto";
import {
  TransactWriteItemsCommand,
  type CancellationReason,
  type DynamoDBClient,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import { failure } from "./failure";

/** DynamoDB's limit on the actions of one transaction. */
export const TRANSACTION_LIMIT = 100;

const CONTENTION = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
const CONTENTION_RETRIES = 5;
const CONTENTION_DELAY_MS = 50;
/** Time kept back for the answer: a retry that would end in a timeout only makes a zombie. */
const RESERVED_MS = 500;

/** The one invocation that transactions are sent from: its clock, and its tokens. */
export interface Invocation {
  remainingMs(): number;
  /** A new client request token, of 36 characters. */
  nextToken(): string;
}

/** Retries left for contention. One per chunk, shared by all requests that the chunk takes. */
export interface ContentionBudget {
  left: number;
}

export function contentionBudget(): ContentionBudget {
  return { left: CONTENTION_RETRIES };
}

/**
 * Tokens are explicit, or the SDK draws random ones. They only make the SDK's own resends of one request
 * harmless: what is exact here never rests on their ten minutes.
 */
export function invocationOf(context: {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}): Invocation {
  let requests = 0;
  return {
    remainingMs: () => context.getRemainingTimeInMillis(),
    nextToken: () => tokenOf(`${context.awsRequestId}/${requests++}`),
  };
}

/** 36 characters, the longest token that DynamoDB takes. */
export function tokenOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 36);
}

/** As {@link createTransact}, for callers to whom making the function anew each time is no matter. */
export function transact(
  client: DynamoDBClient,
  ...request: Parameters<Transact>
): ReturnType<Transact> {
  return createTransact(client)(...request);
}

/**
 * Sends one transaction. Contention, which the SDK does not retry, is retried here with full jitter; all other
 * faults belong to the SDK's retries and then to the event source mapping.
 *
 * @returns undefined once committed, else the reasons, in the order of the items: at least one of them is
 *   ConditionalCheckFailed
 * @throws Error with code `CONTENTION` (retries used up), or `ITEM_REJECTED` with the item's `itemIndex`
 */
export type Transact = (
  items: TransactWriteItem[],
  token: string,
  invocation: Invocation,
  budget: ContentionBudget,
) => Promise<CancellationReason[] | undefined>;

/** Makes {@link Transact} once: a serialized function of ours at module level is made anew at each call. */
export function createTransact(client: DynamoDBClient): Transact {
  const Command = TransactWriteItemsCommand;
  const contentionCodes = CONTENTION;

  const isContention = ({ Code }: CancellationReason): boolean =>
    contentionCodes.includes(Code ?? "");
  const isRefusal = ({ Code }: CancellationReason): boolean => Code === "ConditionalCheckFailed";

  async function pause(invocation: Invocation, budget: ContentionBudget): Promise<void> {
    const delayMs = Math.random() * CONTENTION_DELAY_MS * 2 ** (CONTENTION_RETRIES - budget.left);
    if (budget.left === 0 || invocation.remainingMs() < delayMs + RESERVED_MS) {
      throw failure(
        "CONTENTION",
        `Other transactions still hold the items after ${CONTENTION_RETRIES - budget.left} retries.`,
      );
    }
    budget.left -= 1;
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(delayMs)));
  }

  return async (items, token, invocation, budget) => {
    // The budget bounds this loop.
    for (;;) {
      let reasons: CancellationReason[];
      try {
        await client.send(new Command({ TransactItems: items, ClientRequestToken: token }));
        return undefined;
      } catch (error) {
        reasons = cancellationReasonsOf(error);
      }
      const conditionFailed = reasons.some(isRefusal);
      if (!reasons.some(isContention)) {
        const itemIndex = reasons.findIndex(
          (reason) => reason.Code !== undefined && reason.Code !== "None" && !isRefusal(reason),
        );
        if (itemIndex < 0 && conditionFailed) return reasons;
        throw failure("ITEM_REJECTED", "DynamoDB refused an item of a transaction.", { itemIndex });
      }
      await pause(invocation, budget);
      if (conditionFailed) return reasons; // Sending the same request again would fail the same way.
    }
  };
}

/** The reasons of a cancelled transaction; any other error is thrown on. */
function cancellationReasonsOf(error: unknown): CancellationReason[] {
  const { name, CancellationReasons } = error as {
    name?: string;
    CancellationReasons?: CancellationReason[];
  };
  if (name !== "TransactionCanceledException" || CancellationReasons === undefined) throw error;
  return CancellationReasons;
}
