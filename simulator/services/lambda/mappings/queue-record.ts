import type { MessageAttributes, ReceivedMessage } from "../../sqs/service";
import { base64Of } from "../../base64";

/** A message attribute, as functions get it. */
interface RecordAttribute {
  readonly stringValue?: string;
  /** Base64. */
  readonly binaryValue?: string;
  readonly stringListValues: readonly string[];
  readonly binaryListValues: readonly string[];
  readonly dataType: string;
}

/** A message in the event of a function. Source: recorded from AWS; "Using Lambda with Amazon SQS". */
export interface QueueRecord {
  readonly messageId: string;
  /** New at each receive. */
  readonly receiptHandle: string;
  readonly body: string;
  /** All texts, the numbers among them too. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, RecordAttribute>>;
  readonly md5OfBody: string;
  /** Absent without message attributes. */
  readonly md5OfMessageAttributes?: string;
  readonly eventSource: "aws:sqs";
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

export function toQueueRecord(
  message: ReceivedMessage,
  { arn, region }: { readonly arn: string; readonly region: string },
): QueueRecord {
  const { MD5OfMessageAttributes: md5OfMessageAttributes } = message;
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: { ...message.Attributes },
    messageAttributes: toRecordAttributes(message.MessageAttributes ?? {}),
    md5OfBody: message.MD5OfBody,
    ...(md5OfMessageAttributes && { md5OfMessageAttributes }),
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: region,
  };
}

function toRecordAttributes(attributes: MessageAttributes): Record<string, RecordAttribute> {
  const entries = Object.entries(attributes).map(
    ([name, { BinaryValue, DataType, StringValue }]) => {
      const value =
        BinaryValue === undefined
          ? { stringValue: StringValue }
          : { binaryValue: base64Of(BinaryValue) };
      return [
        name,
        { ...value, stringListValues: [], binaryListValues: [], dataType: DataType },
      ] as const;
    },
  );
  return Object.fromEntries(entries);
}
