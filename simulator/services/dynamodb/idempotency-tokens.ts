import { isDeepStrictEqual } from "node:util";
import type { TransactWriteItemsCommandInput } from "@aws-sdk/client-dynamodb";
import type { Kernel } from "../../kernel/kernel";
import { ServiceError } from "../errors";
import { base64Of } from "../base64";

/** How long a token is remembered, from the first completion. */
const REMEMBERED_MS = 600_000;

interface Remembered {
  /** The request, for comparison: nobody changes it any more. */
  readonly input: TransactWriteItemsCommandInput;
  /** In flight: the instant by which it must have taken effect. Completed: until when it counts. */
  untilMs: number;
  completed: boolean;
}

/** The client request tokens of TransactWriteItems. */
export class IdempotencyTokens {
  readonly #kernel: Kernel;
  /** In the order of completion, those in flight anywhere. */
  readonly #tokens = new Map<string, Remembered>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Takes a request in that should have taken effect at `effectMs`.
   *
   * @returns whether it has been completed before, so that it must have no effect again
   * @throws IdempotentParameterMismatchException, TransactionInProgressException
   */
  begin(input: TransactWriteItemsCommandInput, effectMs: number): boolean {
    const token = input.ClientRequestToken;
    if (token === undefined) return false;
    this.#forgetOld();
    const known = this.#tokens.get(token);
    if (!known || this.#kernel.now > known.untilMs) {
      this.#tokens.set(token, { input, untilMs: effectMs, completed: false });
      return false;
    }
    if (!isDeepStrictEqual(comparable(known.input), comparable(input))) {
      throw new ServiceError(
        "IdempotentParameterMismatchException",
        "DynamoDB rejected the request because you retried a request with a different payload but " +
          "with an idempotent token that was already used.",
      );
    }
    if (known.completed) return true;
    throw new ServiceError(
      "TransactionInProgressException",
      "The transaction with the given request token is already in progress.",
    );
  }

  complete(input: TransactWriteItemsCommandInput): void {
    const token = input.ClientRequestToken;
    if (token === undefined) return;
    this.#tokens.delete(token);
    const untilMs = this.#kernel.now + REMEMBERED_MS;
    this.#tokens.set(token, { input, untilMs, completed: true });
  }

  /** A cancelled transaction leaves its token free. */
  forget(input: TransactWriteItemsCommandInput): void {
    if (input.ClientRequestToken !== undefined) this.#tokens.delete(input.ClientRequestToken);
  }

  #forgetOld(): void {
    for (const [token, { untilMs }] of this.#tokens) {
      if (untilMs >= this.#kernel.now) return;
      this.#tokens.delete(token);
    }
  }
}

/** The parameters without those left undefined, which the request on the wire does not have. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (value instanceof Uint8Array) return base64Of(value);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.map(([name, member]) => [name, comparable(member)]));
}
