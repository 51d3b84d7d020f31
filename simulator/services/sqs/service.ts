import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Caller, Operation, Service } from "../service";
import { adminOperations } from "./admin-operations";
import { Deduplication } from "./deduplication";
import { deletingOperations } from "./deleting-operations";
import { invalidValue, missingParameter, queueDoesNotExist } from "./errors";
import { checkContent, md5, sizeOf, type Message, type MessageAttributes } from "./message";
import { moveTaskOperations, MoveTasks } from "./move-tasks";
import { Queue } from "./queue";
import { receivedMessage, receivingOperations, type ReceivedMessage } from "./receiving-operations";
import { checkFifo, checkStandard, deduplicationKey, type Sending } from "./sending";
import { sendingOperations } from "./sending-operations";
import { parseRedrivePolicy, type QueueSettings } from "./settings";

export { sqsResources } from "./resources";
export type { Message, MessageAttributes } from "./message";
export type { ReceivedMessage } from "./receiving-operations";

/** On whose behalf a service writes: itself for one of the account's resources, or a role. */
export type Sender =
  { readonly service: string; readonly sourceArn: string } | { readonly callerArn: string };

export interface Sent {
  readonly messageId: string;
  readonly sequenceNumber?: string;
}

/** Bytes that one billed request holds. Source: Amazon SQS pricing. */
const BILLED_CHUNK_BYTES = 65_536;

const FIRST_SEQUENCE_NUMBER = 18_849_496_460_467_696_128n;

/** Amazon SQS: standard and FIFO queues. */
export class Sqs implements Service {
  readonly serviceId = "SQS";
  readonly operations: Readonly<Record<string, Operation>>;
  readonly moveTasks: MoveTasks;
  readonly #queues = new Map<string, Queue>();
  readonly #deduplication = new Map<Queue, Deduplication>();
  readonly #writeListeners: (() => void)[] = [];
  #received = 0;

  constructor(readonly account: Account) {
    this.moveTasks = new MoveTasks(this);
    this.operations = {
      ...sendingOperations(this),
      ...receivingOperations(this),
      ...deletingOperations(this),
      ...adminOperations(this),
      ...moveTaskOperations(this),
    };
  }

  /**
   * Sends a message for another service.
   *
   * @param queueArn the queue's ARN
   * @param options.from `{ service, sourceArn }`: the queue's policy must allow it to that service for that
   *   source; `{ callerArn }`: that role's policies, or the queue's, must
   * @throws QueueDoesNotExist, AccessDeniedException, and what SendMessage throws
   */
  deliver(
    queueArn: string,
    body: string,
    options: {
      readonly attributes?: MessageAttributes;
      readonly groupId?: string;
      readonly deduplicationId?: string;
      readonly from: Sender;
    },
  ): Sent {
    const { from, ...sending } = options;
    const queue = this.byArn(queueArn);
    this.#authorizeSender(from, queueArn);
    const senderId = this.senderIdOf("service" in from ? from.service : from.callerArn);
    this.meter(queue, Buffer.byteLength(body));
    return this.send(queue, { ...sending, body, senderId });
  }

  /** Receives for a poller inside the account: no long poll, all attributes. */
  receiveFor(queueArn: string, max: number, visibilityTimeoutSeconds?: number): ReceivedMessage[] {
    const queue = this.byArn(queueArn);
    const messages = this.receive(queue, max, visibilityTimeoutSeconds);
    this.meter(
      queue,
      messages.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    return messages.map((message) => receivedMessage(message, ["All"], ["All"]));
  }

  /** Deletes for a poller inside the account. */
  deleteFor(queueArn: string, receiptHandle: string): void {
    const queue = this.byArn(queueArn);
    this.meter(queue, 0);
    const message = this.inFlight(queue, receiptHandle);
    if (message) queue.remove(message);
  }

  /**
   * Deletes up to ten messages with one request, for a poller inside the account. Answers for each whether
   * it is gone: an outdated receipt handle deletes nothing, nor does an expired one of a FIFO queue.
   */
  deleteBatchFor(queueArn: string, receiptHandles: readonly string[]): boolean[] {
    const queue = this.byArn(queueArn);
    this.meter(queue, 0);
    return receiptHandles.map((receiptHandle) => {
      const message = this.inFlight(queue, receiptHandle);
      if (!message || (queue.settings.fifo && message.state !== "in-flight")) return false;
      queue.remove(message);
      return true;
    });
  }

  /**
   * Calls `listener` whenever the queue has messages that can be received.
   * Answers a function that ends it.
   */
  onMessage(queueArn: string, listener: () => void): () => void {
    return this.byArn(queueArn).listen(listener);
  }

  /** Calls `listener` after each message stored in any queue. */
  onWrite(listener: () => void): void {
    this.#writeListeners.push(listener);
  }

  /** What is in a queue, in order of arrival; looking changes nothing. */
  messagesOf(queueArn: string): readonly Readonly<Message>[] {
    return this.byArn(queueArn).messages();
  }

  /** Stores a message. @throws as SendMessage does */
  send(queue: Queue, sending: Sending): Sent {
    const attributes = sending.attributes ?? {};
    checkContent(sending.body, attributes);
    const bytes = sizeOf(sending.body, attributes);
    const { maximumMessageSize } = queue.settings;
    if (bytes > maximumMessageSize) {
      throw new ServiceError(
        "InvalidParameterValue",
        `One or more parameters are invalid. Reason: Message must be shorter than ${maximumMessageSize} bytes.`,
      );
    }
    const { fifo } = queue.settings;
    const deduplicationId = fifo ? checkFifo(queue.settings, sending) : undefined;
    if (!fifo) checkStandard(sending);
    const { now } = this.account.kernel;
    const known = this.#deduplication.get(queue);
    const key = deduplicationKey(queue.settings, sending.groupId, deduplicationId);
    const duplicate = known?.find(key, now);
    if (duplicate) return duplicate;
    const sent = this.store(queue, {
      ...sending,
      attributes,
      bytes,
      deduplicationId,
      sentAtMs: now,
      retainedFromMs: now,
      delayMs: 1000 * (sending.delaySeconds ?? queue.settings.delaySeconds),
    });
    if (known) known.remember(key, sent as Required<Sent>, now);
    return sent;
  }

  /** Puts a message into a queue as it is. Keeps the id that it is given. */
  store(
    queue: Queue,
    content: Pick<Message, "body" | "attributes" | "bytes" | "senderId" | "sentAtMs"> &
      Partial<Message> & { readonly retainedFromMs: number; readonly delayMs: number },
  ): Sent {
    const { delayMs, ...rest } = content;
    const order = queue.nextOrder();
    const { now } = this.account.kernel;
    const sequenceNumber = queue.settings.fifo
      ? String(FIRST_SEQUENCE_NUMBER + BigInt(order) * 256n)
      : undefined;
    const messageId = content.messageId ?? uuidOf(`message ${queue.arn} ${order}`);
    queue.add({
      ...rest,
      messageId,
      sequenceNumber,
      md5OfBody: content.md5OfBody ?? md5(content.body),
      order,
      state: "ready",
      visibleAtMs: now + delayMs,
      receiveCount: content.receiveCount ?? 0,
      receiptHandle: undefined,
    });
    for (const listener of this.#writeListeners) listener();
    return { messageId, sequenceNumber };
  }

  receive(queue: Queue, max: number, visibilityTimeoutSeconds?: number): Message[] {
    const seconds = visibilityTimeoutSeconds ?? queue.settings.visibilityTimeout;
    return queue
      .receive(max, seconds * 1000, () => String(++this.#received))
      .map((message) => {
        const parts = [message.receiptHandle, queue.arn, message.messageId];
        message.receiptHandle = Buffer.from(parts.join(" ")).toString("base64");
        return message;
      });
  }

  /**
   * The message that a receipt handle stands for, if it is the message's latest one; `undefined` if it is
   * outdated or the message is gone.
   *
   * @throws ReceiptHandleIsInvalid
   */
  inFlight(queue: Queue, receiptHandle: string | undefined): Message | undefined {
    if (!receiptHandle) throw missingParameter("ReceiptHandle");
    const [, arn, messageId] = Buffer.from(receiptHandle, "base64").toString("utf8").split(" ");
    if (arn !== queue.arn || !messageId) {
      throw new ServiceError(
        "ReceiptHandleIsInvalid",
        `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
        { statusCode: 404 },
      );
    }
    const message = queue.find(messageId);
    return message?.receiptHandle === receiptHandle ? message : undefined;
  }

  /** @throws QueueDoesNotExist */
  byUrl(url: string | undefined): Queue {
    if (!url) throw missingParameter("QueueUrl");
    const queue = this.#queues.get(url.slice(url.lastIndexOf("/") + 1));
    if (queue?.url === url) return queue;
    throw queueDoesNotExist();
  }

  /** @throws QueueDoesNotExist */
  byArn(arn: string): Queue {
    const queue = this.findByArn(arn);
    if (queue) return queue;
    throw queueDoesNotExist();
  }

  findByArn(arn: string): Queue | undefined {
    const queue = this.#queues.get(arn.slice(arn.lastIndexOf(":") + 1));
    return queue?.arn === arn ? queue : undefined;
  }

  exists(url: string): boolean {
    return this.queues().some((queue) => queue.url === url);
  }

  queues(): Queue[] {
    return [...this.#queues.values()];
  }

  arnOf(name: string): string {
    return `arn:aws:sqs:${this.account.region}:${this.account.accountId}:${name}`;
  }

  /** The ARN of the queue that a URL names, whether or not it exists. */
  arnOfUrl(url: string | undefined): string {
    const match = /^https:\/\/sqs\.([\w-]+)\.amazonaws\.com\/(\d{12})\/([\w.-]+)$/.exec(url ?? "");
    return match ? `arn:aws:sqs:${match[1]}:${match[2]}:${match[3]}` : "*";
  }

  /** @throws QueueNameExists, InvalidParameterValue */
  createQueue(name: string, url: string, settings: QueueSettings): void {
    if (this.#queues.has(name)) {
      throw new ServiceError("QueueNameExists", `A queue already exists with the name ${name}.`);
    }
    const arn = this.arnOf(name);
    this.#checkRedrivePolicy(arn, settings.fifo, settings.redrivePolicy);
    if (settings.policy) this.account.services.iam.putResourcePolicy(arn, settings.policy);
    const queue = new Queue(name, arn, url, settings, this.account, (source, message) =>
      this.#redrive(source, message),
    );
    this.#queues.set(name, queue);
    if (settings.fifo) this.#deduplication.set(queue, new Deduplication());
  }

  changeQueue(queue: Queue, changes: Partial<QueueSettings>): void {
    if ("redrivePolicy" in changes) {
      this.#checkRedrivePolicy(queue.arn, queue.settings.fifo, changes.redrivePolicy);
    }
    if ("policy" in changes) {
      this.account.services.iam.putResourcePolicy(queue.arn, changes.policy);
    }
    queue.change(changes);
  }

  deleteQueue(queue: Queue): void {
    queue.purge();
    this.#queues.delete(queue.name);
    this.#deduplication.delete(queue);
    this.account.services.iam.putResourcePolicy(queue.arn, undefined);
  }

  senderId(caller: Caller): string {
    return this.senderIdOf(caller.arn);
  }

  senderIdOf(who: string): string {
    const id = this.account.services.iam.principalId(who);
    const role = /:role\/(?:.*\/)?([^/]+)$/.exec(who)?.[1];
    return role ? `${id}:${role}` : id;
  }

  /** Counts one request and its payload, in the chunks that AWS bills. */
  meter(queue: Queue | undefined, bytes: number): void {
    const chunks = Math.max(1, Math.ceil(bytes / BILLED_CHUNK_BYTES));
    this.account.usage.add(queue?.settings.fifo ? "sqs.fifoRequests" : "sqs.requests", chunks);
  }

  remaining(): string[] {
    return this.queues().map(({ url }) => `aws:sqs/queue:Queue ${url}`);
  }

  /** Messages wait for whoever receives them: on AWS too, a queue alone is never finished with. */
  unsettled(): string[] {
    return [];
  }

  #authorizeSender(from: Sender, queueArn: string): void {
    const { iam } = this.account.services;
    const action = "sqs:SendMessage";
    if ("callerArn" in from) {
      iam.authorize({ kind: "role", arn: from.callerArn }, { action, resource: queueArn });
      return;
    }
    const policy = iam.resourcePolicy(queueArn);
    const context = { "aws:SourceArn": from.sourceArn };
    if (iam.authorizeService(from.service, action, queueArn, policy, context)) return;
    throw new ServiceError(
      "AccessDeniedException",
      `User: ${from.service} is not authorized to perform: ${action} on resource: ${queueArn} ` +
        `because no resource-based policy allows the ${action} action`,
      { statusCode: 403 },
    );
  }

  #checkRedrivePolicy(arn: string, fifo: boolean, json: string | undefined): void {
    const policy = parseRedrivePolicy(json);
    if (!policy) return;
    const target = this.findByArn(policy.deadLetterTargetArn);
    if (!target) {
      throw invalidValue(json, "RedrivePolicy", "Dead letter target does not exist.");
    }
    if (target.settings.fifo !== fifo) {
      const reason = "Dead-letter queue must be same type of queue as the source.";
      throw invalidValue(json, "RedrivePolicy", reason);
    }
    if (!mayRedrive(target, arn)) {
      const reason =
        "The redrive allow policy of the dead letter target does not permit this queue.";
      throw invalidValue(json, "RedrivePolicy", reason);
    }
  }

  #redrive(source: Queue, message: Message): boolean {
    const target = this.findByArn(source.redrivePolicy?.deadLetterTargetArn ?? "");
    const { assumptions, kernel, trace } = this.account;
    if (!target || !mayRedrive(target, source.arn)) {
      assumptions.choice("sqs.missingDeadLetterQueue");
      return false;
    }
    trace.append(kernel.now, `sqs ${source.name}: ${message.messageId} moves to ${target.name}`);
    const retainedFromMs = target.settings.fifo ? kernel.now : message.retainedFromMs;
    this.store(target, { ...message, sourceArn: source.arn, retainedFromMs, delayMs: 0 });
    return true;
  }
}

function mayRedrive(target: Queue, sourceArn: string): boolean {
  const policy = target.redriveAllowPolicy;
  if (!policy || policy.redrivePermission === "allowAll") return true;
  return policy.sourceQueueArns?.includes(sourceArn) ?? false;
}
