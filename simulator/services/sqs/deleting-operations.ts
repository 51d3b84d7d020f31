import type {
  ChangeMessageVisibilityBatchCommandInput,
  ChangeMessageVisibilityCommandInput,
  DeleteMessageBatchCommandInput,
  DeleteMessageCommandInput,
} from "@aws-sdk/client-sqs";
import { ServiceError } from "../errors";
import type { Operation } from "../service";
import { checkBatch, runBatch } from "./batch";
import { checkRange, invalidValue, missingParameter } from "./errors";
import type { Queue } from "./queue";
import type { Sqs } from "./service";
import { RANGES } from "./settings";

/** A message can stay invisible this long after it was received. */
const TOTAL_VISIBILITY_MAX_MS = 43_200_000;

interface VisibilityEntry {
  readonly ReceiptHandle: string | undefined;
  readonly VisibilityTimeout?: number;
}

export function deletingOperations(sqs: Sqs): Record<string, Operation> {
  const needing =
    (action: string) =>
    ({ QueueUrl }: { QueueUrl: string | undefined }) => [
      { action, resource: sqs.arnOfUrl(QueueUrl) },
    ];
  const found = (QueueUrl: string | undefined): Queue => {
    const queue = sqs.byUrl(QueueUrl);
    sqs.meter(queue, 0);
    return queue;
  };
  return {
    DeleteMessage: {
      permissions: needing("sqs:DeleteMessage"),
      execute: ({ QueueUrl, ReceiptHandle }: DeleteMessageCommandInput) =>
        deleteMessage(sqs, found(QueueUrl), ReceiptHandle),
    },
    DeleteMessageBatch: {
      permissions: needing("sqs:DeleteMessage"),
      execute: ({ Entries, QueueUrl }: DeleteMessageBatchCommandInput) => {
        checkBatch(Entries, "DeleteMessageBatchRequestEntry");
        const queue = found(QueueUrl);
        return runBatch(Entries ?? [], (entry) => deleteMessage(sqs, queue, entry.ReceiptHandle));
      },
    },
    ChangeMessageVisibility: {
      permissions: needing("sqs:ChangeMessageVisibility"),
      execute: (input: ChangeMessageVisibilityCommandInput) =>
        changeVisibility(sqs, found(input.QueueUrl), input),
    },
    ChangeMessageVisibilityBatch: {
      permissions: needing("sqs:ChangeMessageVisibility"),
      execute: ({ Entries, QueueUrl }: ChangeMessageVisibilityBatchCommandInput) => {
        checkBatch(Entries, "ChangeMessageVisibilityBatchRequestEntry");
        const queue = found(QueueUrl);
        return runBatch(Entries ?? [], (entry) => changeVisibility(sqs, queue, entry));
      },
    },
  };
}

/** An outdated receipt handle deletes nothing, and the request succeeds all the same. */
function deleteMessage(sqs: Sqs, queue: Queue, receiptHandle: string | undefined): object {
  const message = sqs.inFlight(queue, receiptHandle);
  if (!message) return {};
  if (queue.settings.fifo && message.state !== "in-flight") {
    throw invalidValue(receiptHandle, "ReceiptHandle", "The receipt handle has expired.");
  }
  queue.remove(message);
  return {};
}

function changeVisibility(sqs: Sqs, queue: Queue, entry: VisibilityEntry): object {
  const { ReceiptHandle, VisibilityTimeout } = entry;
  if (VisibilityTimeout === undefined) throw missingParameter("VisibilityTimeout");
  checkRange(VisibilityTimeout, "VisibilityTimeout", RANGES.visibilityTimeout);
  const message = sqs.inFlight(queue, ReceiptHandle);
  if (!message) {
    throw invalidValue(
      ReceiptHandle,
      "ReceiptHandle",
      "Message does not exist or is not available for visibility timeout change.",
    );
  }
  if (message.state !== "in-flight") {
    throw new ServiceError("MessageNotInflight", "The specified message isn't in flight.");
  }
  const visibleAtMs = sqs.account.kernel.now + VisibilityTimeout * 1000;
  if (visibleAtMs - (message.lastReceivedAtMs ?? 0) > TOTAL_VISIBILITY_MAX_MS) {
    throw invalidValue(
      VisibilityTimeout,
      "VisibilityTimeout",
      "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
    );
  }
  queue.postpone(message, visibleAtMs);
  return {};
}
