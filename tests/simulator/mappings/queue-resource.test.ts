import { expect } from "chai";
import {
  missingSourcePermissions,
  streamMappingResources,
} from "../../../simulator/services/lambda/mappings/resource";
import { QueueMapping } from "../../../simulator/services/lambda/mappings/queue-mapping";
import type { Account } from "../../../simulator/services/account";
import type { Resource, ResourceIdentity } from "../../../simulator/services/service";
import { arnOf } from "../sqs/world";
import { FUNCTION_ARN, QueueMappingWorld } from "./queue-world";

const definition = streamMappingResources[0]!;
const identity: ResourceIdentity = {
  urn: "urn:pulumi:dev::redrive::aws:lambda/eventSourceMapping:EventSourceMapping::orders",
  type: definition.type,
  name: "orders",
  suffix: "1234567",
  uuid: "01234567-89ab-4cde-8f01-23456789abcd",
  accountId: "123456789012",
  region: "eu-west-1",
};
const inputs = { eventSourceArn: arnOf("jobs"), functionName: FUNCTION_ARN };
const FIFO = { eventSourceArn: arnOf("jobs.fifo") };
const REPORTING = ["ReportBatchItemFailures"];

function problemsWith(changes: Record<string, unknown>): string[] {
  const { error } = definition.schema.safeParse({ ...inputs, ...changes });
  return (error?.issues ?? []).map(({ message, path }) => `${path.join(".")}: ${message}`);
}

function resource(changes: Record<string, unknown> = {}, uuid = identity.uuid): Resource<never> {
  const parsed = definition.schema.parse({ ...inputs, ...changes }) as never;
  const own = { ...identity, uuid };
  return { ...own, inputs: parsed, ...definition.plan(parsed, own) };
}

/** What a real account would be given, with the world's services. */
const accountOf = (world: QueueMappingWorld): Account => world as unknown as Account;
const mappingOf = (world: QueueMappingWorld): QueueMapping =>
  accountOf(world).services.lambda.mappings.get(identity.uuid) as QueueMapping;

describe("aws:lambda/eventSourceMapping:EventSourceMapping of a queue", () => {
  it("fills in AWS's defaults, and none of a stream's", () => {
    expect(definition.schema.parse(inputs)).to.deep.equal({
      ...inputs,
      batchSize: 10,
      enabled: true,
      functionResponseTypes: [],
      maximumBatchingWindowInSeconds: 0,
    });
  });

  const accepted: Record<string, unknown>[] = [
    { batchSize: 1 },
    { batchSize: 10_000, maximumBatchingWindowInSeconds: 1 },
    { maximumBatchingWindowInSeconds: 300 },
    { functionResponseTypes: REPORTING },
    { scalingConfig: { maximumConcurrency: 2 } },
    { scalingConfig: { maximumConcurrency: 1000 } },
    { filterCriteria: { filters: [{ pattern: '{"body":["a"]}' }] } },
    { ...FIFO, batchSize: 10 },
    { tags: { any: "thing" } },
  ];
  for (const changes of accepted) {
    it(`accepts ${JSON.stringify(changes)}`, () => {
      expect(problemsWith(changes)).to.deep.equal([]);
    });
  }

  const unsupported = (parameter: string): string =>
    `Unsupported ${parameter} parameter for given event source mapping type.`;
  const refused: [Record<string, unknown>, string][] = [
    [{ batchSize: 0 }, "batchSize: "],
    [{ batchSize: 10_001, maximumBatchingWindowInSeconds: 1 }, "batchSize: "],
    [
      { batchSize: 11 },
      "maximumBatchingWindowInSeconds: Maximum batch window in seconds must be greater than 0 if " +
        "maximum batch size is greater than 10",
    ],
    [{ ...FIFO, batchSize: 11 }, "batchSize: expected 1 to 10 for a FIFO queue, got 11"],
    [
      { ...FIFO, maximumBatchingWindowInSeconds: 1 },
      "maximumBatchingWindowInSeconds: Batching window is not supported for FIFO queues",
    ],
    [{ scalingConfig: { maximumConcurrency: 1 } }, "scalingConfig.maximumConcurrency: "],
    [{ scalingConfig: { maximumConcurrency: 1001 } }, "scalingConfig.maximumConcurrency: "],
    [
      { destinationConfig: { onFailure: { destinationArn: arnOf("dead") } } },
      `destinationConfig: ${unsupported("DestinationConfig")}`,
    ],
    [{ maximumRetryAttempts: 2 }, `maximumRetryAttempts: ${unsupported("MaximumRetryAttempts")}`],
    [
      { bisectBatchOnFunctionError: false },
      `bisectBatchOnFunctionError: ${unsupported("BisectBatchOnFunctionError")}`,
    ],
    [
      { maximumRecordAgeInSeconds: 60 },
      `maximumRecordAgeInSeconds: ${unsupported("MaximumRecordAgeInSeconds")}`,
    ],
    [
      { parallelizationFactor: 1 },
      `parallelizationFactor: ${unsupported("ParallelizationFactor")}`,
    ],
    [
      { tumblingWindowInSeconds: 0 },
      `tumblingWindowInSeconds: ${unsupported("TumblingWindowInSeconds")}`,
    ],
    [
      { startingPosition: "LATEST" },
      "startingPosition: StartingPosition is not valid for SQS event sources.",
    ],
    [
      { filterCriteria: { filters: [{ pattern: "{}" }] } },
      "filterCriteria: Invalid filter pattern definition.",
    ],
    [
      { provisionedPollerConfig: { minimumPollers: 2 } },
      "provisionedPollerConfig: provisioned pollers are not modelled: leave it out",
    ],
  ];
  for (const [changes, problem] of refused) {
    it(`refuses ${JSON.stringify(changes)}`, () => {
      const problems = problemsWith(changes);
      expect(problems).to.have.length(1);
      expect(problems[0]!.startsWith(problem), problems[0]).to.equal(true);
    });
  }

  it("polls its queue once created, and no longer once deleted", async () => {
    const world = new QueueMappingWorld();
    definition.create(resource(), accountOf(world));
    await world.put("a");
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
    definition.delete(resource(), accountOf(world));
    await world.put("b");
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
  });

  it("polls nothing while it is disabled", async () => {
    const world = new QueueMappingWorld();
    definition.create(resource({ enabled: false }), accountOf(world));
    await world.put("a");
    await world.settle();
    expect(world.batches).to.deep.equal([]);
    definition.update(resource(), resource({ enabled: false }), accountOf(world));
    await world.settle();
    expect(world.batches).to.deep.equal(["a"]);
  });

  it("passes changed settings on", () => {
    const world = new QueueMappingWorld();
    definition.create(resource(), accountOf(world));
    const changed = resource({
      batchSize: 5,
      functionResponseTypes: REPORTING,
      scalingConfig: { maximumConcurrency: 7 },
      enabled: false,
    });
    definition.update(changed, resource(), accountOf(world));
    expect(mappingOf(world).settings).to.include({
      batchSize: 5,
      maximumConcurrency: 7,
      reportBatchItemFailures: true,
    });
    expect(mappingOf(world).state).to.equal("Disabled");
  });

  it("refuses a function that may run longer than messages stay invisible", () => {
    const world = new QueueMappingWorld({ timeoutMs: 31_000 });
    expect(() => definition.create(resource(), accountOf(world)))
      .to.throw("Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds")
      .with.property("code", "InvalidParameterValueException");
  });

  it("checks that again when it is changed", () => {
    const world = new QueueMappingWorld({ timeoutMs: 30_000 });
    definition.create(resource(), accountOf(world));
    const queue = world.services.sqs.byArn(arnOf("jobs"));
    world.services.sqs.changeQueue(queue, { visibilityTimeout: 29 });
    const update = () =>
      definition.update(resource({ batchSize: 5 }), resource(), accountOf(world));
    expect(update).to.throw("Queue visibility timeout: 29 seconds is less than");
    expect(mappingOf(world).settings.batchSize).to.equal(10);
  });

  it("refuses a queue that does not exist, and a second mapping of the same queue and function", () => {
    const world = new QueueMappingWorld();
    const eventSourceArn = arnOf("none");
    expect(() => definition.create(resource({ eventSourceArn }), accountOf(world))).to.throw(
      "SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
    );
    definition.create(resource(), accountOf(world));
    expect(() => definition.create(resource({}, "another"), accountOf(world)))
      .to.throw("Please update or delete the existing mapping with UUID 01234567")
      .with.property("code", "ResourceConflictException");
  });
});

describe("missingSourcePermissions of a queue", () => {
  const all = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
  const roleArn = "arn:aws:iam::123456789012:role/worker";

  it("says nothing of a role that may do what Lambda needs", () => {
    const world = new QueueMappingWorld({ actions: all });
    expect(missingSourcePermissions(accountOf(world), roleArn, arnOf("jobs"))).to.deep.equal([]);
  });

  for (const missing of all) {
    it(`names ${missing}`, () => {
      const world = new QueueMappingWorld({ actions: all.filter((action) => action !== missing) });
      expect(missingSourcePermissions(accountOf(world), roleArn, arnOf("jobs"))).to.deep.equal([
        `The provided execution role does not have permissions to call ${missing} on SQS. ` +
          `(${roleArn} lacks sqs:${missing} on ${arnOf("jobs")}.)`,
      ]);
    });
  }
});
