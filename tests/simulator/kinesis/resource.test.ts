import { expect } from "chai";
import type { Account } from "../../../simulator/services/account";
import { Kinesis, kinesisResources } from "../../../simulator/services/kinesis/service";
import type { Resource, ResourceIdentity } from "../../../simulator/services/service";
import { World } from "../mappings/world";

const definition = kinesisResources[0]!;
const ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";

const identity: ResourceIdentity = {
  urn: "urn:pulumi:dev::redrive::aws:kinesis/stream:Stream::orders",
  type: definition.type,
  name: "orders",
  suffix: "1234567",
  uuid: "01234567-89ab-4cde-8f01-23456789abcd",
  accountId: "123456789012",
  region: "us-east-1",
};

function resource(changes: Record<string, unknown>): Resource<never> {
  const inputs = definition.schema.parse({ name: "orders", ...changes }) as never;
  return { ...identity, inputs, ...definition.plan(inputs, identity) };
}

function problemsWith(properties: Record<string, unknown>): string[] {
  const { error } = definition.schema.safeParse({ name: "orders", ...properties });
  return (error?.issues ?? []).map(({ message, path }) => `${path.join(".")}: ${message}`);
}

function account(): { account: Account; kinesis: Kinesis } {
  const { account, kinesis } = new World();
  kinesis.deleteStream("readings");
  return { account, kinesis };
}

describe("aws:kinesis/stream:Stream", () => {
  it("fills in AWS's defaults, and is known by its ARN", () => {
    const { id, outputs } = resource({ shardCount: 2 });
    expect(id).to.equal(ARN);
    expect(outputs).to.deep.include({
      arn: ARN,
      encryptionType: "NONE",
      name: "orders",
      retentionPeriod: 24,
      shardCount: 2,
      streamModeDetails: { streamMode: "PROVISIONED" },
    });
  });

  it("makes the stream, with as many shards as asked for", () => {
    const { account: target, kinesis } = account();
    definition.create(resource({ shardCount: 20, retentionPeriod: 48 }), target);
    expect(kinesis.shardCount()).to.equal(20);
    const source = kinesis.streamSource(ARN)!;
    expect(source.shards).to.have.length(20);
    expect(source.retentionMs).to.equal(48 * 3_600_000);
    expect(kinesis.streamSource(`${ARN}-other`)).to.equal(undefined);
    expect(kinesis.remaining()).to.deep.equal([`aws:kinesis/stream:Stream ${ARN}`]);
    definition.delete(resource({ shardCount: 20 }), target);
    expect(kinesis.remaining()).to.deep.equal([]);
  });

  it("begins with four shards (on demand)", () => {
    const { account: target, kinesis } = account();
    const streamModeDetails = { streamMode: "ON_DEMAND" };
    definition.create(resource({ streamModeDetails }), target);
    expect(kinesis.shardCount()).to.equal(4);
  });

  it("refuses a name that is taken", () => {
    const { account: target } = account();
    definition.create(resource({ shardCount: 1 }), target);
    expect(() => definition.create(resource({ shardCount: 1 }), target))
      .to.throw("Stream orders under account 123456789012 already exists.")
      .with.property("code", "ResourceInUseException");
  });

  it("changes retention and encryption in place, and keeps the records", () => {
    const { account: target, kinesis } = account();
    const before = resource({ shardCount: 1 });
    definition.create(before, target);
    const stream = kinesis.requireStream("orders");
    kinesis.append(stream, { partitionKey: "a", data: new Uint8Array(1) });
    const encryption = { encryptionType: "KMS", kmsKeyId: "alias/aws/kinesis" };
    const after = resource({ shardCount: 1, retentionPeriod: 72, ...encryption });
    definition.update(after, before, target);
    expect(stream.retentionMs).to.equal(72 * 3_600_000);
    expect(stream.settings.encryptionType).to.equal("KMS");
    expect(stream.shards[0]!.records).to.have.length(1);
  });

  it("does not model a change of the number of shards", () => {
    const { account: target } = account();
    const before = resource({ shardCount: 1 });
    definition.create(before, target);
    expect(() => definition.update(resource({ shardCount: 2 }), before, target)).to.throw(
      "orders: shardCount: a change from 1 to 2 shards",
    );
  });

  const refused: [Record<string, unknown>, string][] = [
    [{}, "shardCount: required when streamMode is PROVISIONED"],
    [
      { shardCount: 1, streamModeDetails: { streamMode: "ON_DEMAND" } },
      "shardCount: must not be set when streamMode is ON_DEMAND",
    ],
    [{ shardCount: 1, retentionPeriod: 23 }, "retentionPeriod: "],
    [{ shardCount: 1, retentionPeriod: 8761 }, "retentionPeriod: "],
    [{ shardCount: 1, encryptionType: "KMS" }, "kmsKeyId: required when encryptionType is KMS"],
    [
      { shardCount: 1, encryptionType: "KMS", kmsKeyId: "alias/mine" },
      "kmsKeyId: only alias/aws/kinesis is modelled",
    ],
    [{ shardCount: 1, maxRecordSizeInKib: 2048 }, "maxRecordSizeInKib: records of more than 1 MiB"],
    [{ shardCount: 1, warmThroughputMibPs: 1 }, ': Unrecognized key: "warmThroughputMibPs"'],
  ];
  for (const [properties, problem] of refused) {
    it(`refuses ${JSON.stringify(properties)}`, () => {
      const problems = problemsWith(properties);
      expect(problems).to.have.length(1);
      expect(problems[0]!.startsWith(problem), problems[0]).to.equal(true);
    });
  }
});
