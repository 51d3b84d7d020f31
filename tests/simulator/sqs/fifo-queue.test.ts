import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { QueueWorld, redriveTo } from "./world";

function world(inputs: Record<string, unknown> = {}): QueueWorld {
  const created = new QueueWorld();
  created.queue("jobs.fifo", {
    fifoQueue: true,
    contentBasedDeduplication: true,
    visibilityTimeoutSeconds: 30,
    ...inputs,
  });
  return created;
}

const send = (account: QueueWorld, group: string, body: string, more: object = {}) =>
  account.send("jobs.fifo", body, { MessageGroupId: group, ...more });

describe("a FIFO queue", () => {
  it("hands out a group in order, and nothing more while one of it is in flight", async () => {
    const account = world();
    for (const body of ["a1", "a2", "a3"]) await send(account, "a", body);
    await send(account, "b", "b1");
    const first = await account.receive("jobs.fifo", { MaxNumberOfMessages: 2 });
    expect(first.map(({ Body }) => Body)).to.deep.equal(["a1", "a2"]);
    expect(await account.bodies("jobs.fifo")).to.deep.equal(["b1"]);
    await account.delete("jobs.fifo", first[0]!.ReceiptHandle);
    expect(await account.bodies("jobs.fifo")).to.deep.equal([]);
    await account.delete("jobs.fifo", first[1]!.ReceiptHandle);
    expect(await account.bodies("jobs.fifo")).to.deep.equal(["a3"]);
  });

  it("hands out a failed message again before those behind it", async () => {
    const account = world();
    for (const body of ["a1", "a2"]) await send(account, "a", body);
    await account.receive("jobs.fifo", { MaxNumberOfMessages: 1 });
    await account.advance(30);
    expect(await account.bodies("jobs.fifo")).to.deep.equal(["a1", "a2"]);
  });

  it("goes on behind a message that went to the dead-letter queue, in the same receive", async () => {
    const account = new QueueWorld();
    account.queue("dead.fifo", { fifoQueue: true });
    account.queue("jobs.fifo", {
      fifoQueue: true,
      contentBasedDeduplication: true,
      visibilityTimeoutSeconds: 30,
      redrivePolicy: redriveTo("dead.fifo", 1),
    });
    for (const body of ["a1", "a2"]) await send(account, "a", body);
    await account.receive("jobs.fifo", { MaxNumberOfMessages: 1 });
    await account.advance(30);
    expect(await account.bodies("jobs.fifo")).to.deep.equal(["a2"]);
    const [dead] = await account.receive("dead.fifo");
    expect(dead!.Attributes).to.deep.include({ MessageGroupId: "a", ApproximateReceiveCount: "2" });
  });

  it("takes a message once within five minutes, whatever became of it", async () => {
    const account = world();
    const first = await send(account, "a", "same");
    const [received] = await account.receive("jobs.fifo");
    await account.delete("jobs.fifo", received!.ReceiptHandle);
    await account.advance(299.999);
    const again = await send(account, "a", "same");
    expect([again.MessageId, again.SequenceNumber]).to.deep.equal([
      first.MessageId,
      first.SequenceNumber,
    ]);
    expect(await account.counts("jobs.fifo")).to.deep.equal([0, 0, 0]);
    await account.advance(0.001);
    const fresh = await send(account, "a", "same");
    expect(fresh.MessageId).not.to.equal(first.MessageId);
    expect(await account.bodies("jobs.fifo")).to.deep.equal(["same"]);
  });

  it("tells duplicates apart by group when the scope is the group", async () => {
    const account = world({
      deduplicationScope: "messageGroup",
      fifoThroughputLimit: "perMessageGroupId",
    });
    await send(account, "a", "same");
    await send(account, "b", "same");
    expect(await account.counts("jobs.fifo")).to.deep.equal([2, 0, 0]);
  });

  it("numbers messages upwards", async () => {
    const account = world();
    const first = await send(account, "a", "1");
    const second = await send(account, "b", "2");
    expect(BigInt(second.SequenceNumber!) > BigInt(first.SequenceNumber!)).to.equal(true);
    expect(first.SequenceNumber).to.have.length(20);
  });

  it("needs a group and a deduplication id, and takes no delay", async () => {
    const account = world({ contentBasedDeduplication: false });
    expect(await refusal(() => account.send("jobs.fifo", "a"))).to.equal(
      "MissingParameter: The request must contain the parameter MessageGroupId.",
    );
    expect(await refusal(() => send(account, "a", "a"))).to.equal(
      "InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or " +
        "MessageDeduplicationId provided explicitly",
    );
    expect(
      await refusal(() =>
        send(account, "a", "a", { DelaySeconds: 5, MessageDeduplicationId: "1" }),
      ),
    ).to.equal(
      "InvalidParameterValue: Value 5 for parameter DelaySeconds is invalid. Reason: The request include " +
        "parameter that is not valid for this queue type.",
    );
  });

  it("does not delete by a receipt handle whose time is over", async () => {
    const account = world();
    await send(account, "a", "a1");
    const [message] = await account.receive("jobs.fifo");
    await account.advance(30);
    expect(await refusal(() => account.delete("jobs.fifo", message!.ReceiptHandle))).to.match(
      /^InvalidParameterValue: .* Reason: The receipt handle has expired\.$/,
    );
  });

  it("wakes a long poll when the message that blocked a group is deleted", async () => {
    const account = world();
    for (const body of ["a1", "a2"]) await send(account, "a", body);
    const [first] = await account.receive("jobs.fifo", { MaxNumberOfMessages: 1 });
    const polled: string[][] = [];
    void account.bodies("jobs.fifo", { WaitTimeSeconds: 20 }).then((found) => polled.push(found));
    await account.advance(1);
    expect(polled).to.deep.equal([]);
    await account.delete("jobs.fifo", first!.ReceiptHandle);
    await account.advance(0);
    expect(polled).to.deep.equal([["a2"]]);
  });

  it("is metered apart", async () => {
    const account = world();
    await account.receive("jobs.fifo");
    expect(account.usage.snapshot()).to.deep.equal({ "sqs.fifoRequests": 1 });
  });

  it("must be named .fifo", () => {
    const account = new QueueWorld();
    const [problem] = account.problems("aws:sqs/queue:Queue", "jobs", {
      name: "jobs",
      fifoQueue: true,
    });
    expect(problem).to.match(/name: must end in \.fifo if fifoQueue is on, and only then/);
  });
});
