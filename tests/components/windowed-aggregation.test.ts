import { expect } from "chai";
import { installedFor, packedIn } from "./packed-packages";
import { recordDeployment, stackConfig, type RecordedDeployment } from "./recorded-deployment";
import { named, ofType, rightsIn, statementsOf } from "./resources";

const MAPPING = "windows-consumer-mapping";
const LOGS = ["logs:CreateLogStream *", "logs:PutLogEvents *"];
const STREAM_RIGHTS = [
  "kinesis:DescribeStream",
  "kinesis:DescribeStreamSummary",
  "kinesis:GetRecords",
  "kinesis:GetShardIterator",
  "kinesis:ListShards",
].map((action) => `${action} windows-input-stream`);

describe("WindowedAggregation", function () {
  this.timeout(120_000);

  let tumbling: RecordedDeployment;
  let exact: RecordedDeployment;
  before(async () => {
    tumbling = await recordDeployment(stackConfig("windows-tumbling"));
    exact = await recordDeployment(stackConfig("windows-exact"));
  });

  it("puts out the names that tools go by", () => {
    const names = [
      "windowsAggregateTableName",
      "windowsConsumerFunctionName",
      "windowsDeadLetterBucketName",
      "windowsDeadLetterQueueUrl",
      "windowsDeadLetterTopicArn",
      "windowsDeadLetterTopicQueueUrl",
      "windowsLedgerTableName",
      "windowsStreamName",
      "windowsTumblingSeconds",
    ];
    for (const { outputs } of [tumbling, exact]) {
      expect(Object.keys(outputs).sort()).to.deep.equal(names);
    }
    expect(exact.outputs).to.include({
      windowsStreamName: "windows-input-stream",
      windowsAggregateTableName: "windows-kinesis-aggs",
      windowsTumblingSeconds: 0,
    });
    expect(tumbling.outputs).to.include({ windowsTumblingSeconds: 300 });
  });

  it("creates the same resources for both modes", () => {
    const names = ({ resources }: RecordedDeployment) =>
      resources.map(({ type, name }) => `${type} ${name}`).sort();
    expect(names(exact)).to.deep.equal(names(tumbling));
  });

  it("has the lab's mapping: windows of five minutes, a thousand trips, two retries", () => {
    expect(named(tumbling, "EventSourceMapping", MAPPING).inputs).to.deep.include({
      batchSize: 1_000,
      maximumRetryAttempts: 2,
      tumblingWindowInSeconds: 300,
      functionResponseTypes: [],
      startingPosition: "TRIM_HORIZON",
    });
  });

  it("has no windows of the mapping's (exact)", () => {
    const { inputs } = named(exact, "EventSourceMapping", MAPPING);
    expect(inputs).to.not.have.property("tumblingWindowInSeconds");
    expect(inputs["destinationConfig"]).to.deep.equal({
      onFailure: { destinationArn: "arn:mock:aws:s3/bucket:Bucket:windows-dead-letter-bucket" },
    });
  });

  it("gives the consumer no right beyond its work", () => {
    expect(rightsIn(tumbling, "windows-consumer-policy")).to.deep.equal([
      ...STREAM_RIGHTS,
      "dynamodb:UpdateItem windows-kinesis-aggs",
      ...LOGS,
    ]);
    expect(rightsIn(exact, "windows-consumer-policy")).to.deep.equal([
      ...STREAM_RIGHTS,
      "dynamodb:UpdateItem windows-kinesis-aggs",
      "dynamodb:PutItem windows-ledger",
      "s3:PutObject windows-dead-letter-bucket/aws/lambda/*",
      "s3:ListBucket windows-dead-letter-bucket",
      ...LOGS,
    ]);
    for (const policy of ofType(exact, "RolePolicy")) {
      for (const { Action } of statementsOf(policy)) {
        expect([Action].flat().join()).to.not.include("*");
      }
    }
  });

  it("forgets trips after a month, and no sums", () => {
    const ttlOf = (table: string) => named(exact, "Table", table).inputs["ttl"];
    expect(ttlOf("windows-ledger")).to.deep.equal({ attributeName: "ttl", enabled: true });
    expect(ttlOf("windows-kinesis-aggs")).to.equal(undefined);
  });

  it("leaves nothing behind: the consumer's log group is the stack's", () => {
    expect(ofType(exact, "LogGroup").map(({ inputs }) => inputs["retentionInDays"])).to.deep.equal([
      14,
    ]);
  });

  it("packs the DynamoDB client with the consumer, and nothing else", async () => {
    for (const deployment of [tumbling, exact]) {
      const { inputs } = named(deployment, "Function", "windows-consumer");
      expect(await packedIn(inputs)).to.have.members(installedFor(["@aws-sdk/client-dynamodb"]));
    }
  });
});
