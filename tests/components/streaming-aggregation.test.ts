import { readdirSync } from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { installedFor, packedIn } from "./packed-packages";
import {
  recordDeployment,
  stackConfig,
  type RecordedDeployment,
  type RecordedResource,
} from "./recorded-deployment";
import { named, ofType, rightsIn, statementsOf } from "./resources";

/** Action to resources, of one role. */
const rightsOf = (deployment: RecordedDeployment, name: string): string[] =>
  rightsIn(deployment, `aggregation-${name}-policy`);

describe("StreamingAggregation", function () {
  this.timeout(120_000);

  let dev: RecordedDeployment;
  let workshop: RecordedDeployment;
  let guarded: RecordedDeployment;
  before(async () => {
    dev = await recordDeployment({ ...stackConfig("dev"), "redrive:systems": ["aggregation"] });
    workshop = await recordDeployment(stackConfig("workshop"));
    guarded = await recordDeployment({
      "redrive:protectData": true,
      "redrive:failureInjection": true,
      "redrive:streamMode": "ON_DEMAND",
      "redrive:encryption": "none",
    });
  });

  it("puts out the names that tools go by", () => {
    expect(Object.keys(dev.outputs).sort()).to.deep.equal([
      "aggregateTableName",
      "deadLetterBucketName",
      "deadLetterQueueUrl",
      "deadLetterTopicArn",
      "deadLetterTopicQueueUrl",
      "ledgerTableName",
      "mapFunctionName",
      "outboxTableName",
      "reduceFunctionName",
      "repairFunctionName",
      "stateFunctionName",
      "stateTableName",
      "streamName",
      "sweepFunctionName",
    ]);
    expect(guarded.outputs).to.have.property("parameterTableName", "aggregation-parameters");
  });

  it("creates the same resources for every choice of error handling", () => {
    const names = ({ resources }: RecordedDeployment) =>
      resources.map(({ type, name }) => `${type} ${name}`).sort();
    expect(names(workshop)).to.deep.equal(names(dev));
    expect(names(guarded).filter((name) => !names(dev).includes(name))).to.deep.equal([
      "aws:dynamodb/table:Table aggregation-parameters",
    ]);
  });

  it("passes every knob of a mapping on", () => {
    expect(named(dev, "EventSourceMapping", "aggregation-map-mapping").inputs).to.deep.include({
      batchSize: 100,
      bisectBatchOnFunctionError: true,
      destinationConfig: {
        onFailure: {
          destinationArn: "arn:mock:aws:s3/bucket:Bucket:aggregation-dead-letter-bucket",
        },
      },
      functionResponseTypes: ["ReportBatchItemFailures"],
      maximumBatchingWindowInSeconds: 0,
      maximumRecordAgeInSeconds: 21_600,
      maximumRetryAttempts: 10,
      parallelizationFactor: 1,
      startingPosition: "TRIM_HORIZON",
    });
    const { inputs } = named(workshop, "EventSourceMapping", "aggregation-map-mapping");
    expect(inputs).to.deep.include({
      batchSize: 10_000,
      maximumBatchingWindowInSeconds: 3,
      maximumRetryAttempts: -1,
      startingPosition: "LATEST",
      functionResponseTypes: [],
    });
    expect(inputs).to.not.have.property("destinationConfig");
    expect(named(workshop, "Function", "aggregation-reduce").inputs).to.include({
      reservedConcurrentExecutions: 1,
    });
  });

  it("gives each function its own role, with no right beyond its work", () => {
    expect(rightsOf(workshop, "state")).to.deep.equal([
      "kinesis:DescribeStream aggregation-messages",
      "kinesis:DescribeStreamSummary aggregation-messages",
      "kinesis:GetRecords aggregation-messages",
      "kinesis:GetShardIterator aggregation-messages",
      "kinesis:ListShards aggregation-messages",
      "dynamodb:UpdateItem aggregation-state-table",
      "logs:CreateLogStream *",
      "logs:PutLogEvents *",
    ]);
    expect(rightsOf(dev, "map")).to.deep.equal([
      "dynamodb:DescribeStream aggregation-state-table/stream/label",
      "dynamodb:GetRecords aggregation-state-table/stream/label",
      "dynamodb:GetShardIterator aggregation-state-table/stream/label",
      "dynamodb:ListStreams aggregation-state-table/stream/*",
      "dynamodb:UpdateItem aggregation-ledger",
      "dynamodb:PutItem aggregation-outbox",
      "s3:PutObject aggregation-dead-letter-bucket/aws/lambda/*",
      "s3:ListBucket aggregation-dead-letter-bucket",
      "logs:CreateLogStream *",
      "logs:PutLogEvents *",
    ]);
    const roles = ofType(dev, "Function").map(({ inputs }) => inputs["role"] as string);
    expect(new Set(roles).size).to.equal(5);
    for (const name of ["state", "map", "reduce", "sweep"]) {
      expect(rightsOf(dev, name).join()).to.not.include("dynamodb:Scan");
    }
  });

  it("allows no action or resource by wildcard, and attaches no managed policy", () => {
    for (const deployment of [dev, workshop, guarded]) {
      expect(ofType(deployment, "RolePolicyAttachment")).to.deep.equal([]);
      for (const policy of ofType(deployment, "RolePolicy")) {
        for (const { Effect, Action, Resource } of statementsOf(policy)) {
          expect(Effect).to.equal("Allow");
          expect([Action].flat().join()).to.not.include("*");
          // Only what lies below one resource: log streams, stream labels, Lambda's prefix in the bucket.
          for (const arn of [Resource].flat()) {
            expect(arn).to.match(/^arn:mock:[^*]+(|:\*|\/stream\/\*|\/aws\/lambda\/\*)$/);
          }
        }
      }
    }
  });

  it("sets runtime, timeout and memory, and a log group with a retention, for each function", () => {
    for (const { name, inputs } of ofType(dev, "Function")) {
      expect(inputs).to.include({ runtime: "nodejs22.x", memorySize: 256 });
      expect(inputs["timeout"]).to.equal(name === "aggregation-repair" ? 900 : 30);
      expect(named(dev, "LogGroup", `${name}-logs`).inputs).to.deep.equal({
        name: `/aws/lambda/${name}`,
        retentionInDays: 14,
      });
    }
  });

  it("leaves nothing behind by default, and protects data when told", () => {
    for (const { inputs } of ofType(dev, "Table")) {
      expect(inputs).to.deep.include({
        deletionProtectionEnabled: false,
        pointInTimeRecovery: { enabled: false },
      });
    }
    expect(ofType(dev, "Bucket")[0]?.inputs).to.deep.equal({ forceDestroy: true });
    for (const { name, inputs } of ofType(guarded, "Table")) {
      const holdsData = name !== "aggregation-parameters";
      expect(inputs["deletionProtectionEnabled"], name).to.equal(holdsData);
    }
    expect(ofType(guarded, "Bucket")[0]?.inputs).to.deep.equal({ forceDestroy: false });
  });

  it("encrypts the stream unless told not to, and leaves the shards of an on-demand stream to AWS", () => {
    expect(named(dev, "Stream", "aggregation-messages").inputs).to.deep.equal({
      encryptionType: "KMS",
      kmsKeyId: "alias/aws/kinesis",
      retentionPeriod: 24,
      shardCount: 20,
      streamModeDetails: { streamMode: "PROVISIONED" },
    });
    expect(named(guarded, "Stream", "aggregation-messages").inputs).to.deep.equal({
      encryptionType: "NONE",
      retentionPeriod: 24,
      streamModeDetails: { streamMode: "ON_DEMAND" },
    });
  });

  it("lets functions read the parameter table only with failures on purpose", () => {
    expect(rightsOf(guarded, "reduce")).to.include("dynamodb:GetItem aggregation-parameters");
    expect(rightsOf(guarded, "sweep").join()).to.not.include("GetItem");
    expect(JSON.stringify(dev.resources)).to.not.include("PARAMETER_TABLE_NAME");
  });

  it("packs the DynamoDB client with what it depends on, and nothing else", async () => {
    const wanted = installedFor(["@aws-sdk/client-dynamodb"]);
    expect(wanted).to.include("node_modules/@aws-sdk/client-dynamodb");
    for (const { name, inputs } of ofType(dev, "Function")) {
      expect(await packedIn(inputs), name).to.have.members(wanted);
    }
  });
});

describe("The program", function () {
  this.timeout(60_000);

  it("creates nothing when a setting is wrong", async () => {
    const resources: RecordedResource[] = [];
    const outcome = await recordDeployment({ "redrive:shardCount": "none" }, resources).catch(
      (error: Error) => error,
    );
    expect(resources.filter(({ type }) => type !== "pulumi:pulumi:Stack")).to.deep.equal([]);
    expect(outcome).to.be.instanceOf(Error);
    expect(String(outcome)).to.include(
      "redrive:shardCount: expected a whole number from 1 to 10000",
    );
  });

  it("has a stack file for each strategy", () => {
    const root = path.join(__dirname, "..", "..");
    const stacks = readdirSync(root).flatMap(
      (file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [],
    );
    expect(stacks).to.include.members([
      "aws-defaults",
      "bisect",
      "bisect-checkpoint",
      "bounded-age",
      "bounded-retries",
      "checkpoint",
      "deletes-itself",
      "dev",
      "fifo",
      "impatient",
      "message-id",
      "parallel",
      "powertools",
      "source-orders",
      "throttled",
      "workshop",
    ]);
  });
});
