import { expect } from "chai";
import { documentOf, refusal } from "../iam/account-fixture";
import { arnOf as queueArn, QueueWorld } from "../sqs/world";

const TOPIC = "arn:aws:sns:eu-west-1:123456789012:news";
const FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:reader";

interface WorldOptions {
  readonly subscription?: Record<string, unknown>;
  /** Whether the queue's policy lets the topic in. */
  readonly permitted?: boolean;
}

/** A topic `news` with the queue `inbox` subscribed to it. */
function world({ subscription = {}, permitted = true }: WorldOptions = {}): QueueWorld {
  const created = new QueueWorld();
  created.deploy("aws:sns/topic:Topic", "news", { name: "news" });
  created.queue("inbox", permitted ? { policy: permitting("inbox") } : {});
  created.queue("dead", { policy: permitting("dead") });
  created.deploy("aws:sns/topicSubscription:TopicSubscription", "inbox", {
    topic: TOPIC,
    protocol: "sqs",
    endpoint: queueArn("inbox"),
    ...subscription,
  });
  return created;
}

const permitting = (name: string): string =>
  documentOf({
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: queueArn(name),
    Condition: { ArnEquals: { "aws:SourceArn": TOPIC } },
  });

const publish = (account: QueueWorld, input: object, as?: string) =>
  account.call<{ MessageId: string }>(
    account.services.sns,
    "Publish",
    { TopicArn: TOPIC, ...input },
    as,
  );

describe("a topic", () => {
  it("delivers SNS's envelope to a queue", async () => {
    const account = world();
    const { MessageId } = await publish(account, {
      Message: "hello",
      Subject: "greeting",
      MessageAttributes: { kind: { DataType: "String", StringValue: "x" } },
    });
    const [message] = await account.receive("inbox");
    const envelope = JSON.parse(message!.Body) as Record<string, unknown>;
    expect(Object.keys(envelope)).to.deep.equal([
      ...["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion"],
      ...["Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes"],
    ]);
    expect(envelope).to.deep.include({
      Type: "Notification",
      MessageId,
      TopicArn: TOPIC,
      Subject: "greeting",
      Message: "hello",
      Timestamp: "2026-01-01T00:00:00.000Z",
      MessageAttributes: { kind: { Type: "String", Value: "x" } },
    });
    expect(message!.MessageAttributes).to.equal(undefined);
    expect(account.usage.snapshot()).to.include({ "sns.publishes": 1, "sns.deliveries": 1 });
  });

  it("delivers the message alone, and its attributes, with raw delivery", async () => {
    const account = world({ subscription: { rawMessageDelivery: true } });
    const MessageAttributes = { kind: { DataType: "String", StringValue: "x" } };
    await publish(account, { Message: "hello", MessageAttributes });
    const [message] = await account.receive("inbox");
    expect(message).to.deep.include({ Body: "hello", MessageAttributes });
  });

  it("sends each protocol its own message (MessageStructure json)", async () => {
    const account = world({ subscription: { rawMessageDelivery: true } });
    const Message = JSON.stringify({ default: "all", sqs: "queues" });
    await publish(account, { Message, MessageStructure: "json" });
    expect(await account.bodies("inbox")).to.deep.equal(["queues"]);
    expect(
      await refusal(() => publish(account, { Message: "{}", MessageStructure: "json" })),
    ).to.equal(
      "InvalidParameterException: Invalid parameter: Message Structure - No default entry in JSON message body",
    );
  });

  it("loses what the queue's policy refuses, and counts it", async () => {
    const account = world({ permitted: false });
    await publish(account, { Message: "hello" });
    expect(await account.counts("inbox")).to.deep.equal([0, 0, 0]);
    expect(account.services.cloudwatch.counters()).to.deep.equal({
      "NumberOfNotificationsFailed news": 1,
    });
  });

  it("sends that to the subscription's dead-letter queue instead (if it has one)", async () => {
    const redrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead") });
    const account = world({ permitted: false, subscription: { redrivePolicy } });
    await publish(account, { Message: "hello" });
    const [dead] = await account.bodies("dead");
    expect(JSON.parse(dead!)).to.deep.include({ Message: "hello" });
    expect(
      account.services.cloudwatch.counter("NumberOfNotificationsRedrivenToDlq", "news"),
    ).to.equal(1);
  });

  it("invokes a function asynchronously, if the function's policy lets it", async () => {
    const account = world();
    account.lambda.functions.add(FUNCTION);
    account.deploy("aws:sns/topicSubscription:TopicSubscription", "reader", {
      topic: TOPIC,
      protocol: "lambda",
      endpoint: FUNCTION,
    });
    await publish(account, { Message: "unheard" });
    expect(account.lambda.requests).to.deep.equal([]);
    account.lambda.permitted.add(`${FUNCTION} sns.amazonaws.com ${TOPIC}`);
    const { MessageId } = await publish(account, { Message: "hello" });
    const [request] = account.lambda.requests;
    expect(request).to.deep.include({
      functionName: FUNCTION,
      identity: MessageId,
      recordCount: 1,
    });
    const { Records } = request!.event() as { Records: { EventSource: string; Sns: object }[] };
    expect(Records[0]!.EventSource).to.equal("aws:sns");
    expect(Records[0]!.Sns).to.deep.include({ MessageId, Message: "hello", Subject: null });
  });

  it("publishes batches entry by entry", async () => {
    const account = world({ subscription: { rawMessageDelivery: true } });
    const answer = await account.call(account.services.sns, "PublishBatch", {
      TopicArn: TOPIC,
      PublishBatchRequestEntries: [
        { Id: "good", Message: "a" },
        { Id: "bad", Message: "" },
      ],
    });
    expect(answer["Failed"]).to.deep.equal([
      {
        Id: "bad",
        Code: "InvalidParameter",
        Message: "Invalid parameter: Empty message",
        SenderFault: true,
      },
    ]);
    expect(await account.bodies("inbox")).to.deep.equal(["a"]);
  });

  it("is for those whom a policy lets publish", async () => {
    const account = world();
    const statement = { Effect: "Allow", Action: "sns:Publish", Resource: TOPIC };
    await publish(account, { Message: "a" }, account.role("may", [statement]));
    expect(
      await refusal(() => publish(account, { Message: "a" }, account.role("may-not"))),
    ).to.match(
      /^AuthorizationErrorException: .* because no identity-based policy allows the sns:Publish action$/,
    );
    const deliver = (): unknown =>
      account.services.sns.deliver(TOPIC, "a", {
        from: { service: "events.amazonaws.com", sourceArn: "arn:aws:events:x" },
      });
    expect(await refusal(deliver)).to.match(
      /^AuthorizationErrorException: User: events\.amazonaws\.com/,
    );
    account.deploy("aws:sns/topicPolicy:TopicPolicy", "policy", {
      arn: TOPIC,
      policy: documentOf({ ...statement, Principal: { Service: "events.amazonaws.com" } }),
    });
    expect(await refusal(deliver)).to.equal("not refused");
  });

  it("is refused when missing, and takes its subscriptions with it", async () => {
    const account = world();
    expect(
      await refusal(() => publish(account, { TopicArn: `${TOPIC}-old`, Message: "a" })),
    ).to.equal("NotFoundException: Topic does not exist");
    account.services.sns.deleteTopic(TOPIC);
    expect(account.services.sns.remaining()).to.deep.equal([]);
  });

  it("refuses what is not modelled", () => {
    const account = new QueueWorld();
    const [fifo] = account.problems("aws:sns/topic:Topic", "news", {
      name: "news",
      fifoTopic: true,
    });
    expect(fifo).to.match(/fifoTopic: FIFO topics are not modelled/);
    const subscription = { topic: TOPIC, endpoint: "a@example.org" };
    const type = "aws:sns/topicSubscription:TopicSubscription";
    const [email] = account.problems(type, "mail", { ...subscription, protocol: "email" });
    expect(email).to.match(/protocol: must be sqs or lambda: other protocols are not modelled/);
    const [ours] = account.problems(type, "ours", {
      topic: TOPIC,
      protocol: "sqs",
      endpoint: queueArn("inbox"),
      replayPolicy: "{}",
    });
    expect(ours).to.match(/does not model the property replayPolicy/);
  });
});
