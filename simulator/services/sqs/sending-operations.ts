import type { SendMessageBatchCommandInput, SendMessageCommandInput } from "@aws-sdk/client-sqs";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Call, Operation } from "../service";
import { checkBatch, runBatch } from "./batch";
import { md5, md5OfAttributes, sizeOf, type MessageAttributes } from "./message";
import type { Queue } from "./queue";
import type { Sqs } from "./service";

type Entry = Omit<SendMessageCommandInput, "QueueUrl">;

const ENTRY_PARAMETERS = [
  "MessageBody",
  "DelaySeconds",
  "MessageAttributes",
  "MessageSystemAttributes",
  "MessageDeduplicationId",
  "MessageGroupId",
];

/** Of all entries together. Source: SendMessageBatch. */
const BATCH_BYTES_MAX = 1_048_576;

export function sendingOperations(sqs: Sqs): Record<string, Operation> {
  const permissions = ({ QueueUrl }: { QueueUrl: string | undefined }) => [
    { action: "sqs:SendMessage", resource: sqs.arnOfUrl(QueueUrl) },
  ];
  return {
    SendMessage: {
      permissions,
      execute: (input: SendMessageCommandInput, call: Call) => {
        refuseUnmodelled("sqs:SendMessage", input, ["QueueUrl", ...ENTRY_PARAMETERS]);
        const queue = sqs.byUrl(input.QueueUrl);
        sqs.meter(queue, bytesOf(input));
        return send(sqs, queue, input, call);
      },
    },
    SendMessageBatch: {
      permissions,
      execute: (input: SendMessageBatchCommandInput, call: Call) => {
        const queue = sqs.byUrl(input.QueueUrl);
        const entries = input.Entries ?? [];
        checkBatch(entries, "SendMessageBatchRequestEntry");
        for (const entry of entries) {
          refuseUnmodelled("sqs:SendMessageBatch", entry, ["Id", ...ENTRY_PARAMETERS]);
        }
        const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
        if (bytes > BATCH_BYTES_MAX) {
          throw new ServiceError(
            "BatchRequestTooLong",
            `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`,
          );
        }
        sqs.meter(queue, bytes);
        return runBatch(entries, (entry) => send(sqs, queue, entry, call));
      },
    },
  };
}

function send(sqs: Sqs, queue: Queue, entry: Entry, call: Call): object {
  const attributes = (entry.MessageAttributes ?? {}) as MessageAttributes;
  const systemAttributes = (entry.MessageSystemAttributes ?? {}) as MessageAttributes;
  const { messageId, sequenceNumber } = sqs.send(queue, {
    body: entry.MessageBody ?? "",
    attributes,
    traceHeader: systemAttributes["AWSTraceHeader"]?.StringValue,
    delaySeconds: entry.DelaySeconds,
    groupId: entry.MessageGroupId,
    deduplicationId: entry.MessageDeduplicationId,
    senderId: sqs.senderId(call.caller),
  });
  return withoutUndefined({
    MessageId: messageId,
    MD5OfMessageBody: md5(entry.MessageBody ?? ""),
    MD5OfMessageAttributes: md5OfAttributes(attributes),
    MD5OfMessageSystemAttributes: md5OfAttributes(systemAttributes),
    SequenceNumber: sequenceNumber,
  });
}

function bytesOf({ MessageAttributes, MessageBody }: Entry): number {
  return sizeOf(MessageBody ?? "", (MessageAttributes ?? {}) as MessageAttributes);
}

function withoutUndefined(output: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined));
}
