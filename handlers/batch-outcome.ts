import { codeOf } from "./failure";
import { logLine } from "./log";

/** What a stream's event source mapping reads from a handler's answer when partial responses are on. */
export interface BatchOutcome {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Ends an invocation at its first failed record: names that record if the mapping listens, fails the whole
 * batch if not. Nothing after the record may have been touched, for all of it comes back.
 *
 * @throws the cause, when partial responses are off or the record has no sequence number
 */
export function stopAt(
  sequenceNumber: string | undefined,
  cause: unknown,
  partialResponses: boolean,
  stage: string,
): BatchOutcome {
  logLine("error", `${stage} stopped`, { sequenceNumber, code: codeOf(cause), partialResponses });
  if (!partialResponses || sequenceNumber === undefined) throw cause;
  return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
}

/** The answer that says that every record is done. */
export function allDone(): BatchOutcome {
  return { batchItemFailures: [] };
}
