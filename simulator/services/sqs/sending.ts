import { ServiceError } from "../errors";
import { checkRange, invalidValue, missingParameter, notForThisQueueType } from "./errors";
import { sha256, type MessageAttributes } from "./message";
import { RANGES, type QueueSettings } from "./settings";

/** A message to be sent. */
export interface Sending {
  readonly body: string;
  readonly attributes?: MessageAttributes;
  readonly traceHeader?: string;
  readonly delaySeconds?: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly senderId: string;
}

const GROUP_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/**
 * What FIFO queues want of a message.
 *
 * @returns the deduplication id
 * @throws MissingParameter, InvalidParameterValue
 */
export function checkFifo(settings: Readonly<QueueSettings>, sending: Sending): string {
  if (!sending.groupId) throw missingParameter("MessageGroupId");
  checkGroupId(sending.groupId);
  if (sending.delaySeconds) throw notForThisQueueType(sending.delaySeconds, "DelaySeconds");
  if (sending.deduplicationId) return sending.deduplicationId;
  if (settings.contentBasedDeduplication) return sha256(sending.body);
  throw new ServiceError(
    "InvalidParameterValue",
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId " +
      "provided explicitly",
  );
}

/** @throws InvalidParameterValue */
export function checkStandard({ deduplicationId, delaySeconds, groupId }: Sending): void {
  if (deduplicationId) throw notForThisQueueType(deduplicationId, "MessageDeduplicationId");
  if (groupId) checkGroupId(groupId);
  if (delaySeconds !== undefined) checkRange(delaySeconds, "DelaySeconds", RANGES.delaySeconds);
}

/** What makes two sends the same one. */
export function deduplicationKey(
  settings: Readonly<QueueSettings>,
  groupId: string | undefined,
  deduplicationId: string | undefined,
): string {
  const scope = settings.deduplicationScope === "messageGroup" ? groupId : "";
  return `${scope}\n${deduplicationId}`;
}

function checkGroupId(groupId: string): void {
  if (GROUP_ID.test(groupId)) return;
  const reason =
    "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
  throw invalidValue(groupId, "MessageGroupId", reason);
}
