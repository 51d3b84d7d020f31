import { expect } from "chai";
import { arnOf, QueueWorld, redriveTo, urlOf } from "./world";

describe("a poller inside the account", () => {
  it("hears when messages can be received, and not while there are none", async () => {
    const world = new QueueWorld();
    world.queue("jobs", { visibilityTimeoutSeconds: 30 });
    const { sqs } = world.services;
    const heard: [number, string[]][] = [];
    const start = world.kernel.now;
    const stop = sqs.onMessage(arnOf("jobs"), () => {
      const bodies = sqs.receiveFor(arnOf("jobs"), 10).map(({ Body }) => Body);
      heard.push([world.kernel.now - start, bodies]);
    });
    await world.advance(60);
    expect(heard).to.deep.equal([]);
    await world.send("jobs", "a");
    await world.advance(45);
    expect(heard).to.deep.equal([
      [60_000, ["a"]],
      [90_000, ["a"]],
    ]);
    stop();
    await world.advance(3600);
    expect(heard).to.have.length(2);
    expect(world.kernel.quiet).to.equal(true);
  });

  it("gets everything about a message, and deletes it", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    await world.send("jobs", "a", {
      MessageAttributes: { kind: { DataType: "String", StringValue: "x" } },
    });
    const { sqs } = world.services;
    const [message] = sqs.receiveFor(arnOf("jobs"), 10, 5);
    expect(message!.Attributes).to.include.keys("SenderId", "SentTimestamp");
    expect(message!.MessageAttributes).to.have.all.keys("kind");
    sqs.deleteFor(arnOf("jobs"), message!.ReceiptHandle);
    await world.advance(60);
    expect(sqs.messagesOf(arnOf("jobs"))).to.deep.equal([]);
  });

  it("schedules nothing for a message deleted in time", async () => {
    const world = new QueueWorld();
    world.queue("jobs");
    const { sqs } = world.services;
    sqs.onMessage(arnOf("jobs"), () => {
      for (const { ReceiptHandle } of sqs.receiveFor(arnOf("jobs"), 10)) {
        sqs.deleteFor(arnOf("jobs"), ReceiptHandle);
      }
    });
    await world.send("jobs", "a");
    expect(world.kernel.quiet).to.equal(true);
  });
});

describe("a redrive allow policy", () => {
  it("of the dead-letter queue keeps messages in their source once it names others", async () => {
    const world = new QueueWorld();
    world.queue("dead");
    world.queue("jobs", { redrivePolicy: redriveTo("dead", 1), visibilityTimeoutSeconds: 0 });
    const allow = (arn: string): string =>
      JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [arn] });
    const type = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy";
    const queueUrl = urlOf("dead");
    const policy = world.deploy(type, "allow", { queueUrl, redriveAllowPolicy: allow(arnOf("x")) });
    await world.send("jobs", "a");
    await world.receive("jobs");
    expect(await world.bodies("jobs")).to.deep.equal(["a"]);
    world.update(policy, { queueUrl, redriveAllowPolicy: allow(arnOf("jobs")) });
    expect(await world.bodies("jobs")).to.deep.equal([]);
    expect(await world.bodies("dead")).to.deep.equal(["a"]);
  });
});
