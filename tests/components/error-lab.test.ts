import { expect } from "chai";
import { installedFor, packedIn } from "./packed-packages";
import { recordDeployment, stackConfig, type RecordedDeployment } from "./recorded-deployment";
import { named, ofType, rightsIn, statementsOf } from "./resources";

const SQS = "@aws-sdk/client-sqs";
const LOGS = ["logs:CreateLogStream *", "logs:PutLogEvents *"];

describe("ErrorLab", function () {
  this.timeout(120_000);

  let plain: RecordedDeployment;
  let isolated: RecordedDeployment;
  before(async () => {
    plain = await recordDeployment(stackConfig("errorlab"));
    isolated = await recordDeployment(stackConfig("errorlab-isolated"));
  });

  it("puts out the names that tools go by", () => {
    expect(Object.keys(plain.outputs).sort()).to.deep.equal([
      "errorlabConsumerFunctionName",
      "errorlabDeadLetterBucketName",
      "errorlabDeadLetterQueueUrl",
      "errorlabDeadLetterTopicArn",
      "errorlabDeadLetterTopicQueueUrl",
      "errorlabDlqUrl",
      "errorlabFetchFunctionName",
      "errorlabInfraQueueUrl",
      "errorlabReadBackFunctionName",
      "errorlabStreamName",
      "errorlabThingTableName",
      "errorlabTimeoutQueueUrl",
    ]);
  });

  it("creates the same resources for every choice", () => {
    const names = ({ resources }: RecordedDeployment) =>
      resources.map(({ type, name }) => `${type} ${name}`).sort();
    expect(names(isolated)).to.deep.equal(names(plain));
  });

  it("resolves dead letters of both queues as they come, and those of the bucket every minute", () => {
    for (const source of ["queue", "topic-queue"]) {
      const name = `errorlab-fetch-${source}-mapping`;
      expect(named(plain, "EventSourceMapping", name).inputs).to.deep.include({
        eventSourceArn: `arn:mock:aws:sqs/queue:Queue:errorlab-dead-letter-${source}`,
        functionResponseTypes: ["ReportBatchItemFailures"],
      });
    }
    const { inputs } = named(plain, "EventRule", "errorlab-read-back-schedule");
    expect(inputs["scheduleExpression"]).to.equal("rate(1 minute)");
  });

  it("gives each function its own role, with no right beyond its work", () => {
    const queueRights = (queue: string) =>
      ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].map(
        (action) => `sqs:${action} ${queue}`,
      );
    expect(rightsIn(plain, "errorlab-fetch-policy")).to.deep.equal([
      "kinesis:GetRecords errorlab-stream",
      "kinesis:GetShardIterator errorlab-stream",
      ...queueRights("errorlab-dead-letter-queue"),
      ...queueRights("errorlab-dead-letter-topic-queue"),
      "sqs:SendMessage errorlab-dlq,errorlab-infra",
      ...LOGS,
    ]);
    expect(rightsIn(plain, "errorlab-read-back-policy")).to.deep.equal([
      "s3:GetObject errorlab-dead-letter-bucket/aws/lambda/*",
      "s3:DeleteObject errorlab-dead-letter-bucket/aws/lambda/*",
      "s3:ListBucket errorlab-dead-letter-bucket",
      "sqs:SendMessage errorlab-dlq,errorlab-infra",
      ...LOGS,
    ]);
    const consumer = rightsIn(plain, "errorlab-consumer-policy");
    expect(consumer).to.include.members([
      "dynamodb:UpdateItem errorlab-things",
      "sqs:SendMessage errorlab-dlq,errorlab-timeout,errorlab-infra",
      "sqs:SendMessage errorlab-dead-letter-queue",
    ]);
    expect(consumer.join()).to.not.include("GetItem");
    expect(rightsIn(isolated, "errorlab-consumer-policy")).to.include(
      "dynamodb:GetItem errorlab-things",
    );
    for (const policy of ofType(plain, "RolePolicy")) {
      for (const { Action } of statementsOf(policy)) {
        expect([Action].flat().join()).to.not.include("*");
      }
    }
  });

  it("lets nobody send to its queues in plain text", () => {
    for (const queue of ["dlq", "timeout", "infra"]) {
      const [statement, ...others] = statementsOf(
        named(plain, "QueuePolicy", `errorlab-${queue}-policy`),
      );
      expect(others).to.deep.equal([]);
      expect(statement).to.include({ Effect: "Deny" });
    }
  });

  it("packs with each function what it requires, and nothing else", async () => {
    for (const [name, packages] of Object.entries({
      "errorlab-consumer": ["@aws-sdk/client-dynamodb", SQS],
      "errorlab-fetch": ["@aws-sdk/client-kinesis", SQS],
      "errorlab-read-back": ["@aws-sdk/client-s3", SQS],
    })) {
      const { inputs } = named(plain, "Function", name);
      expect(await packedIn(inputs), name).to.have.members(installedFor(packages));
    }
  });
});
