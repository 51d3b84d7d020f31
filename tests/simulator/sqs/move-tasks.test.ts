import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { arnOf, QueueWorld, redriveTo } from "./world";

/** Three dead letters of `jobs` in `dead`. */
async function worldWithDeadLetters(): Promise<QueueWorld> {
  const world = new QueueWorld();
  world.queue("dead");
  world.queue("jobs", { redrivePolicy: redriveTo("dead", 1), visibilityTimeoutSeconds: 0 });
  for (const body of ["a", "b", "c"]) await world.send("jobs", body);
  await world.receive("jobs");
  await world.receive("jobs");
  expect(await world.counts("dead")).to.deep.equal([3, 0, 0]);
  return world;
}

const start = (world: QueueWorld, more: object = {}) =>
  world.sqs<{ TaskHandle: string }>("StartMessageMoveTask", { SourceArn: arnOf("dead"), ...more });

const latest = async (world: QueueWorld): Promise<Record<string, unknown>> => {
  const { Results } = await world.sqs<{ Results: Record<string, unknown>[] }>(
    "ListMessageMoveTasks",
    { SourceArn: arnOf("dead") },
  );
  return Results[0]!;
};

describe("message move tasks", () => {
  it("move dead letters back to where they came from, as new messages", async () => {
    const world = await worldWithDeadLetters();
    const ids = world.services.sqs.messagesOf(arnOf("dead")).map(({ messageId }) => messageId);
    await start(world);
    await world.advance(1);
    expect(await world.counts("dead")).to.deep.equal([0, 0, 0]);
    const received = await world.receive("jobs");
    expect(received.map(({ Body }) => Body)).to.deep.equal(["a", "b", "c"]);
    expect(received[0]!.Attributes!["ApproximateReceiveCount"]).to.equal("1");
    expect(ids).not.to.include(received[0]!.MessageId);
    expect(await latest(world)).to.deep.include({
      Status: "COMPLETED",
      ApproximateNumberOfMessagesMoved: 3,
      ApproximateNumberOfMessagesToMove: 3,
    });
  });

  it("keep to their rate, and stop when cancelled", async () => {
    const world = await worldWithDeadLetters();
    const { TaskHandle } = await start(world, { MaxNumberOfMessagesPerSecond: 1 });
    expect(await refusal(() => start(world))).to.match(
      /^UnsupportedOperation: There is already a task running/,
    );
    await world.advance(1.5);
    expect(await latest(world)).to.deep.include({
      Status: "RUNNING",
      ApproximateNumberOfMessagesMoved: 2,
    });
    expect(await world.sqs("CancelMessageMoveTask", { TaskHandle })).to.deep.equal({
      ApproximateNumberOfMessagesMoved: 2,
    });
    await world.advance(10);
    expect(await world.counts("dead")).to.deep.equal([1, 0, 0]);
    expect(await latest(world)).to.deep.include({ Status: "CANCELLED" });
  });

  it("go to another queue if told so", async () => {
    const world = await worldWithDeadLetters();
    world.queue("other");
    await start(world, { DestinationArn: arnOf("other") });
    await world.advance(1);
    expect(await world.bodies("other")).to.deep.equal(["a", "b", "c"]);
  });

  it("are refused for a queue that is nobody's dead-letter queue", async () => {
    const world = await worldWithDeadLetters();
    expect(await refusal(() => start(world, { SourceArn: arnOf("jobs") }))).to.equal(
      "InvalidParameterValue: Source queue must be configured as a Dead Letter Queue.",
    );
    expect(await refusal(() => start(world, { SourceArn: arnOf("nothing") }))).to.equal(
      "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.",
    );
  });

  it("fail when it is not known where a message came from", async () => {
    const world = await worldWithDeadLetters();
    await world.send("dead", "sent here directly");
    await start(world);
    await world.advance(1);
    expect(await latest(world)).to.deep.include({
      Status: "FAILED",
      FailureReason: "CouldNotDetermineMessageSource",
      ApproximateNumberOfMessagesMoved: 3,
    });
  });
});
