/** Which records of its batch a function reports as failed, when ReportBatchItemFailures is on. */
export type ReportedFailures =
  | { readonly kind: "success" }
  /** Indexes into the batch, at least one. */
  | { readonly kind: "failures"; readonly indexes: ReadonlySet<number> }
  /** Not a valid partial response: the whole batch failed. */
  | { readonly kind: "malformed"; readonly reason: string };

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
 * @param identifiers of the batch: sequence numbers, or message ids
 */
export function readReportedFailures(
  response: unknown,
  identifiers: readonly string[],
): ReportedFailures {
  if (response === undefined || response === null || response === "") return { kind: "success" };
  if (Array.isArray(response) && response.length === 0) return { kind: "success" };
  if (typeof response !== "object" || Array.isArray(response)) {
    return malformed(`the response is ${JSON.stringify(response)}`);
  }
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return { kind: "success" };
  if (!Array.isArray(failures)) return malformed("batchItemFailures is not a list");
  const positions = new Map(identifiers.map((identifier, index) => [identifier, index]));
  const indexes = new Set<number>();
  for (const failure of failures as readonly unknown[]) {
    const identifier = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    const index = typeof identifier === "string" ? positions.get(identifier) : undefined;
    if (index === undefined) {
      return malformed(`itemIdentifier ${JSON.stringify(identifier)} is not in the batch`);
    }
    indexes.add(index);
  }
  return indexes.size === 0 ? { kind: "success" } : { kind: "failures", indexes };
}

/**
 * Reads a stream function's response: the first reported record is where the stream goes on.
 *
 * @param sequenceNumbers of the batch, ascending
 */
export function readPartialResponse(
  response: unknown,
  sequenceNumbers: readonly string[],
): PartialResponse {
  const reported = readReportedFailures(response, sequenceNumbers);
  if (reported.kind !== "failures") return reported;
  // Ascending numbers: the lowest one is the one that comes first.
  return { kind: "checkpoint", index: Math.min(...reported.indexes) };
}

const malformed = (reason: string) => ({ kind: "malformed", reason }) as const;
