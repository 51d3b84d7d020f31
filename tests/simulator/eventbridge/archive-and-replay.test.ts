import { expect } from "chai";
import type { AssumptionValues } from "../../../simulator/assumptions";
import { refusal, START_MS } from "../iam/account-fixture";
import { arnOf as queueArn } from "../sqs/world";
import { ARCHIVE, BUS, BusWorld, placed, RULE } from "./world";

const DAY_SECONDS = 86_400;
const at = (seconds: number): Date => new Date(START_MS + 1000 * seconds);

/** A bus whose `placed` events go to the queue `inbox`, with an archive `kept`. */
class ArchiveWorld extends BusWorld {
  constructor(inputs: Record<string, unknown> = {}, assumptions: AssumptionValues = {}) {
    super({ assumptions });
    this.target("inbox", queueArn("inbox"));
    this.archive = this.deploy("aws:cloudwatch/eventArchive:EventArchive", "kept", {
      ...{ name: "kept", eventSourceArn: BUS },
      ...inputs,
    });
  }

  readonly archive;

  async count(): Promise<unknown> {
    return (await this.events("DescribeArchive", { ArchiveName: "kept" }))["EventCount"];
  }

  replay(name: string, more: object = {}): Promise<Record<string, unknown>> {
    return this.events("StartReplay", {
      ReplayName: name,
      EventSourceArn: ARCHIVE,
      EventStartTime: at(-DAY_SECONDS),
      EventEndTime: at(DAY_SECONDS),
      Destination: { Arn: BUS },
      ...more,
    });
  }

  async state(name: string): Promise<unknown> {
    return (await this.events("DescribeReplay", { ReplayName: name }))["State"];
  }

  /** Orders that arrived through a replay, in order of arrival. */
  replayed(): unknown[] {
    return this.parsed("inbox")
      .filter((event) => "replay-name" in event)
      .map(({ detail }) => (detail as { order: unknown }).order);
  }
}

describe("an archive", () => {
  it("keeps every event of its bus, or those that match its pattern", async () => {
    const all = new ArchiveWorld();
    await all.putEntries([placed({ order: 1 }), placed({}, { Source: "other" })]);
    expect(await all.count()).to.equal(2);
    const some = new ArchiveWorld({ eventPattern: '{"source":["shop"]}' });
    await some.putEntries([placed({ order: 1 }), placed({}, { Source: "other" })]);
    await some.putEntries([placed({}, { EventBusName: "default" })]);
    expect(await some.count()).to.equal(1);
  });

  it("keeps them for its retention (0 days: for ever)", async () => {
    const short = new ArchiveWorld({ retentionDays: 2 });
    const long = new ArchiveWorld();
    for (const world of [short, long]) {
      await world.put({ order: 1 });
      await world.advance(DAY_SECONDS);
      await world.put({ order: 2 });
      await world.advance(DAY_SECONDS - 1);
      expect(await world.count()).to.equal(2);
      await world.advance(1);
    }
    expect([await short.count(), await long.count()]).to.deep.equal([1, 2]);
    await long.advance(10_000 * DAY_SECONDS);
    expect(await long.count()).to.equal(2);
  });

  it("has an event only after a while (eventbridge.archiveDelayMs)", async () => {
    const world = new ArchiveWorld({}, { "eventbridge.archiveDelayMs": 600_000 });
    await world.put({ order: 1 });
    await world.advance(599);
    expect(await world.count()).to.equal(0);
    await world.advance(1);
    expect(await world.count()).to.equal(1);
  });

  it("is described and listed", async () => {
    const world = new ArchiveWorld({ retentionDays: 7, description: "mine" });
    await world.put({ order: 1 });
    const summary = {
      ...{ ArchiveName: "kept", EventSourceArn: BUS, State: "ENABLED", RetentionDays: 7 },
      ...{ EventCount: 1, CreationTime: at(0) },
    };
    const described = await world.events("DescribeArchive", { ArchiveName: "kept" });
    expect(described).to.deep.include({ ...summary, ArchiveArn: ARCHIVE, Description: "mine" });
    expect(described["SizeBytes"]).to.be.above(100);
    const list = async (input: object): Promise<unknown[]> =>
      (await world.events("ListArchives", input))["Archives"] as unknown[];
    expect((await list({}))[0]).to.deep.include(summary);
    expect(await list({ NamePrefix: "k" })).to.have.length(1);
    expect(await list({ NamePrefix: "x" })).to.deep.equal([]);
    expect(await list({ EventSourceArn: BUS })).to.have.length(1);
    expect(await refusal(() => list({ EventSourceArn: `${BUS}x` }))).to.equal(
      "ResourceNotFoundException: Event bus ordersx does not exist.",
    );
    expect(await refusal(() => world.events("DescribeArchive", { ArchiveName: "no" }))).to.equal(
      "ResourceNotFoundException: Archive no does not exist.",
    );
  });

  it("needs a bus, and a name of its own", async () => {
    const world = new ArchiveWorld();
    const archive = (eventSourceArn: string) => () =>
      world.deploy("aws:cloudwatch/eventArchive:EventArchive", "a", {
        ...{ name: "kept", eventSourceArn },
      });
    expect(await refusal(archive(BUS))).to.equal(
      "ResourceAlreadyExistsException: Archive kept already exists.",
    );
    world.destroy(world.archive);
    expect(await refusal(archive(`${BUS}x`))).to.equal(
      "ResourceNotFoundException: Event bus ordersx does not exist.",
    );
    expect(world.eventbridge.remaining()).to.not.include("kept");
  });
});

describe("a replay", () => {
  it("sends the events once more, under its name; the archive does not keep them twice", async () => {
    const world = new ArchiveWorld();
    const [id] = await world.put({ order: 1 });
    await world.arrive();
    await world.replay("again");
    await world.advance(10);
    const [first, second, ...others] = world.parsed("inbox");
    expect(others).to.deep.equal([]);
    expect(second).to.deep.equal({ ...first, "replay-name": "again" });
    expect(second!["id"]).to.equal(id);
    expect(Object.keys(second!).slice(6)).to.deep.equal([
      ...["region", "replay-name", "resources", "detail"],
    ]);
    expect(await world.count()).to.equal(1);
    expect(world.usage.snapshot()).to.include({
      "eventbridge.events": 1,
      "eventbridge.replayedEvents": 1,
    });
  });

  it("goes from STARTING through RUNNING to COMPLETED", async () => {
    const world = new ArchiveWorld();
    await world.put({ order: 1 });
    const started = await world.replay("again", { Description: "why" });
    const arn = ARCHIVE.replace("archive/kept", "replay/again");
    expect(started).to.deep.equal({
      ...{ ReplayArn: arn, State: "STARTING", ReplayStartTime: at(0) },
    });
    expect(world.kernel.quiet).to.equal(false);
    await world.advance(1);
    expect(await world.state("again")).to.equal("RUNNING");
    await world.advance(1);
    expect(await world.events("DescribeReplay", { ReplayName: "again" })).to.deep.equal({
      ...{ ReplayArn: arn, ReplayName: "again", Description: "why", State: "COMPLETED" },
      ...{ EventSourceArn: ARCHIVE, Destination: { Arn: BUS } },
      ...{ EventStartTime: at(-DAY_SECONDS), EventEndTime: at(DAY_SECONDS) },
      ...{ EventLastReplayedTime: at(0), ReplayStartTime: at(0), ReplayEndTime: at(2) },
    });
  });

  it("goes minute by minute of the events' own time, not of their arrival", async () => {
    const world = new ArchiveWorld();
    const times = [150, 30, 20, 3_600, 155];
    await world.putEntries(times.map((time) => placed({ order: time }, { Time: at(time) })));
    await world.arrive();
    await world.replay("again");
    await world.advance(2.2);
    expect(world.replayed()).to.have.members([20, 30]);
    await world.advance(1);
    expect(world.replayed().slice(2)).to.have.members([150, 155]);
    await world.advance(1);
    expect(world.replayed().slice(4)).to.deep.equal([3_600]);
    expect(await world.state("again")).to.equal("COMPLETED");
  });

  it("takes the events between its times, both included", async () => {
    const world = new ArchiveWorld();
    const times = [10, 20, 30, 40];
    await world.putEntries(times.map((time) => placed({ order: time }, { Time: at(time) })));
    await world.arrive();
    await world.replay("again", { EventStartTime: at(20), EventEndTime: at(30) });
    await world.advance(10);
    expect(world.replayed()).to.have.members([20, 30]);
  });

  it("reaches all rules of the bus, or those named", async () => {
    const world = new ArchiveWorld();
    world.deployRule("also", { eventPattern: '{"source":["shop"]}' });
    world.target("dead", queueArn("dead"), { rule: "also" });
    await world.put({ order: 1 });
    await world.arrive();
    await world.replay("some", { Destination: { Arn: BUS, FilterArns: [RULE] } });
    await world.advance(10);
    expect([world.parsed("inbox").length, world.parsed("dead").length]).to.deep.equal([2, 1]);
    await world.replay("all");
    await world.advance(10);
    expect([world.parsed("inbox").length, world.parsed("dead").length]).to.deep.equal([3, 2]);
  });

  it("can be cancelled while it is under way", async () => {
    const world = new ArchiveWorld();
    await world.put({ order: 1 });
    await world.replay("again");
    await world.advance(1);
    expect(await world.events("CancelReplay", { ReplayName: "again" })).to.include({
      State: "CANCELLING",
    });
    await world.advance(1);
    expect(await world.state("again")).to.equal("CANCELLED");
    expect(world.replayed()).to.deep.equal([]);
    expect(await refusal(() => world.events("CancelReplay", { ReplayName: "again" }))).to.equal(
      "IllegalStatusException: Replay again is not in a valid state for this operation.",
    );
  });

  it("is refused with AWS's reason", async () => {
    const world = new ArchiveWorld();
    world.deploy("aws:cloudwatch/eventBus:EventBus", "other", { name: "other" });
    await world.replay("again");
    const problem = (more: object, name = "new"): Promise<string> =>
      refusal(() => world.replay(name, more));
    expect(await problem({}, "again")).to.equal(
      "ResourceAlreadyExistsException: Replay again already exists.",
    );
    expect(await problem({ Destination: { Arn: `${BUS}x` } })).to.equal(
      "ResourceNotFoundException: Event bus ordersx does not exist.",
    );
    expect(await problem({ Destination: { Arn: BUS.replace("orders", "other") } })).to.equal(
      "ValidationException: Parameter Destination.Arn is not valid. " +
        "Reason: Cross event bus replay is not permitted.",
    );
    expect(await problem({ EventSourceArn: `${ARCHIVE}x` })).to.equal(
      "ValidationException: Parameter EventSourceArn is not valid. " +
        "Reason: Archive keptx does not exist.",
    );
    expect(await problem({ EventEndTime: at(-DAY_SECONDS) })).to.equal(
      "ValidationException: Parameter EventEndTime is not valid. " +
        "Reason: EventStartTime must be before EventEndTime.",
    );
    expect(await problem({}, "a b")).to.match(/^ValidationException: Parameter ReplayName/);
    expect(await refusal(() => world.state("none"))).to.equal(
      "ResourceNotFoundException: Replay none does not exist.",
    );
  });

  it("is one of ten under way at most", async () => {
    const world = new ArchiveWorld();
    for (let count = 0; count < 10; count++) await world.replay(`r${count}`);
    expect(await refusal(() => world.replay("r10"))).to.match(/^LimitExceededException/);
    await world.advance(10);
    expect(await refusal(() => world.replay("r10"))).to.equal("not refused");
  });

  it("is listed, by prefix, state and archive, in pages", async () => {
    const world = new ArchiveWorld();
    for (const name of ["b-2", "a-1", "b-1"]) await world.replay(name);
    const list = (input: object) =>
      world.events<{ Replays: { ReplayName: string }[]; NextToken?: string }>("ListReplays", input);
    const names = async (input: object): Promise<string[]> =>
      (await list(input)).Replays.map(({ ReplayName }) => ReplayName);
    expect(await names({})).to.deep.equal(["a-1", "b-1", "b-2"]);
    expect(await names({ NamePrefix: "b" })).to.deep.equal(["b-1", "b-2"]);
    expect(await names({ State: "COMPLETED" })).to.deep.equal([]);
    expect(await names({ EventSourceArn: ARCHIVE })).to.have.length(3);
    const { NextToken } = await list({ Limit: 2 });
    expect(await names({ Limit: 2, NextToken })).to.deep.equal(["b-2"]);
  });
});
