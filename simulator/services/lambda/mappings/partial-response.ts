/** What a stream function's return value says when ReportBatchItemFailures is on. */
export type PartialResponse =
  | { readonly kind: "success" }
  /** The record at `index` of the batch failed; those before it are done. */
  | { readonly kind: "checkpoint"; readonly index: number }
  /** Not a valid partial response: the whole batch failed. */
  | { readonly kind: "malformed"; readonly reason: string };

/**
 * Reads a response. A single identifier that is empty, null, unknown or misspelt fails the whole batch:
 * dropping it would lose its record.
 *
 * @param response parsed JSON; `undefined` if the function returned nothing
 * @param sequenceNumbers of the batch, ascending
 */
export function readPartialResponse(
  response: unknown,
  sequenceNumbers: readonly string[],
): PartialResponse {
  if (response === undefined || response === null || response === "") return { kind: "success" };
  if (Array.isArray(response) && response.length === 0) return { kind: "success" };
  if (typeof response !== "object" || Array.isArray(response)) {
    return malformed(`the response is ${JSON.stringify(response)}`);
  }
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return { kind: "success" };
  if (!Array.isArray(failures)) return malformed("batchItemFailures is not a list");
  // Ascending numbers: the lowest one is the one that comes first.
  const positions = new Map(sequenceNumbers.map((number, index) => [number, index]));
  let lowest = sequenceNumbers.length;
  for (const failure of failures as readonly unknown[]) {
    const identifier = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    const index = typeof identifier === "string" ? positions.get(identifier) : undefined;
    if (index === undefined) {
      return malformed(`itemIdentifier ${JSON.stringify(identifier)} is not in the batch`);
    }
    lowest = Math.min(lowest, index);
  }
  if (lowest === sequenceNumbers.length) return { kind: "success" };
  return { kind: "checkpoint", index: lowest };
}

const malformed = (reason: string): PartialResponse => ({ kind: "malformed", reason });
