import { expect } from "chai";
import { ServiceError } from "../../../simulator/services/errors";
import { retryDelayMs } from "../../../simulator/services/sns/retry-policy";
import { START_MS } from "../iam/account-fixture";
import { FunctionWorld, functionArn, queueArn, topicArn } from "../lambda/world";

const SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription";

const permitting = (name: string): Record<string, unknown> => ({
  policy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queueArn(name),
      },
    ],
  }),
});

const redrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead") });

interface Options {
  readonly subscription?: Record<string, unknown>;
  readonly assumptions?: Record<string, string | number>;
}

/** A topic `news`, a queue `inbox` subscribed to it, and a queue `dead`. */
function world({ assumptions, subscription = {} }: Options = {}): FunctionWorld {
  const created = new FunctionWorld({ assumptions });
  created.make("aws:sns/topic:Topic", "news", { name: "news" });
  created.queue("inbox", permitting("inbox"));
  created.queue("dead", permitting("dead"));
  created.make(SUBSCRIPTION, "inbox", {
    ...{ topic: topicArn("news"), protocol: "sqs", endpoint: queueArn("inbox") },
    ...subscription,
  });
  return created;
}

function subscribeFunction(account: FunctionWorld, name: string): void {
  account.make("aws:lambda/permission:Permission", name, {
    action: "lambda:InvokeFunction",
    function: name,
    principal: "sns.amazonaws.com",
    sourceArn: topicArn("news"),
  });
  account.make(SUBSCRIPTION, name, {
    ...{ topic: topicArn("news"), protocol: "lambda", endpoint: functionArn(name) },
    redrivePolicy,
  });
}

const publish = (
  account: FunctionWorld,
  message = "hello",
  attributes: Record<string, { DataType: string; StringValue: string }> = {},
): string => account.services.sns.publish(topicArn("news"), { message, attributes });

/** Makes the queue's service fail until an instant, and tells when it was asked. */
function failing(account: FunctionWorld, untilSeconds: number, statusCode = 503): number[] {
  const { sqs } = account.services;
  const deliver = sqs.deliver.bind(sqs);
  const asked: number[] = [];
  sqs.deliver = (arn, ...rest) => {
    if (arn === queueArn("inbox")) {
      asked.push((account.kernel.now - START_MS) / 1000);
      if (account.kernel.now < START_MS + untilSeconds * 1000) {
        throw new ServiceError("ServiceUnavailable", "Try again.", { statusCode });
      }
    }
    return deliver(arn, ...rest);
  };
  return asked;
}

describe("a notification", () => {
  it("is delivered at once, or after the assumed time (sns.deliveryMs)", async () => {
    const atOnce = world();
    publish(atOnce);
    expect(atOnce.messages("inbox")).to.have.length(1);
    const later = world({ assumptions: { "sns.deliveryMs": 30 } });
    publish(later);
    await later.until(0.029);
    expect(later.messages("inbox")).to.have.length(0);
    await later.until(0.03);
    expect(later.messages("inbox")).to.have.length(1);
  });

  it("is delivered if the filter policy accepts it, and counted if not", () => {
    const account = world({ subscription: { filterPolicy: '{"kind":["order"]}' } });
    publish(account, "a", { kind: { DataType: "String", StringValue: "order" } });
    publish(account, "b", { kind: { DataType: "String", StringValue: "offer" } });
    publish(account, "c");
    expect(account.bodies("inbox").map(({ Message }) => Message)).to.deep.equal(["a"]);
    expect(account.messages("dead")).to.deep.equal([]);
    expect(account.services.cloudwatch.counters()).to.deep.equal({
      "NumberOfNotificationsFilteredOut news": 2,
      "NumberOfNotificationsFilteredOut-MessageAttributes news": 1,
      "NumberOfNotificationsFilteredOut-NoMessageAttributes news": 1,
    });
    expect(account.usage.snapshot()).to.include({ "sns.publishes": 3, "sns.deliveries": 1 });
  });

  it("is filtered by its body if the scope says so", () => {
    const filterPolicy = JSON.stringify({ order: { total: [{ numeric: [">", 10] }] } });
    const account = world({ subscription: { filterPolicy, filterPolicyScope: "MessageBody" } });
    publish(account, '{"order":{"total":11}}');
    publish(account, '{"order":{"total":10}}');
    publish(account, "no JSON");
    expect(account.messages("inbox")).to.have.length(1);
    const metric = "NumberOfNotificationsFilteredOut";
    expect(account.metric(`${metric}-MessageBody`, "news")).to.equal(1);
    expect(account.metric(`${metric}-InvalidMessageBody`, "news")).to.equal(1);
  });

  it("has no subscription with a filter policy that AWS refuses", () => {
    expect(() => world({ subscription: { filterPolicy: '{"a":[]}' } })).to.throw(
      "inbox (aws:sns/topicSubscription:TopicSubscription): filterPolicy: Invalid parameter: " +
        "Attributes Reason: FilterPolicy: Empty arrays are not allowed",
    );
  });
});

describe("a delivery that fails", () => {
  it("on the server's side is retried: 3 times at once, twice a second later, 10 times backing off", async () => {
    const account = world({ subscription: { redrivePolicy } });
    const asked = failing(account, 3600);
    publish(account);
    await account.until(150);
    const delays = asked.slice(1).map((at, index) => Number((at - asked[index]!).toFixed(3)));
    expect(delays.slice(0, 5)).to.deep.equal([0, 0, 0, 1, 1]);
    expect(delays.slice(5, 15)).to.deep.equal([
      ...[1, 1.395, 1.946, 2.714, 3.786, 5.282, 7.368, 10.278, 14.337, 20],
    ]);
    expect(new Set(delays.slice(15))).to.deep.equal(new Set([20]));
    expect(account.messages("dead")).to.deep.equal([]);
    expect(account.assumptions.used()).to.include("sns.backoff");
  });

  it("on the server's side arrives when the server is back, once", async () => {
    const account = world({ subscription: { redrivePolicy } });
    failing(account, 100);
    publish(account);
    await account.until(300);
    expect(account.messages("inbox")).to.have.length(1);
    expect(account.messages("dead")).to.deep.equal([]);
    expect(account.metric("NumberOfNotificationsFailed", "news")).to.equal(0);
  });

  it("on the server's side is given up after 100,015 retries in 23 days", () => {
    const delays: number[] = [];
    for (let delayMs = retryDelayMs(0); delayMs !== undefined;) {
      delays.push(delayMs);
      delayMs = retryDelayMs(delays.length);
    }
    expect(delays).to.have.length(100_015);
    const days = delays.reduce((sum, delayMs) => sum + delayMs) / 86_400_000;
    expect(Math.floor(days)).to.equal(23);
  });

  it("on the client's side is not retried, but goes to the dead-letter queue at once", async () => {
    const account = world({ subscription: { redrivePolicy } });
    const asked = failing(account, 1, 403);
    publish(account);
    await account.until(100);
    expect(asked).to.deep.equal([0]);
    expect(account.messages("inbox")).to.deep.equal([]);
    expect(account.messages("dead")).to.have.length(1);
    expect(account.metric("NumberOfNotificationsRedrivenToDlq", "news")).to.equal(1);
  });

  for (const [count, inbox] of [
    [10, 1],
    [11, 0],
  ] as const) {
    it(`raw, takes at most ten attributes (${count}: ${inbox} delivered)`, () => {
      const account = world({ subscription: { rawMessageDelivery: true, redrivePolicy } });
      const attributes = Object.fromEntries(
        Array.from({ length: count }, (_, n) => [
          `a${n}`,
          { DataType: "String", StringValue: "x" },
        ]),
      );
      publish(account, "hello", attributes);
      expect(account.messages("inbox")).to.have.length(inbox);
      expect(account.metric("NumberOfNotificationsFailed", "news")).to.equal(1 - inbox);
      // The dead-letter queue is a queue like any other, and cannot take them either.
      expect(account.messages("dead")).to.deep.equal([]);
    });
  }

  it("not raw, takes more than ten attributes", () => {
    const account = world();
    const attribute = { DataType: "String", StringValue: "x" };
    const names = Array.from({ length: 11 }, (_, n) => `a${n}`);
    publish(account, "hello", Object.fromEntries(names.map((name) => [name, attribute])));
    const [body] = account.bodies<{ MessageAttributes: object }>("inbox");
    expect(Object.keys(body!.MessageAttributes)).to.deep.equal(names);
  });
});

describe("a subscribed function", () => {
  it("is invoked asynchronously: what it makes of it is not SNS's business", async () => {
    const account = world();
    account.fn("reader");
    subscribeFunction(account, "reader");
    const messageId = publish(account);
    await account.until(300);
    expect(account.runs("reader")).to.have.length(3);
    expect(account.events("reader")[0]).to.include({
      eventIdentity: messageId,
      attempts: 3,
      ended: "retries-exhausted",
    });
    expect(account.messages("dead")).to.deep.equal([]);
  });

  it("that is throttled leaves its dead letters to Lambda, none to the subscription", async () => {
    const account = world();
    const destination = account.queue("records");
    account.fn("reader", { inputs: { reservedConcurrentExecutions: 0 } });
    account.configure("reader", { destinationConfig: { onFailure: { destination } } });
    subscribeFunction(account, "reader");
    publish(account);
    await account.until(10);
    expect(account.messages("records")).to.have.length(1);
    expect(account.messages("dead")).to.deep.equal([]);
  });

  it("that is gone leaves the notification to the subscription's dead-letter queue", () => {
    const account = world();
    account.fn("reader");
    subscribeFunction(account, "reader");
    account.services.lambda.deleteFunction("reader");
    publish(account, JSON.stringify({ default: "all" }));
    const [body] = account.bodies("dead");
    expect(body).to.include({ Type: "Notification", Message: '{"default":"all"}' });
  });
});
