import { base64Of } from "../base64";
import type { MessageAttributes } from "../sqs/service";
import type { Subscription } from "./subscription";

/** What is published, once for all subscriptions. */
export interface Notification {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject?: string;
  /** Per protocol, with `default` for the others. */
  readonly messages: Readonly<Record<string, string>>;
  readonly attributes: MessageAttributes;
  /** Virtual milliseconds since the epoch. */
  readonly publishedAtMs: number;
}

/** Nothing here is signed: these stand where a signature, a certificate and a link would. */
const SIGNATURE = "simulated";

const certificate = (region: string): string =>
  `https://sns.${region}.amazonaws.com/SimpleNotificationService-simulated.pem`;

const unsubscribe = (region: string, subscriptionArn: string): string =>
  `https://sns.${region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;

const attributesOf = (attributes: MessageAttributes): object =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { BinaryValue, DataType, StringValue }]) => {
      const value = StringValue ?? base64Of(BinaryValue ?? new Uint8Array());
      return [name, { Type: DataType, Value: value }];
    }),
  );

/** What subscribers of a protocol are sent. */
export const messageFor = (notification: Notification, protocol: string): string =>
  notification.messages[protocol] ?? notification.messages["default"] ?? "";

/** The body of a queue's message: SNS's JSON around what was published, or that alone. */
export function bodyForQueue(
  notification: Notification,
  { arn, protocol, rawMessageDelivery }: Subscription,
  region: string,
): string {
  const message = messageFor(notification, protocol);
  if (rawMessageDelivery) return message;
  const attributes = attributesOf(notification.attributes);
  return JSON.stringify({
    Type: "Notification",
    MessageId: notification.messageId,
    TopicArn: notification.topicArn,
    Subject: notification.subject,
    Message: message,
    Timestamp: new Date(notification.publishedAtMs).toISOString(),
    SignatureVersion: "1",
    Signature: SIGNATURE,
    SigningCertURL: certificate(region),
    UnsubscribeURL: unsubscribe(region, arn),
    MessageAttributes: Object.keys(attributes).length > 0 ? attributes : undefined,
  });
}

/** The event that a function gets. */
export function eventForFunction(
  notification: Notification,
  subscriptionArn: string,
  region: string,
): object {
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: "Notification",
          MessageId: notification.messageId,
          TopicArn: notification.topicArn,
          Subject: notification.subject ?? null,
          Message: messageFor(notification, "lambda"),
          Timestamp: new Date(notification.publishedAtMs).toISOString(),
          SignatureVersion: "1",
          Signature: SIGNATURE,
          SigningCertUrl: certificate(region),
          UnsubscribeUrl: unsubscribe(region, subscriptionArn),
          MessageAttributes: attributesOf(notification.attributes),
        },
      },
    ],
  };
}
