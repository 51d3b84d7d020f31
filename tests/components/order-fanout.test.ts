import { expect } from "chai";
import { installedFor, packedIn } from "./packed-packages";
import {
  recordDeployment,
  stackConfig,
  type RecordedDeployment,
  type RecordedResource,
} from "./recorded-deployment";
import { named, ofType, rightsIn, statementsOf } from "./resources";

const LOGS = ["logs:CreateLogStream *", "logs:PutLogEvents *"];
const DYNAMODB = "@aws-sdk/client-dynamodb";
const POWERTOOLS = ["@aws-lambda-powertools/idempotency", "@aws-sdk/lib-dynamodb"];

const withOrders = (orders: object) =>
  recordDeployment({ "redrive:systems": ["orders"], "redrive:orders": orders });

const namesIn = ({ resources }: RecordedDeployment): string[] =>
  resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);

const arnOf = (type: string, name: string) => `arn:mock:aws:${type}:${name}`;
const queueArn = (name: string) => arnOf("sqs/queue:Queue", name);
const ruleArn = (name: string) => arnOf("cloudwatch/eventRule:EventRule", name);

describe("OrderFanout", function () {
  this.timeout(120_000);

  let standard: RecordedDeployment;
  let source: RecordedDeployment;
  /** Everything else that can be chosen. */
  let other: RecordedDeployment;
  before(async () => {
    standard = await withOrders({});
    source = await recordDeployment(stackConfig("source-orders"));
    other = await withOrders({
      idempotency: "powertools",
      accountLogRole: false,
      target: { deadLetterQueue: false, maximumRetryAttempts: 3, maximumEventAgeInSeconds: 600 },
      process: { onFailure: "eventbridge", onSuccess: "lambda", deadLetterQueue: "sns" },
      inventory: {
        fifo: true,
        maxReceiveCount: -1,
        maximumConcurrency: 2,
        deletesItself: true,
        reportBatchItemFailures: false,
      },
    });
  });

  it("puts out the names that tools go by", () => {
    const names = [
      "ordersApiUrl",
      "ordersArchiveArn",
      "ordersBusName",
      "ordersClientRoleArn",
      "ordersInventoryFunctionName",
      "ordersInventoryTargetDeadLetterUrl",
      "ordersMarkerTableName",
      "ordersOutboxTableName",
      "ordersPaymentFunctionName",
      "ordersProcessFailureBucketName",
      "ordersProcessFailureQueueUrl",
      "ordersProcessFailureTopicArn",
      "ordersProcessFailureTopicQueueUrl",
      "ordersProcessFunctionName",
      "ordersProcessTargetDeadLetterUrl",
      "ordersProcessedTableName",
      "ordersPublishFunctionName",
      "ordersQueueDeadLetterUrl",
      "ordersQueueUrl",
      "ordersRelayFunctionName",
      "ordersReservedTableName",
      "ordersStockTableName",
    ];
    expect(Object.keys(standard.outputs).sort()).to.deep.equal(names);
    expect(Object.keys(source.outputs).sort()).to.deep.equal(
      names.filter((name) => !/Relay|ClientRole/.test(name)),
    );
    expect(standard.outputs["ordersApiUrl"]).to.equal("https://mock/orders-api-stage/orders");
  });

  it("keeps tables and dead-letter queues whatever is chosen", () => {
    const holdsData = (name: string) => /^(Table|Queue|Bucket) /.test(name);
    const kept = namesIn(standard).filter(holdsData).sort();
    expect(namesIn(source).filter(holdsData).sort()).to.deep.equal(kept);
    expect(namesIn(other).filter(holdsData).sort()).to.deep.equal(kept);
  });

  it("gives each function its own role, with no right beyond its work", () => {
    const rights = (name: string, deployment = standard) =>
      rightsIn(deployment, `orders-${name}-policy`);
    expect(rights("publish")).to.deep.equal(["dynamodb:PutItem orders-outbox", ...LOGS]);
    expect(rights("publish", source)).to.deep.equal([
      "dynamodb:PutItem orders-outbox",
      "dynamodb:UpdateItem orders-outbox",
      "events:PutEvents orders-bus",
      ...LOGS,
    ]);
    expect(rights("relay")).to.deep.equal([
      "dynamodb:DescribeStream orders-outbox/stream/label",
      "dynamodb:GetRecords orders-outbox/stream/label",
      "dynamodb:GetShardIterator orders-outbox/stream/label",
      "dynamodb:ListStreams orders-outbox/stream/*",
      "dynamodb:UpdateItem orders-outbox",
      "dynamodb:Query orders-outbox/index/pending-index",
      "events:PutEvents orders-bus",
      ...LOGS,
    ]);
    expect(rights("process")).to.deep.equal([
      "dynamodb:UpdateItem orders-processed",
      "dynamodb:PutItem orders-markers",
      "lambda:InvokeFunction orders-payment",
      "sqs:SendMessage orders-process-failure-queue",
      ...LOGS,
    ]);
    expect(rights("inventory")).to.deep.equal([
      "sqs:ReceiveMessage orders-inventory-updates",
      "sqs:DeleteMessage orders-inventory-updates",
      "sqs:GetQueueAttributes orders-inventory-updates",
      "dynamodb:UpdateItem orders-stock",
      "dynamodb:UpdateItem orders-reserved",
      "dynamodb:PutItem orders-markers",
      ...LOGS,
    ]);
    expect(rights("payment")).to.deep.equal(LOGS);
    expect(rights("api-client")).to.deep.equal(["execute-api:Invoke orders-api/dev/POST/orders"]);
    const roles = ofType(standard, "Function").map(({ inputs }) => inputs["role"] as string);
    expect(new Set(roles).size).to.equal(5);
  });

  it("asks for the rights to its destinations, and for those of no others", () => {
    const process = rightsIn(other, "orders-process-policy");
    expect(process).to.include.members([
      "dynamodb:DeleteItem orders-markers",
      "events:PutEvents orders-bus",
      "lambda:InvokeFunction orders-process-outcome",
    ]);
    expect(process.join()).to.not.match(/sqs:SendMessage|s3:|sns:/);
    expect(rightsIn(source, "orders-process-policy").join()).to.not.match(/markers|sqs:|sns:|s3:/);
    expect(rightsIn(other, "orders-process-outcome-policy")).to.deep.equal([
      "sqs:SendMessage orders-process-failure-queue",
      ...LOGS,
    ]);
    // AWS asks before it makes the function, so this right has a policy that needs no function.
    expect(rightsIn(other, "orders-process-dead-letter-policy")).to.deep.equal([
      "sns:Publish orders-process-failure-topic",
    ]);
    expect(named(other, "Function", "orders-process").inputs["deadLetterConfig"]).to.deep.equal({
      targetArn: arnOf("sns/topic:Topic", "orders-process-failure-topic"),
    });
  });

  it("passes every knob of ProcessOrder's invocation on", () => {
    const inputs = (deployment: RecordedDeployment) =>
      named(deployment, "FunctionEventInvokeConfig", "orders-process-invocation").inputs;
    expect(inputs(standard)).to.deep.equal({
      functionName: "orders-process",
      maximumEventAgeInSeconds: 21_600,
      maximumRetryAttempts: 2,
      destinationConfig: { onFailure: { destination: queueArn("orders-process-failure-queue") } },
    });
    expect(inputs(source)).to.not.have.property("destinationConfig");
    expect(inputs(other)["destinationConfig"]).to.deep.equal({
      onFailure: { destination: arnOf("cloudwatch/eventBus:EventBus", "orders-bus") },
      onSuccess: { destination: arnOf("lambda/function:Function", "orders-process-outcome") },
    });
  });

  for (const [kind, destination] of Object.entries({
    sns: arnOf("sns/topic:Topic", "orders-process-failure-topic"),
    s3: arnOf("s3/bucket:Bucket", "orders-process-failure-bucket"),
    lambda: arnOf("lambda/function:Function", "orders-process-outcome"),
  })) {
    it(`sends failures to a destination of its kind (${kind})`, async () => {
      const deployment = await withOrders({ process: { onFailure: kind, onSuccess: "sns" } });
      const invocation = named(
        deployment,
        "FunctionEventInvokeConfig",
        "orders-process-invocation",
      );
      expect(invocation.inputs["destinationConfig"]).to.deep.equal({
        onFailure: { destination },
        onSuccess: { destination: arnOf("sns/topic:Topic", "orders-process-success-topic") },
      });
      expect(deployment.outputs).to.have.property("ordersProcessSuccessQueueUrl");
    });
  }

  it("passes every knob of the queue and its mapping on", () => {
    expect(named(standard, "Queue", "orders-inventory-updates").inputs).to.deep.equal({
      visibilityTimeoutSeconds: 180,
      messageRetentionSeconds: 345_600,
      sqsManagedSseEnabled: true,
      redrivePolicy: JSON.stringify({
        deadLetterTargetArn: queueArn("orders-inventory-dead-letter"),
        maxReceiveCount: 5,
      }),
    });
    expect(named(standard, "EventSourceMapping", "orders-inventory-mapping").inputs).to.deep.equal({
      eventSourceArn: queueArn("orders-inventory-updates"),
      functionName: arnOf("lambda/function:Function", "orders-inventory"),
      batchSize: 5,
      maximumBatchingWindowInSeconds: 0,
      functionResponseTypes: ["ReportBatchItemFailures"],
    });
    const fifo = named(other, "Queue", "orders-inventory-updates").inputs;
    expect(fifo).to.include({ fifoQueue: true, contentBasedDeduplication: true });
    expect(fifo).to.not.have.property("redrivePolicy");
    expect(named(other, "Queue", "orders-inventory-dead-letter").inputs).to.include({
      fifoQueue: true,
    });
    expect(named(other, "EventSourceMapping", "orders-inventory-mapping").inputs).to.deep.include({
      functionResponseTypes: [],
      scalingConfig: { maximumConcurrency: 2 },
    });
  });

  it("feeds the relay with new orders alone, and with a schedule", () => {
    expect(named(standard, "EventSourceMapping", "orders-relay-mapping").inputs).to.deep.include({
      filterCriteria: {
        filters: [
          {
            pattern:
              '{"eventName":["INSERT"],"dynamodb":{"Keys":{"id":{"S":[{"prefix":"order#"}]}}}}',
          },
        ],
      },
      functionResponseTypes: ["ReportBatchItemFailures"],
      startingPosition: "TRIM_HORIZON",
    });
    expect(named(standard, "EventRule", "orders-relay-schedule").inputs).to.deep.equal({
      scheduleExpression: "rate(1 minute)",
    });
    expect(namesIn(source).filter((name) => /relay/.test(name))).to.deep.equal([]);
  });

  it("gives each rule's target its retries and a dead-letter queue of its own", () => {
    const target = (deployment: RecordedDeployment, name: string) =>
      named(deployment, "EventTarget", `orders-route-to-${name}-target`).inputs;
    expect(target(standard, "process-order")).to.deep.include({
      eventBusName: "orders-bus",
      retryPolicy: { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 },
      deadLetterConfig: { arn: queueArn("orders-process-target-dead-letter") },
    });
    expect(target(standard, "inventory-queue")).to.deep.include({
      arn: queueArn("orders-inventory-updates"),
      deadLetterConfig: { arn: queueArn("orders-inventory-target-dead-letter") },
    });
    expect(target(standard, "inventory-queue")).to.not.have.property("sqsTarget");
    expect(target(other, "process-order")).to.deep.include({
      retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 600 },
    });
    expect(target(other, "process-order")).to.not.have.property("deadLetterConfig");
    expect(target(other, "inventory-queue")).to.deep.include({
      sqsTarget: { messageGroupId: "inventory-updates" },
    });
    for (const rule of ["process-order", "inventory-queue"]) {
      expect(named(standard, "EventRule", `orders-route-to-${rule}`).inputs).to.deep.equal({
        eventBusName: "orders-bus",
        eventPattern: '{"source":["orders.api"],"detail-type":["OrderPlaced"]}',
      });
    }
  });

  it("lets each queue be sent to by its one source, and by nobody in plain text", () => {
    const senders = (deployment: RecordedDeployment, name: string) => {
      const policies = ofType(deployment, "QueuePolicy");
      const policy = policies.find(({ inputs }) => inputs["queueUrl"] === `https://mock/${name}`)!;
      const [deny, ...allowed] = statementsOf(policy).reverse();
      expect(deny).to.deep.include({ Effect: "Deny", Principal: "*", Action: "sqs:*" });
      expect(deny!.Condition).to.deep.equal({ Bool: { "aws:SecureTransport": "false" } });
      return allowed.map(({ Action, Condition, Principal }) => {
        expect(Action).to.equal("sqs:SendMessage");
        const service = (Principal as { Service: string }).Service;
        return `${service} ${Condition!["ArnEquals"]!["aws:SourceArn"]}`;
      });
    };
    const rule = (name: string) => `events.amazonaws.com ${ruleArn(name)}`;
    expect(senders(standard, "orders-inventory-updates")).to.deep.equal([
      rule("orders-route-to-inventory-queue"),
    ]);
    expect(senders(standard, "orders-inventory-target-dead-letter")).to.deep.equal([
      rule("orders-route-to-inventory-queue"),
    ]);
    expect(senders(standard, "orders-process-target-dead-letter")).to.deep.equal([
      rule("orders-route-to-process-order"),
    ]);
    expect(senders(standard, "orders-inventory-dead-letter")).to.deep.equal([]);
    expect(senders(standard, "orders-process-failure-queue")).to.deep.equal([]);
    expect(senders(other, "orders-process-failure-queue")).to.deep.equal([
      rule("orders-process-failure-rule"),
    ]);
    expect(senders(standard, "orders-process-failure-topic-queue")).to.deep.equal([
      `sns.amazonaws.com ${arnOf("sns/topic:Topic", "orders-process-failure-topic")}`,
    ]);
  });

  it("lets only the queue itself name its dead-letter queue, and no queue name a rule's", () => {
    const sources = named(standard, "RedriveAllowPolicy", "orders-inventory-dead-letter-sources");
    expect(JSON.parse(sources.inputs["redriveAllowPolicy"] as string)).to.deep.equal({
      redrivePermission: "byQueue",
      sourceQueueArns: [queueArn("orders-inventory-updates")],
    });
    for (const target of ["process", "inventory"]) {
      const { inputs } = named(standard, "Queue", `orders-${target}-target-dead-letter`);
      expect(inputs["redriveAllowPolicy"]).to.equal('{"redrivePermission":"denyAll"}');
    }
  });

  it("lets each function be invoked by its one source", () => {
    const sources = (deployment: RecordedDeployment) =>
      ofType(deployment, "Permission").map(({ inputs }) => {
        expect(inputs["action"]).to.equal("lambda:InvokeFunction");
        return `${inputs["function"]} ${inputs["principal"]} ${inputs["sourceArn"]}`;
      });
    expect(sources(standard)).to.have.members([
      "orders-publish apigateway.amazonaws.com " +
        "arn:mock:execute-api:region:account:orders-api/dev/POST/orders",
      `orders-relay events.amazonaws.com ${ruleArn("orders-relay-schedule")}`,
      `orders-process events.amazonaws.com ${ruleArn("orders-route-to-process-order")}`,
    ]);
  });

  it("checks, throttles and logs requests before the function", () => {
    const { inputs } = named(standard, "Method", "orders-api-method");
    expect(inputs).to.deep.include({
      authorization: "AWS_IAM",
      httpMethod: "POST",
      requestModels: { "application/json": "CreateOrderModel" },
      requestValidatorId: "orders-api-validator",
    });
    expect(named(source, "Method", "orders-api-method").inputs["authorization"]).to.equal("NONE");
    expect(named(standard, "RequestValidator", "orders-api-validator").inputs).to.deep.include({
      validateRequestBody: true,
    });
    expect(named(standard, "MethodSettings", "orders-api-limits").inputs["settings"]).to.include({
      throttlingRateLimit: 500,
      throttlingBurstLimit: 1_000,
      dataTraceEnabled: false,
    });
    const stage = named(standard, "Stage", "orders-api-stage").inputs;
    const { format } = stage["accessLogSettings"] as { format: string };
    expect(Object.keys(JSON.parse(format) as object)).to.include("requestId");
    expect(format).to.not.match(/body|header|identity/i);
    expect(stage["stageName"]).to.equal("dev");
  });

  it("makes another deployment when the method changes, for a stage serves what a deployment found", () => {
    const triggers = (deployment: RecordedDeployment) =>
      named(deployment, "Deployment", "orders-api-deployment").inputs["triggers"];
    expect(triggers(source)).to.not.deep.equal(triggers(standard));
    expect(triggers(other)).to.deep.equal(triggers(standard));
  });

  it("sets the account's log role unless another stack does", () => {
    expect(ofType(standard, "Account").map(({ name }) => name)).to.deep.equal([
      "orders-api-account",
    ]);
    expect(ofType(other, "Account")).to.deep.equal([]);
  });

  it("allows nothing by wildcard but what the account's log role must have", () => {
    for (const deployment of [standard, source, other]) {
      for (const policy of ofType(deployment, "RolePolicy")) {
        if (policy.name === "orders-api-account-policy") continue;
        for (const { Action, Resource } of statementsOf(policy)) {
          expect([Action].flat().join()).to.not.include("*");
          for (const arn of [Resource].flat()) {
            expect(arn).to.match(/^arn:mock:[^*]+(|:\*|\/stream\/\*|\/aws\/lambda\/\*)$/);
          }
        }
      }
    }
  });

  it("leaves nothing behind: a log group for all that logs, with a retention", () => {
    for (const deployment of [standard, source, other]) {
      const groups = ofType(deployment, "LogGroup");
      expect(groups).to.have.length(ofType(deployment, "Function").length + 1);
      for (const { inputs } of groups) expect(inputs["retentionInDays"]).to.equal(14);
      for (const { inputs } of ofType(deployment, "Table")) {
        expect(inputs["deletionProtectionEnabled"]).to.equal(false);
      }
    }
  });

  describe("packs with each function what it requires, and nothing else", () => {
    const expected: Record<string, readonly string[]> = {
      "orders-publish": [DYNAMODB],
      "orders-relay": [DYNAMODB, "@aws-sdk/client-eventbridge"],
      "orders-process": [DYNAMODB, "@aws-sdk/client-lambda", "cockatiel"],
      "orders-payment": [],
      "orders-inventory": [DYNAMODB],
    };
    const expectedOf = {
      standard: expected,
      source: {
        "orders-publish": [DYNAMODB, "@aws-sdk/client-eventbridge"],
        "orders-process": expected["orders-process"]!,
        "orders-payment": [],
        "orders-inventory": [DYNAMODB],
      },
      other: {
        ...expected,
        "orders-process": [...expected["orders-process"]!, ...POWERTOOLS],
        "orders-process-outcome": ["@aws-sdk/client-sqs"],
        "orders-inventory": [DYNAMODB, "@aws-sdk/client-sqs", ...POWERTOOLS],
      },
    };
    for (const [title, packages] of Object.entries(expectedOf)) {
      it(title, async () => {
        const deployment = { standard, source, other }[title as keyof typeof expectedOf];
        const functions: RecordedResource[] = ofType(deployment, "Function");
        expect(functions.map(({ name }) => name)).to.have.members(Object.keys(packages));
        for (const { inputs, name } of functions) {
          const wanted = installedFor(packages[name as keyof typeof packages] as string[]);
          expect(await packedIn(inputs), name).to.have.members(wanted);
        }
      });
    }
  });
});
