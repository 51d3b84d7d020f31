import { ServiceError } from "../errors";

const ENTRIES_MAX = 10;

interface BatchEntry {
  readonly Id: string | undefined;
}

interface FailedEntry {
  readonly Id: string;
  readonly SenderFault: boolean;
  readonly Code: string;
  readonly Message: string;
}

/**
 * The checks that all batch requests share.
 *
 * @throws EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId, BatchEntryIdsNotDistinct
 */
export function checkBatch(entries: readonly BatchEntry[] | undefined, prefix: string): void {
  if (!entries || entries.length === 0) {
    throw new ServiceError(
      "EmptyBatchRequest",
      `There should be at least one ${prefix} in the request.`,
    );
  }
  if (entries.length > ENTRIES_MAX) {
    throw new ServiceError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${ENTRIES_MAX}. You have sent ${entries.length}.`,
    );
  }
  const seen = new Set<string>();
  for (const { Id } of entries) {
    if (!Id || !/^[\w-]{1,80}$/.test(Id)) {
      throw new ServiceError(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. " +
          "It can be at most 80 letters long.",
      );
    }
    if (seen.has(Id)) throw new ServiceError("BatchEntryIdsNotDistinct", `Id ${Id} repeated.`);
    seen.add(Id);
  }
}

/** Runs each entry on its own: one that is refused does not keep the others from taking effect. */
export function runBatch<Entry extends BatchEntry>(
  entries: readonly Entry[],
  run: (entry: Entry) => object,
): { Successful: object[]; Failed: FailedEntry[] } {
  const Successful: object[] = [];
  const Failed: FailedEntry[] = [];
  for (const entry of entries) {
    const Id = entry.Id ?? "";
    try {
      Successful.push({ Id, ...run(entry) });
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      const { code, message, statusCode } = cause;
      Failed.push({ Id, SenderFault: statusCode < 500, Code: code, Message: message });
    }
  }
  return { Successful, Failed };
}
