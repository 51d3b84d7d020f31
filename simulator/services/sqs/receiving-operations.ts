import type { ReceiveMessageCommandInput } from "@aws-sdk/client-sqs";
import { refuseUnmodelled } from "../request-input";
import { PENDING, type Call, type Operation } from "../service";
import { checkRange } from "./errors";
import { md5OfAttributes, type Message, type MessageAttributes } from "./message";
import type { Queue } from "./queue";
import type { Sqs } from "./service";
import { RANGES } from "./settings";

/** A message as a consumer gets it. */
export interface ReceivedMessage {
  readonly MessageId: string;
  /** New at each receive. */
  readonly ReceiptHandle: string;
  readonly MD5OfBody: string;
  readonly Body: string;
  /** System attributes asked for; all texts. */
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MD5OfMessageAttributes?: string;
  readonly MessageAttributes?: MessageAttributes;
}

const PARAMETERS = [
  "QueueUrl",
  "AttributeNames",
  "MessageSystemAttributeNames",
  "MessageAttributeNames",
  "MaxNumberOfMessages",
  "VisibilityTimeout",
  "WaitTimeSeconds",
];

export function receivingOperations(sqs: Sqs): Record<string, Operation> {
  return {
    ReceiveMessage: {
      permissions: ({ QueueUrl }: ReceiveMessageCommandInput) => [
        { action: "sqs:ReceiveMessage", resource: sqs.arnOfUrl(QueueUrl) },
      ],
      execute: (input: ReceiveMessageCommandInput, call: Call) => receive(sqs, input, call),
    },
  };
}

function receive(sqs: Sqs, input: ReceiveMessageCommandInput, call: Call): object | typeof PENDING {
  refuseUnmodelled("sqs:ReceiveMessage", input, PARAMETERS);
  const queue = sqs.byUrl(input.QueueUrl);
  const max = input.MaxNumberOfMessages ?? 1;
  checkRange(max, "MaxNumberOfMessages", [1, 10]);
  if (input.VisibilityTimeout !== undefined) {
    checkRange(input.VisibilityTimeout, "VisibilityTimeout", RANGES.visibilityTimeout);
  }
  const waitSeconds = input.WaitTimeSeconds ?? queue.settings.receiveMessageWaitTimeSeconds;
  checkRange(waitSeconds, "WaitTimeSeconds", RANGES.receiveMessageWaitTimeSeconds);
  const systemNames = [
    ...(input.AttributeNames ?? []),
    ...(input.MessageSystemAttributeNames ?? []),
  ];
  const answer = (messages: readonly Message[]): object => {
    sqs.meter(
      queue,
      messages.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    if (messages.length === 0) return {};
    const names = input.MessageAttributeNames ?? [];
    return { Messages: messages.map((message) => receivedMessage(message, systemNames, names)) };
  };
  const take = (): Message[] => sqs.receive(queue, max, input.VisibilityTimeout);
  const messages = take();
  if (messages.length > 0 || waitSeconds === 0) return answer(messages);
  waitForMessages(sqs, queue, waitSeconds, take, (received) => call.succeed(answer(received)));
  return PENDING;
}

/** A long poll: over at the first message, or when its time is up. */
function waitForMessages(
  { account: { kernel } }: Sqs,
  queue: Queue,
  seconds: number,
  take: () => Message[],
  done: (messages: readonly Message[]) => void,
): void {
  const timer = kernel.after(seconds * 1000, `sqs ${queue.name}: long poll ends`, () => {
    stop();
    done([]);
  });
  const stop = queue.listen(() => {
    const messages = take();
    if (messages.length === 0) return;
    kernel.cancel(timer);
    stop();
    done(messages);
  });
}

/** A message in flight as its consumer sees it, with the attributes asked for. */
export function receivedMessage(
  message: Message,
  systemNames: readonly string[],
  names: readonly string[],
): ReceivedMessage {
  const attributes = systemAttributes(message, systemNames);
  const messageAttributes = chosenAttributes(message.attributes, names);
  const md5 = md5OfAttributes(messageAttributes);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle ?? "",
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(md5 && { MD5OfMessageAttributes: md5, MessageAttributes: messageAttributes }),
  };
}

function systemAttributes(message: Message, names: readonly string[]): Record<string, string> {
  const all: Record<string, string | undefined> = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    SequenceNumber: message.sequenceNumber,
    MessageDeduplicationId: message.deduplicationId,
    MessageGroupId: message.groupId,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.sourceArn,
  };
  const chosen = Object.entries(all).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (names.includes("All") || names.includes(entry[0])),
  );
  return Object.fromEntries(chosen);
}

/** `All` or `.*`: every attribute; `prefix.*`: those that begin with it. */
function chosenAttributes(
  attributes: MessageAttributes,
  names: readonly string[],
): MessageAttributes {
  const chosen = (attribute: string): boolean =>
    names.some(
      (name) =>
        name === "All" ||
        name === attribute ||
        (name.endsWith(".*") && attribute.startsWith(name.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => chosen(name)));
}
