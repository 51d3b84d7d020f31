import type { PublishBatchCommandInput, PublishCommandInput } from "@aws-sdk/client-sns";
import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { PolicySource } from "../iam/policy";
import { refuseUnmodelled } from "../request-input";
import type { Operation, Service } from "../service";
import type { MessageAttributes, Sender } from "../sqs/service";
import { Delivery } from "./delivery";
import type { Notification } from "./envelope";
import type { Subscription } from "./subscription";

export { snsResources } from "./resources";

/** What is published. */
export interface Publication {
  readonly message: string;
  readonly subject?: string;
  readonly attributes?: MessageAttributes;
  /** `json`: `message` holds one message per protocol, and `default`. */
  readonly structure?: string;
}

const MESSAGE_BYTES_MAX = 262_144;
const SUBJECT_LENGTH_MAX = 100;
const BATCH_ENTRIES_MAX = 10;
/** Bytes that one billed publish holds. Source: Amazon SNS pricing. */
const BILLED_CHUNK_BYTES = 65_536;

const PARAMETERS = ["Message", "Subject", "MessageStructure", "MessageAttributes"];

/** Amazon SNS: standard topics with queues and functions as subscribers. */
export class Sns implements Service {
  readonly serviceId = "SNS";
  readonly #topics = new Map<string, { published: number }>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #delivery: Delivery;

  constructor(private readonly account: Account) {
    this.#delivery = new Delivery(account);
  }

  readonly operations: Readonly<Record<string, Operation>> = {
    Publish: {
      permissions: (input: PublishCommandInput) => [
        { action: "sns:Publish", resource: input.TopicArn ?? input.TargetArn ?? "*" },
      ],
      execute: (input: PublishCommandInput) => {
        refuseUnmodelled("sns:Publish", input, ["TopicArn", "TargetArn", ...PARAMETERS]);
        const topicArn = input.TopicArn ?? input.TargetArn;
        if (!topicArn) throw invalidParameter("TopicArn or TargetArn Reason: no value");
        return { MessageId: this.publish(topicArn, publicationOf(input)) };
      },
    },
    PublishBatch: {
      permissions: ({ TopicArn }: PublishBatchCommandInput) => [
        { action: "sns:Publish", resource: TopicArn ?? "*" },
      ],
      execute: (input: PublishBatchCommandInput) => this.#publishBatch(input),
    },
  };

  /**
   * Publishes for another service.
   *
   * @param from `{ service, sourceArn }`: the topic's policy must allow it; `{ callerArn }`: that role's
   *   policies, or the topic's, must
   * @returns the message's id
   * @throws NotFoundException, AuthorizationErrorException, and what Publish throws
   */
  deliver(
    topicArn: string,
    message: string,
    options: Omit<Publication, "message"> & { from: Sender },
  ) {
    const { from, ...publication } = options;
    const { iam } = this.account.services;
    const action = "sns:Publish";
    if ("callerArn" in from) {
      iam.authorize({ kind: "role", arn: from.callerArn }, { action, resource: topicArn });
    } else {
      const policy = iam.resourcePolicy(topicArn);
      const context = { "aws:SourceArn": from.sourceArn };
      if (!iam.authorizeService(from.service, action, topicArn, policy, context)) {
        throw new ServiceError(
          "AuthorizationErrorException",
          `User: ${from.service} is not authorized to perform: ${action} on resource: ${topicArn} ` +
            `because no resource-based policy allows the ${action} action`,
          { statusCode: 403 },
        );
      }
    }
    return this.publish(topicArn, { ...publication, message });
  }

  /** Publishes without asking who does it. Answers the message's id. */
  publish(topicArn: string, publication: Publication): string {
    const topic = this.#topics.get(topicArn);
    if (!topic) throw notFound("Topic");
    const { attributes = {}, message, structure, subject } = publication;
    checkPublication(publication);
    const chunks = Math.max(1, Math.ceil(Buffer.byteLength(message) / BILLED_CHUNK_BYTES));
    this.account.usage.add("sns.publishes", chunks);
    const notification: Notification = {
      messageId: uuidOf(`notification ${topicArn} ${++topic.published}`),
      topicArn,
      subject,
      messages: structure === "json" ? parseMessages(message) : { default: message },
      attributes,
      publishedAtMs: this.account.kernel.now,
    };
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.topicArn === topicArn) this.#delivery.deliver(notification, subscription);
    }
    return notification.messageId;
  }

  /** @throws a `ServiceError` if the name is taken */
  createTopic(topicArn: string, policy: PolicySource | undefined): void {
    if (this.#topics.has(topicArn)) {
      throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
    }
    this.#topics.set(topicArn, { published: 0 });
    this.setPolicy(topicArn, policy);
  }

  setPolicy(topicArn: string, policy: PolicySource | undefined): void {
    if (!this.#topics.has(topicArn)) {
      if (policy === undefined) return; // A topic that has gone took its policy with it.
      throw notFound("Topic");
    }
    this.account.services.iam.putResourcePolicy(topicArn, policy);
  }

  /** Deletes a topic and, as AWS does, its subscriptions. */
  deleteTopic(topicArn: string): void {
    this.setPolicy(topicArn, undefined);
    this.#topics.delete(topicArn);
    for (const { arn, topicArn: of } of [...this.#subscriptions.values()]) {
      if (of === topicArn) this.#subscriptions.delete(arn);
    }
  }

  /** Adds or replaces a subscription. @throws NotFoundException */
  subscribe(subscription: Subscription): void {
    if (!this.#topics.has(subscription.topicArn)) throw notFound("Topic");
    this.#subscriptions.set(subscription.arn, subscription);
  }

  unsubscribe(arn: string): void {
    this.#subscriptions.delete(arn);
  }

  remaining(): string[] {
    return [
      ...[...this.#topics.keys()].map((arn) => `aws:sns/topic:Topic ${arn}`),
      ...[...this.#subscriptions.keys()].map(
        (arn) => `aws:sns/topicSubscription:TopicSubscription ${arn}`,
      ),
    ];
  }

  unsettled(): string[] {
    return [];
  }

  #publishBatch({ PublishBatchRequestEntries, TopicArn }: PublishBatchCommandInput): object {
    const entries = PublishBatchRequestEntries ?? [];
    if (entries.length === 0) {
      throw new ServiceError(
        "EmptyBatchRequestException",
        "The batch request doesn't contain any entries.",
      );
    }
    if (entries.length > BATCH_ENTRIES_MAX) {
      const message = "The batch request contains more entries than permissible.";
      throw new ServiceError("TooManyEntriesInBatchRequestException", message);
    }
    if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
      const message = "Two or more batch entries in the request have the same Id.";
      throw new ServiceError("BatchEntryIdsNotDistinctException", message);
    }
    for (const entry of entries) {
      refuseUnmodelled("sns:PublishBatch", entry, ["Id", ...PARAMETERS]);
    }
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const entry of entries) {
      try {
        const MessageId = this.publish(TopicArn ?? "", publicationOf(entry));
        Successful.push({ Id: entry.Id, MessageId });
      } catch (cause) {
        // A topic that is missing fails the request, not its entries.
        if (!(cause instanceof ServiceError) || cause.code !== "InvalidParameterException")
          throw cause;
        Failed.push({
          Id: entry.Id,
          Code: "InvalidParameter",
          Message: cause.message,
          SenderFault: true,
        });
      }
    }
    return { Successful, Failed };
  }
}

type PublishEntry = Pick<
  PublishCommandInput,
  "Message" | "Subject" | "MessageStructure" | "MessageAttributes"
>;

const publicationOf = (input: PublishEntry): Publication => ({
  message: input.Message ?? "",
  subject: input.Subject,
  attributes: (input.MessageAttributes ?? {}) as MessageAttributes,
  structure: input.MessageStructure,
});

function checkPublication({ message, structure, subject }: Publication): void {
  if (message === "") throw invalidParameter("Empty message");
  if (Buffer.byteLength(message) > MESSAGE_BYTES_MAX) throw invalidParameter("Message too long");
  if (structure !== undefined && structure !== "json") throw invalidParameter("MessageStructure");
  if (subject === undefined) return;
  if (subject === "" || subject.length > SUBJECT_LENGTH_MAX || /[\n\r]/.test(subject)) {
    throw invalidParameter("Subject");
  }
}

function parseMessages(text: string): Record<string, string> {
  let messages: unknown;
  try {
    messages = JSON.parse(text);
  } catch {
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  if (typeof messages !== "object" || messages === null || !("default" in messages)) {
    throw invalidParameter("Message Structure - No default entry in JSON message body");
  }
  return messages as Record<string, string>;
}

const invalidParameter = (what: string): ServiceError =>
  new ServiceError("InvalidParameterException", `Invalid parameter: ${what}`);

const notFound = (what: string): ServiceError =>
  new ServiceError("NotFoundException", `${what} does not exist`, { statusCode: 404 });
