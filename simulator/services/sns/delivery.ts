import type { Account } from "../account";
import { ServiceError } from "../errors";
import { bodyForQueue, eventForFunction, messageFor, type Notification } from "./envelope";
import { retryDelayMs } from "./retry-policy";
import type { Subscription } from "./subscription";

/** Delivers notifications to subscribers, again and again if the subscriber's service fails. */
export class Delivery {
  constructor(private readonly account: Account) {}

  /** Delivers to one subscriber, if its filter policy lets the notification through. */
  deliver(notification: Notification, subscription: Subscription): void {
    if (this.#filteredOut(notification, subscription)) return;
    this.account.usage.add("sns.deliveries", 1);
    const delayMs = this.account.assumptions.number("sns.deliveryMs");
    if (delayMs === 0) this.#attempt(notification, subscription, 0);
    else this.#later(notification, subscription, 0, delayMs);
  }

  #filteredOut(notification: Notification, { filterPolicy, protocol }: Subscription): boolean {
    if (!filterPolicy) return false;
    const { attributes, topicArn } = notification;
    const result = filterPolicy({ attributes, message: messageFor(notification, protocol) });
    if (result === "accepted") return false;
    const metric = "NumberOfNotificationsFilteredOut";
    this.#count(metric, topicArn);
    this.#count(`${metric}-${result}`, topicArn);
    return true;
  }

  #attempt(notification: Notification, subscription: Subscription, retries: number): void {
    try {
      if (subscription.protocol === "sqs") {
        this.#toQueue(notification, subscription, subscription.endpoint);
      } else this.#toFunction(notification, subscription);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      const delayMs = isServerSide(cause) ? retryDelayMs(retries) : undefined;
      if (delayMs === undefined) this.#giveUp(notification, subscription, cause);
      else {
        this.account.assumptions.choice("sns.backoff");
        this.#later(notification, subscription, retries + 1, delayMs);
      }
    }
  }

  #later(
    notification: Notification,
    subscription: Subscription,
    retries: number,
    delayMs: number,
  ): void {
    const label = `sns ${nameOf(notification.topicArn)}: to ${subscription.endpoint}`;
    this.account.kernel.after(delayMs, label, () =>
      this.#attempt(notification, subscription, retries),
    );
  }

  #giveUp(notification: Notification, subscription: Subscription, { code }: ServiceError): void {
    const { kernel, trace } = this.account;
    const { deadLetterTargetArn, endpoint } = subscription;
    const { topicArn } = notification;
    trace.append(kernel.now, `sns ${nameOf(topicArn)}: not delivered to ${endpoint}: ${code}`);
    this.#count("NumberOfNotificationsFailed", topicArn);
    if (!deadLetterTargetArn) return;
    try {
      this.#toQueue(notification, subscription, deadLetterTargetArn);
      this.#count("NumberOfNotificationsRedrivenToDlq", topicArn);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      this.#count("NumberOfNotificationsFailedToRedriveToDlq", topicArn);
    }
  }

  /** Raw delivery hands over at most ten attributes: SQS refuses more, which is the client's error. */
  #toQueue(notification: Notification, subscription: Subscription, queueArn: string): void {
    const body = bodyForQueue(notification, subscription, this.account.region);
    this.account.services.sqs.deliver(queueArn, body, {
      from: { service: "sns.amazonaws.com", sourceArn: notification.topicArn },
      ...(subscription.rawMessageDelivery && { attributes: notification.attributes }),
    });
  }

  /** Asynchronously: throttles and errors of the function are the business of its own queue. */
  #toFunction(notification: Notification, { arn, endpoint }: Subscription): void {
    const { lambda } = this.account.services;
    if (!lambda.find(endpoint)) {
      throw new ServiceError("NotFoundException", "Function does not exist", { statusCode: 404 });
    }
    if (!lambda.policyAllows(endpoint, "sns.amazonaws.com", notification.topicArn)) {
      const message = "The function's policy does not allow the topic.";
      throw new ServiceError("AccessDeniedException", message, { statusCode: 403 });
    }
    lambda.invokeAsync({
      functionName: endpoint,
      event: () => eventForFunction(notification, arn, this.account.region),
      recordCount: 1,
      identity: notification.messageId,
      source: `subscription ${arn}`,
      onOutcome: () => {},
    });
  }

  #count(metric: string, topicArn: string): void {
    this.account.services.cloudwatch.count(metric, nameOf(topicArn));
  }
}

/** What may pass: SNS retries it. Anything else is the client's error, and final. */
const isServerSide = ({ statusCode }: ServiceError): boolean =>
  statusCode >= 500 || statusCode === 429;

const nameOf = (topicArn: string): string => topicArn.slice(topicArn.lastIndexOf(":") + 1);
