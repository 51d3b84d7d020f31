import { expect } from "chai";
import { documentOf, refusal, START_MS } from "../iam/account-fixture";
import { arnOf, QueueWorld, redriveTo, urlOf } from "./world";

describe("a standard queue", () => {
  it("hands out messages with all their attributes", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const sent = await world.send("jobs", "hello", {
      MessageAttributes: { kind: { DataType: "String", StringValue: "greeting" } },
    });
    await world.advance(1);
    const [message] = await world.receive("jobs");
    expect(message).to.deep.include({
      MessageId: sent.MessageId,
      Body: "hello",
      MD5OfBody: "5d41402abc4b2a76b9719d911017c592",
      MessageAttributes: { kind: { DataType: "String", StringValue: "greeting" } },
    });
    // Computed apart from this code, after AWS's description.
    const md5 = "55ed4b7836c74ac3476eb038898fee8b";
    expect(message!.MD5OfMessageAttributes).to.equal(md5);
    expect(sent).to.deep.include({ MD5OfMessageAttributes: md5 });
    expect(message!.Attributes).to.deep.include({
      ApproximateReceiveCount: "1",
      SentTimestamp: String(START_MS),
      ApproximateFirstReceiveTimestamp: String(START_MS + 1000),
    });
    expect(message!.Attributes).not.to.have.any.keys("SequenceNumber", "MessageGroupId");
  });

  it("hands out messages in order of arrival (AWS promises no order)", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    for (const body of ["a", "b", "c"]) await world.send("jobs", body);
    expect(await world.bodies("jobs", { MaxNumberOfMessages: 2 })).to.deep.equal(["a", "b"]);
    expect(await world.bodies("jobs")).to.deep.equal(["c"]);
  });

  it("shows only the attributes asked for", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { visibilityTimeoutSeconds: 0 });
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    await world.send("jobs", "x", { MessageAttributes: { "a.1": text("1"), b: text("2") } });
    const [plain] = await world.receive("jobs", {
      MessageSystemAttributeNames: undefined,
      MessageAttributeNames: undefined,
    });
    expect(plain).to.have.all.keys("MessageId", "ReceiptHandle", "Body", "MD5OfBody");
    const [some] = await world.receive("jobs", {
      MessageSystemAttributeNames: ["SentTimestamp"],
      MessageAttributeNames: ["a.*"],
    });
    expect(some!.Attributes).to.have.all.keys("SentTimestamp");
    expect(some!.MessageAttributes).to.have.all.keys("a.1");
  });

  it("hides a received message until its visibility timeout, then counts a second receive", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { visibilityTimeoutSeconds: 30 });
    await world.send("jobs", "a");
    const [first] = await world.receive("jobs");
    await world.advance(29.999);
    expect(await world.receive("jobs")).to.deep.equal([]);
    expect(await world.counts("jobs")).to.deep.equal([0, 1, 0]);
    await world.advance(0.001);
    const [second] = await world.receive("jobs");
    expect(second!.Attributes!["ApproximateReceiveCount"]).to.equal("2");
    expect(second!.MessageId).to.equal(first!.MessageId);
    expect(second!.ReceiptHandle).not.to.equal(first!.ReceiptHandle);
  });

  it("deletes by the latest receipt handle; an older one succeeds and deletes nothing", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { visibilityTimeoutSeconds: 1 });
    await world.send("jobs", "a");
    const [first] = await world.receive("jobs");
    await world.advance(1);
    const [second] = await world.receive("jobs");
    await world.delete("jobs", first!.ReceiptHandle);
    expect(await world.counts("jobs")).to.deep.equal([0, 1, 0]);
    await world.delete("jobs", second!.ReceiptHandle);
    expect(await world.counts("jobs")).to.deep.equal([0, 0, 0]);
    await world.delete("jobs", second!.ReceiptHandle);
    expect(await refusal(() => world.delete("jobs", "nonsense"))).to.equal(
      'ReceiptHandleIsInvalid: The input receipt handle "nonsense" is not a valid receipt handle.',
    );
  });

  it("changes the visibility of messages in flight alone", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { visibilityTimeoutSeconds: 30 });
    await world.send("jobs", "a");
    const [message] = await world.receive("jobs");
    const change = (VisibilityTimeout: number) =>
      world.sqs("ChangeMessageVisibility", {
        QueueUrl: urlOf("jobs"),
        ReceiptHandle: message!.ReceiptHandle,
        VisibilityTimeout,
      });
    await change(60);
    await world.advance(59);
    expect(await world.counts("jobs")).to.deep.equal([0, 1, 0]);
    expect(await refusal(() => change(43_200))).to.equal(
      "InvalidParameterValue: Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total " +
        "VisibilityTimeout for the message is beyond the limit [43200 seconds].",
    );
    await change(0);
    expect(await world.counts("jobs")).to.deep.equal([1, 0, 0]);
    expect(await refusal(() => change(10))).to.equal(
      "MessageNotInflight: The specified message isn't in flight.",
    );
  });

  it("delays messages, each by its own delay or the queue's", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { delaySeconds: 10 });
    await world.send("jobs", "queue's");
    await world.send("jobs", "own", { DelaySeconds: 5 });
    expect(await world.counts("jobs")).to.deep.equal([0, 0, 2]);
    await world.advance(5);
    expect(await world.bodies("jobs")).to.deep.equal(["own"]);
    await world.advance(5);
    expect(await world.bodies("jobs")).to.deep.equal(["queue's"]);
  });

  it("forgets messages when their retention is over, received or not, without an event", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { messageRetentionSeconds: 60, visibilityTimeoutSeconds: 0 });
    await world.send("jobs", "a");
    const events = world.trace.entries.length;
    await world.advance(59.999);
    expect(await world.bodies("jobs")).to.deep.equal(["a"]);
    await world.advance(0.001);
    expect(await world.bodies("jobs")).to.deep.equal([]);
    expect(await world.counts("jobs")).to.deep.equal([0, 0, 0]);
    expect(world.trace.entries.length).to.equal(events);
    const { expired } = world.services.sqs.byArn(arnOf("jobs"));
    expect(expired.map(({ body }) => body)).to.deep.equal(["a"]);
  });

  it("answers a long poll when a message arrives, becomes visible, or never", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const answered: unknown[] = [];
    const poll = (): void =>
      void world
        .receive("jobs", { WaitTimeSeconds: 20 })
        .then((found) =>
          answered.push([world.kernel.now - START_MS, found.map(({ Body }) => Body)]),
        );
    poll();
    poll();
    await world.advance(3);
    expect(answered).to.deep.equal([]);
    await world.send("jobs", "late");
    await world.send("jobs", "later", { DelaySeconds: 4 });
    await world.advance(10);
    expect(answered).to.deep.equal([
      [3000, ["late"]],
      [7000, ["later"]],
    ]);
    poll();
    await world.advance(20);
    expect(answered[2]).to.deep.equal([33_000, []]);
    expect(world.kernel.quiet).to.equal(true);
  });

  it("moves a message to the dead-letter queue at the receive beyond the maximum", async () => {
    const world = new QueueWorld();
    world.queue("dead", { messageRetentionSeconds: 100 });
    world.queue("jobs", { redrivePolicy: redriveTo("dead", 2), visibilityTimeoutSeconds: 30 });
    const { MessageId } = await world.send("jobs", "poison");
    for (let receives = 0; receives < 2; receives++) {
      expect(await world.bodies("jobs")).to.deep.equal(["poison"]);
      await world.advance(30);
    }
    expect(await world.counts("dead")).to.deep.equal([0, 0, 0]);
    expect(await world.bodies("jobs")).to.deep.equal([]);
    const [dead] = await world.receive("dead");
    expect(dead).to.deep.include({ MessageId, Body: "poison" });
    expect(dead!.Attributes).to.deep.include({
      ApproximateReceiveCount: "3",
      DeadLetterQueueSourceArn: arnOf("jobs"),
      SentTimestamp: String(START_MS),
    });
    // Retention goes on from the first send: 60 s of the 100 are over.
    await world.advance(40);
    expect(await world.counts("dead")).to.deep.equal([0, 0, 0]);
  });

  it("refuses a redrive policy whose target is missing, of another type, or does not permit it", async () => {
    const world = new QueueWorld();
    const policy = redriveTo("dead", 3);
    expect(await refusal(() => world.queue("jobs", { redrivePolicy: policy }))).to.equal(
      `InvalidParameterValue: Value ${policy} for parameter RedrivePolicy is invalid. Reason: Dead letter ` +
        "target does not exist.",
    );
    world.queue("dead.fifo", { fifoQueue: true });
    expect(
      await refusal(() => world.queue("jobs", { redrivePolicy: redriveTo("dead.fifo", 3) })),
    ).to.match(/must be same type of queue as the source\.$/);
    world.queue("dead", { redriveAllowPolicy: JSON.stringify({ redrivePermission: "denyAll" }) });
    expect(await refusal(() => world.queue("jobs", { redrivePolicy: policy }))).to.match(
      /redrive allow policy of the dead letter target does not permit this queue\.$/,
    );
  });

  it("refuses messages too large, empty, or with characters outside XML", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { maxMessageSize: 1024 });
    expect(await refusal(() => world.send("jobs", "x".repeat(1025)))).to.equal(
      "InvalidParameterValue: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
    );
    expect(await refusal(() => world.send("jobs", ""))).to.equal(
      "MissingParameter: The request must contain the parameter MessageBody.",
    );
    expect(await refusal(() => world.send("jobs", "\u0000"))).to.match(/^InvalidMessageContents: /);
    await world.send("jobs", "x".repeat(1024));
  });

  it("meters each request in chunks of 64 KB, empty receives included", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    await world.receive("jobs");
    await world.send("jobs", "x".repeat(65_537));
    expect(world.usage.snapshot()).to.deep.equal({ "sqs.requests": 3 });
  });

  it("purges at once, at most once a minute", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    await world.send("jobs", "a");
    await world.sqs("PurgeQueue", { QueueUrl: urlOf("jobs") });
    expect(await world.counts("jobs")).to.deep.equal([0, 0, 0]);
    expect(await refusal(() => world.sqs("PurgeQueue", { QueueUrl: urlOf("jobs") }))).to.equal(
      "PurgeQueueInProgress: Only one PurgeQueue operation on jobs is allowed every 60 seconds.",
    );
  });
});

describe("batches", () => {
  it("let each entry succeed or fail for itself", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const answer = await world.sqs<{ Successful: { Id: string }[]; Failed: object[] }>(
      "SendMessageBatch",
      {
        QueueUrl: urlOf("jobs"),
        Entries: [
          { Id: "good", MessageBody: "a" },
          { Id: "bad", MessageBody: "" },
        ],
      },
    );
    expect(answer.Successful.map(({ Id }) => Id)).to.deep.equal(["good"]);
    expect(answer.Failed).to.deep.equal([
      {
        Id: "bad",
        SenderFault: true,
        Code: "MissingParameter",
        Message: "The request must contain the parameter MessageBody.",
      },
    ]);
    expect(await world.bodies("jobs")).to.deep.equal(["a"]);
  });

  it("are refused as a whole when empty, too many, or with an id twice", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const batch = (ids: string[]): Promise<string> =>
      refusal(() =>
        world.sqs("DeleteMessageBatch", {
          QueueUrl: urlOf("jobs"),
          Entries: ids.map((Id) => ({ Id, ReceiptHandle: "x" })),
        }),
      );
    expect(await batch([])).to.equal(
      "EmptyBatchRequest: There should be at least one DeleteMessageBatchRequestEntry in the request.",
    );
    expect(await batch([..."abcdefghijk"])).to.equal(
      "TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have sent 11.",
    );
    expect(await batch(["a", "a"])).to.equal("BatchEntryIdsNotDistinct: Id a repeated.");
  });
});

describe("permissions on queues", () => {
  it("are needed for every call of a role", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const statement = { Effect: "Allow", Action: "sqs:SendMessage", Resource: arnOf("jobs") };
    const role = world.role("sender", [statement]);
    const input = { QueueUrl: urlOf("jobs"), MessageBody: "a" };
    await world.sqs("SendMessage", input, role);
    expect(
      await refusal(() => world.sqs("ReceiveMessage", { QueueUrl: urlOf("jobs") }, role)),
    ).to.equal(
      "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/sender/sender is not authorized to " +
        `perform: sqs:ReceiveMessage on resource: ${arnOf("jobs")} because no identity-based policy allows the ` +
        "sqs:ReceiveMessage action",
    );
  });

  it("are needed by services, from the queue's policy", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const sourceArn = "arn:aws:events:eu-west-1:123456789012:rule/tick";
    const deliver = (): unknown =>
      world.services.sqs.deliver(arnOf("jobs"), "tick", {
        from: { service: "events.amazonaws.com", sourceArn },
      });
    expect(await refusal(deliver)).to.equal(
      "AccessDeniedException: User: events.amazonaws.com is not authorized to perform: sqs:SendMessage on " +
        `resource: ${arnOf("jobs")} because no resource-based policy allows the sqs:SendMessage action`,
    );
    const policy = world.deploy("aws:sqs/queuePolicy:QueuePolicy", "policy", {
      queueUrl: urlOf("jobs"),
      policy: documentOf({
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: arnOf("jobs"),
        Condition: { ArnEquals: { "aws:SourceArn": sourceArn } },
      }),
    });
    deliver();
    expect(await world.bodies("jobs")).to.deep.equal(["tick"]);
    world.destroy(policy);
    expect(await refusal(deliver)).to.match(/^AccessDeniedException: /);
  });
});

describe("queues as a service", () => {
  it("are found by name, listed in pages, and refused when missing", async () => {
    const world = new QueueWorld();
    for (const name of ["b", "a", "c"]) world.queue(name);
    expect(await world.sqs("GetQueueUrl", { QueueName: "b" })).to.deep.equal({
      QueueUrl: urlOf("b"),
    });
    const first = await world.sqs("ListQueues", { MaxResults: 2 });
    expect(first["QueueUrls"]).to.deep.equal([urlOf("a"), urlOf("b")]);
    const rest = await world.sqs("ListQueues", { MaxResults: 2, NextToken: first["NextToken"] });
    expect(rest).to.deep.equal({ QueueUrls: [urlOf("c")] });
    expect(await refusal(() => world.send("d", "x"))).to.equal(
      "QueueDoesNotExist: The specified queue does not exist.",
    );
  });

  it("refuse parameters that they do not model", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    expect(await refusal(() => world.receive("jobs", { ReceiveRequestAttemptId: "1" }))).to.equal(
      "NotModelledError: sqs:ReceiveMessage: the parameter ReceiveRequestAttemptId is not modelled in the " +
        "simulated account; leave it out",
    );
  });

  it("change attributes in place, and only those that the program changed", async () => {
    const world = new QueueWorld();
    const queue = world.queue("jobs");
    const policy = documentOf({
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Resource: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
    world.deploy("aws:sqs/queuePolicy:QueuePolicy", "policy", { queueUrl: urlOf("jobs"), policy });
    world.update(queue, { name: "jobs", visibilityTimeoutSeconds: 5 });
    const { Attributes } = await world.sqs<{ Attributes: Record<string, string> }>(
      "GetQueueAttributes",
      { QueueUrl: urlOf("jobs"), AttributeNames: ["VisibilityTimeout", "Policy"] },
    );
    expect(Attributes).to.deep.equal({ VisibilityTimeout: "5", Policy: policy });
  });

  it("leave nothing behind once deleted", () => {
    const world = new QueueWorld();
    const queue = world.queue("jobs");
    expect(world.services.sqs.remaining()).to.deep.equal([`aws:sqs/queue:Queue ${urlOf("jobs")}`]);
    world.destroy(queue);
    expect(world.services.sqs.remaining()).to.deep.equal([]);
  });

  it("refuse AWS's ranges at deployment", () => {
    const world = new QueueWorld();
    const problems = (inputs: object): readonly string[] =>
      world.problems("aws:sqs/queue:Queue", "jobs", { ...inputs });
    expect(problems({ visibilityTimeoutSeconds: 43_201 })[0]).to.match(
      /visibilityTimeoutSeconds: .*43200/,
    );
    expect(problems({ kmsMasterKeyId: "alias/mine" })).to.have.length(1);
    expect(problems({ contentBasedDeduplication: true })[0]).to.match(
      /contentBasedDeduplication: can only be on for a FIFO queue/,
    );
    expect(problems({ redrivePolicy: '{"maxReceiveCount":3}' })[0]).to.match(/deadLetterTargetArn/);
  });
});
