import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { arnOf as queueArn } from "../sqs/world";
import { BUS, BusWorld, placed } from "./world";

const UUID = /^[0-9a-f-]{36}$/;

function world(): BusWorld {
  const bus = new BusWorld();
  bus.target("inbox", queueArn("inbox"));
  return bus;
}

describe("PutEvents", () => {
  it("answers an id for each event, and sends AWS's envelope", async () => {
    const bus = world();
    const { Entries, FailedEntryCount } = await bus.putEntries([
      placed({ order: 1 }, { Resources: ["arn:one"], TraceHeader: "Root=1" }),
      placed({ order: 1 }),
    ]);
    expect(FailedEntryCount).to.equal(0);
    const ids = Entries.map(({ EventId }) => EventId!);
    for (const id of ids) expect(id).to.match(UUID);
    expect(new Set(ids).size).to.equal(2);
    await bus.arrive();
    const received = bus.parsed("inbox");
    expect(received).to.have.deep.members([
      {
        ...{ version: "0", id: ids[0], "detail-type": "placed", source: "shop" },
        ...{ account: "123456789012", time: "2026-01-01T00:00:00Z", region: "eu-west-1" },
        ...{ resources: ["arn:one"], detail: { order: 1 } },
      },
      {
        ...{ version: "0", id: ids[1], "detail-type": "placed", source: "shop" },
        ...{ account: "123456789012", time: "2026-01-01T00:00:00Z", region: "eu-west-1" },
        ...{ resources: [], detail: { order: 1 } },
      },
    ]);
    const names = ["version", "id", "detail-type", "source", "account", "time", "region"];
    expect(Object.keys(received[0]!)).to.deep.equal([...names, "resources", "detail"]);
  });

  it("keeps the time that an event says it has, in whole seconds", async () => {
    const bus = world();
    await bus.putEntries([placed({}, { Time: new Date("2025-05-05T05:05:05.678Z") })]);
    await bus.arrive();
    expect(bus.parsed("inbox")[0]).to.include({ time: "2025-05-05T05:05:05Z" });
  });

  it("finds the bus by name or ARN; without one it is the default bus", async () => {
    const bus = world();
    const byArn = await bus.putEntries([placed({ by: "ARN" }, { EventBusName: BUS })]);
    const onDefault = await bus.putEntries([placed({}, { EventBusName: undefined })]);
    for (const { FailedEntryCount } of [byArn, onDefault]) expect(FailedEntryCount).to.equal(0);
    await bus.arrive();
    expect(bus.parsed("inbox").map(({ detail }) => detail)).to.deep.equal([{ by: "ARN" }]);
  });

  it("answers an id for an event on a bus that does not exist, too", async () => {
    const { Entries, FailedEntryCount } = await world().putEntries([
      placed({}, { EventBusName: "nowhere" }),
    ]);
    expect(FailedEntryCount).to.equal(0);
    expect(Entries[0]!.EventId).to.match(UUID);
  });

  it("refuses entries one by one, in the order of the request", async () => {
    const bus = world();
    const required = (name: string): object => ({
      ErrorCode: "InvalidArgument",
      ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
    });
    const malformed = { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    const { Entries, FailedEntryCount } = await bus.putEntries([
      placed({}, { Source: undefined }),
      placed({}, { DetailType: undefined }),
      placed({}, { Detail: undefined }),
      placed({}, { Detail: "text" }),
      placed({}, { Detail: '"text"' }),
      placed({}, { Detail: "[1]" }),
      placed({}, { Detail: "{" }),
      placed({}, { Source: "aws.ec2" }),
      placed({ good: true }),
    ]);
    expect(FailedEntryCount).to.equal(8);
    expect(Entries.slice(0, 8)).to.deep.equal([
      ...["Source", "DetailType", "Detail"].map(required),
      ...[malformed, malformed, malformed, malformed],
      {
        ErrorCode: "NotAuthorizedForSourceException",
        ErrorMessage: "Not authorized for the source.",
      },
    ]);
    await bus.arrive();
    expect(bus.parsed("inbox").map(({ detail }) => detail)).to.deep.equal([{ good: true }]);
  });

  it("takes 1 to 10 entries", async () => {
    const bus = world();
    const eleven = Array.from({ length: 11 }, () => ({ Source: "s", Detail: '{"a":1}' }));
    const problem = await refusal(() => bus.putEntries(eleven));
    const shown =
      'PutEventsRequestEntry(time=null, source=s, resources=null, detailType=null, detail={"a":1}, ' +
      "eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)";
    expect(problem).to.equal(
      "ValidationException: 1 validation error detected: Value " +
        `'[${eleven.map(() => shown).join(", ")}]' at 'entries' failed to satisfy constraint: ` +
        "Member must have length less than or equal to 10",
    );
    expect(await refusal(() => bus.putEntries([]))).to.match(/greater than or equal to 1$/);
    expect(await refusal(() => bus.putEntries(eleven.slice(1)))).to.equal("not refused");
  });

  it("takes 1 MB in all: source, type, detail, resources, and 14 bytes for a time", async () => {
    const bus = world();
    const around = Buffer.byteLength("shop" + "placed" + JSON.stringify({ text: "" }) + "ärn") + 14;
    const filling = (bytes: number) =>
      placed(
        { text: "x".repeat(bytes) },
        { Resources: ["ärn"], Time: new Date("2026-01-01T00:00:00Z") },
      );
    const limit = 1_048_576 - around;
    expect(await refusal(() => bus.putEntries([filling(limit)]))).to.equal("not refused");
    expect(await refusal(() => bus.putEntries([filling(limit + 1)]))).to.equal(
      "ValidationException: Total size of the entries in the request is over the limit.",
    );
    expect(await refusal(() => bus.putEntries([filling(limit - 9), placed({})]))).to.match(
      /over the limit/,
    );
  });

  it("is counted in chunks of 64 KB an event, refused ones not at all", async () => {
    const bus = world();
    await bus.putEntries([
      placed({}),
      placed({ text: "x".repeat(70_000) }),
      placed({}, { Source: undefined }),
    ]);
    expect(bus.usage.snapshot()["eventbridge.events"]).to.equal(3);
  });

  it("refuses what is not modelled", async () => {
    const bus = world();
    const global = (): unknown => bus.events("PutEvents", { Entries: [], EndpointId: "e" });
    expect(await refusal(global)).to.match(/the parameter EndpointId is not modelled/);
  });
});

describe("a role that puts events", () => {
  const allow = (more: object = {}): object => ({
    ...{ Effect: "Allow", Action: "events:PutEvents", Resource: BUS },
    ...more,
  });

  it("needs to be allowed, for that bus", async () => {
    const bus = world();
    const role = bus.role("publisher", [allow()]);
    expect((await bus.putEntries([placed({})], role)).FailedEntryCount).to.equal(0);
    const elsewhere = [placed({}), placed({}, { EventBusName: undefined })];
    expect(await refusal(() => bus.putEntries(elsewhere, role))).to.equal(
      `AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/publisher/publisher is not ` +
        "authorized to perform: events:PutEvents on resource: " +
        "arn:aws:events:eu-west-1:123456789012:event-bus/default because no identity-based policy " +
        "allows the events:PutEvents action",
    );
  });

  it("can be held to a source and a type", async () => {
    const bus = world();
    const Condition = {
      "ForAllValues:StringEquals": { "events:source": "shop", "events:detail-type": "placed" },
    };
    const role = bus.role("publisher", [allow({ Condition })]);
    expect(await refusal(() => bus.putEntries([placed({})], role))).to.equal("not refused");
    const other = [placed({}), placed({}, { Source: "other" })];
    expect(await refusal(() => bus.putEntries(other, role))).to.match(/^AccessDeniedException/);
  });

  it("can be allowed by the policy of the bus", async () => {
    const bus = world();
    const role = bus.role("guest");
    const policy = { Version: "2012-10-17", Statement: [allow({ Principal: { AWS: role } })] };
    const inputs = { eventBusName: "orders", policy: JSON.stringify(policy) };
    const resource = bus.deploy("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "p", inputs);
    expect(await refusal(() => bus.putEntries([placed({})], role))).to.equal("not refused");
    expect(await bus.events("DescribeEventBus", { Name: "orders" })).to.include({
      Policy: inputs.policy,
    });
    bus.destroy(resource);
    expect(await refusal(() => bus.putEntries([placed({})], role))).to.match(/^AccessDenied/);
  });
});

describe("an event of another service", () => {
  it("goes on a bus by name or ARN, and counts as one", async () => {
    const bus = world();
    const content = { source: "shop", detailType: "placed", detail: { n: 1 }, resources: ["a"] };
    bus.eventbridge.receive("orders", content);
    bus.eventbridge.receive(BUS, content);
    await bus.arrive();
    expect(bus.parsed("inbox")).to.have.length(2);
    expect(bus.usage.snapshot()["eventbridge.events"]).to.equal(2);
  });

  it("is refused by a bus that does not exist", async () => {
    const bus = world();
    const send = (name: string) => () =>
      bus.eventbridge.receive(name, { source: "s", detailType: "t", detail: {} });
    const expected = "ResourceNotFoundException: Event bus gone does not exist.";
    expect(await refusal(send("gone"))).to.equal(expected);
    expect(await refusal(send(BUS.replace("orders", "gone")))).to.equal(expected);
  });
});
