/** An error with a code, which logs and tests go by. */
export interface Failure extends Error {
  readonly code: string;
  /** The entity whose write was refused, where one is known. */
  readonly entityId?: string;
  /** The position, in a transaction, of the item that was refused. */
  readonly itemIndex?: number;
}

/**
 * Makes an error with a code. A function, because a class of ours at module level does not survive Pulumi's
 * serialization of the handler: its message and `instanceof` are lost.
 */
export function failure(
  code: string,
  message: string,
  details: Pick<Failure, "entityId" | "itemIndex"> = {},
): Failure {
  return Object.assign(new Error(message), { code, ...details });
}

/** What a log line may say about an error: our code, or the SDK's error name. Messages can quote payloads. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "unknown";
}
