import { expect } from "chai";
import { costOf, type CostBasis } from "../../compare/cost";
import { PROVISIONED_PRICES, USAGE_PRICES } from "../../compare/prices";

const basis: CostBasis = {
  usage: {},
  producedRecords: 10_000,
  stream: { mode: "PROVISIONED", shards: 20 },
  idleRun: { mbMs: 0 },
};

describe("costOf", () => {
  it("adds what each meter costs", () => {
    const { usage } = costOf({
      ...basis,
      usage: {
        "lambda.requests": 1_000_000,
        "lambda.mbMs": 1024 * 1000 * 60_000,
        "kinesis.putUnits": 1_000_000,
        "dynamodb.writeUnits": 2_000_000,
        "dynamodb.readUnits": 1_000_000,
        "sqs.requests": 1_000_000,
        "sns.publishes": 1_000_000,
        "s3.puts": 1_000,
        "s3.gets": 1_000,
        "logs.bytes": 2 ** 31,
      },
    });
    const expected =
      0.2 + 60_000 * 0.0000166667 + 0.014 + 1.25 + 0.125 + 0.4 + 0.5 + 0.005 + 0.0004 + 1;
    expect(usage).to.be.closeTo(expected, 1e-6);
  });

  it("prices schedule runs that the account left out, and charges for what they would have done", () => {
    const { usage } = costOf({
      ...basis,
      usage: { "schedule.skippedInvocations": 1_000_000 },
      idleRun: { mbMs: 256 * 4 },
    });
    const logs = ((1_000_000 * 400) / 2 ** 30) * 0.5;
    expect(usage).to.be.closeTo(0.2 + 1_000 * 0.0000166667 + 0.5 * 0.125 + logs, 1e-6);
  });

  it("gives usage for a million produced records", () => {
    const cost = costOf({ ...basis, usage: { "dynamodb.writeUnits": 30_000 } });
    expect(cost.usage).to.equal(0.01875);
    expect(cost.perMillionRecords).to.equal(1.875);
  });

  it("keeps apart what merely exists: shards, or an on-demand stream", () => {
    expect(costOf(basis)).to.deep.equal({
      usage: 0,
      provisionedPerHour: 0.3,
      perMillionRecords: 0,
    });
    const onDemand = costOf({ ...basis, stream: { mode: "ON_DEMAND", shards: 4 } });
    expect(onDemand.provisionedPerHour).to.equal(0.04);
  });

  it("refuses a meter without a price", () => {
    expect(() => costOf({ ...basis, usage: { "efs.bytes": 1 } })).to.throw(
      "No price is known for: efs.bytes.",
    );
  });

  it("names a source for every price", () => {
    for (const price of Object.values({ ...USAGE_PRICES, ...PROVISIONED_PRICES })) {
      expect(price.source).to.match(/^https:\/\/aws\.amazon\.com\//);
      expect(price.usd).to.be.greaterThan(0);
    }
  });
});
