import { expect } from "chai";
import type { Account } from "../../../simulator/services/account";
import {
  missingSourcePermissions,
  streamMappingResources,
} from "../../../simulator/services/lambda/mappings/resource";
import type { StreamMapping } from "../../../simulator/services/lambda/mappings/stream-mapping";
import type { Resource, ResourceIdentity } from "../../../simulator/services/service";
import { FUNCTION_ARN, QUEUE_ARN, ROLE_ARN, World } from "./world";

const definition = streamMappingResources[0]!;
const TABLE_STREAM_ARN =
  "arn:aws:dynamodb:us-east-1:123456789012:table/entities/stream/2026-01-01T00:00:00.000";

const identity: ResourceIdentity = {
  urn: "urn:pulumi:dev::redrive::aws:lambda/eventSourceMapping:EventSourceMapping::state",
  type: definition.type,
  name: "state",
  suffix: "1234567",
  uuid: "01234567-89ab-4cde-8f01-23456789abcd",
  accountId: "123456789012",
  region: "us-east-1",
};

const inputs = {
  eventSourceArn: "arn:aws:kinesis:us-east-1:123456789012:stream/readings",
  functionName: FUNCTION_ARN,
  startingPosition: "TRIM_HORIZON",
};

function problemsWith(changes: Record<string, unknown>): string[] {
  const { error } = definition.schema.safeParse({ ...inputs, ...changes });
  return (error?.issues ?? []).map(({ message, path }) => `${path.join(".")}: ${message}`);
}

function resource(changes: Record<string, unknown> = {}, uuid = identity.uuid): Resource<never> {
  const parsed = definition.schema.parse({ ...inputs, ...changes }) as never;
  const own = { ...identity, uuid };
  return { ...own, inputs: parsed, ...definition.plan(parsed, own) };
}

const mappingsOf = ({ account }: World): Map<string, StreamMapping> =>
  account.services.lambda.mappings as Map<string, StreamMapping>;

describe("aws:lambda/eventSourceMapping:EventSourceMapping", () => {
  it("fills in AWS's defaults", () => {
    expect(definition.schema.parse(inputs)).to.include({
      batchSize: 100,
      bisectBatchOnFunctionError: false,
      enabled: true,
      maximumBatchingWindowInSeconds: 0,
      maximumRecordAgeInSeconds: -1,
      maximumRetryAttempts: -1,
      parallelizationFactor: 1,
      tumblingWindowInSeconds: 0,
    });
  });

  const accepted: Record<string, unknown>[] = [
    { batchSize: 1 },
    { batchSize: 10_000 },
    { maximumBatchingWindowInSeconds: 300 },
    { maximumRecordAgeInSeconds: 60 },
    { maximumRecordAgeInSeconds: 604_800 },
    { maximumRetryAttempts: 0 },
    { maximumRetryAttempts: 10_000 },
    { parallelizationFactor: 10 },
    { functionResponseTypes: ["ReportBatchItemFailures"] },
    { startingPosition: "AT_TIMESTAMP", startingPositionTimestamp: "2026-01-01T00:00:00Z" },
    { destinationConfig: { onFailure: { destinationArn: QUEUE_ARN } } },
    { destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::failures" } } },
    { tumblingWindowInSeconds: 0, parallelizationFactor: 10 },
    { tumblingWindowInSeconds: 900 },
    { filterCriteria: { filters: [] } },
    { filterCriteria: { filters: [{ pattern: '{"data":{"kind":["trip"]}}' }] } },
    { tags: { any: "thing" } },
  ];
  for (const changes of accepted) {
    it(`accepts ${JSON.stringify(changes)}`, () => {
      expect(problemsWith(changes)).to.deep.equal([]);
    });
  }

  const refused: [Record<string, unknown>, string][] = [
    [{ batchSize: 0 }, "batchSize"],
    [{ batchSize: 10_001 }, "batchSize"],
    [{ maximumBatchingWindowInSeconds: 301 }, "maximumBatchingWindowInSeconds"],
    [{ maximumRecordAgeInSeconds: 59 }, "maximumRecordAgeInSeconds: expected -1 (infinite) or 60"],
    [{ maximumRecordAgeInSeconds: 0 }, "maximumRecordAgeInSeconds"],
    [{ maximumRecordAgeInSeconds: 604_801 }, "maximumRecordAgeInSeconds"],
    [{ maximumRetryAttempts: -2 }, "maximumRetryAttempts"],
    [{ maximumRetryAttempts: 10_001 }, "maximumRetryAttempts"],
    [{ parallelizationFactor: 11 }, "parallelizationFactor"],
    [{ startingPosition: undefined }, "startingPosition: required"],
    [{ startingPosition: "AT_TIMESTAMP" }, "startingPositionTimestamp: required"],
    [{ startingPositionTimestamp: "2026-01-01T00:00:00Z" }, "startingPositionTimestamp: only with"],
    [{ tumblingWindowInSeconds: -1 }, "tumblingWindowInSeconds"],
    [{ tumblingWindowInSeconds: 901 }, "tumblingWindowInSeconds"],
    [
      { tumblingWindowInSeconds: 30, parallelizationFactor: 2 },
      "parallelizationFactor: Parallelization factor must be equal to 1 when tumbling window period is",
    ],
    [
      { filterCriteria: { filters: [{ pattern: '{"data":["text"]}' }] } },
      "filterCriteria: Invalid filter pattern definition. (data must be a JSON object)",
    ],
    [
      { filterCriteria: { filters: [{ pattern: "{" }] } },
      "filterCriteria: Invalid filter pattern definition.",
    ],
    [
      { filterCriteria: { filters: Array(6).fill({ pattern: '{"a":["b"]}' }) } },
      "filterCriteria.filters",
    ],
    [
      { eventSourceArn: "arn:aws:mq:us-east-1:1:b" },
      "eventSourceArn: only Kinesis streams, streams",
    ],
    [
      { destinationConfig: { onFailure: { destinationArn: `${QUEUE_ARN}.fifo` } } },
      "destinationConfig: onFailure.destinationArn: a FIFO queue",
    ],
    [
      { scalingConfig: { maximumConcurrency: 2 } },
      "scalingConfig: Unsupported ScalingConfig parameter for given event source mapping type.",
    ],
  ];
  for (const [changes, problem] of refused) {
    it(`refuses ${JSON.stringify(changes)}`, () => {
      const problems = problemsWith(changes);
      expect(problems).to.have.length(1);
      expect(problems[0]!.startsWith(problem), problems[0]).to.equal(true);
    });
  }

  it("reads its stream once created, and no longer once deleted", async () => {
    const world = new World();
    definition.create(resource(), world.account);
    const mapping = mappingsOf(world).get(identity.uuid)!;
    world.put("r1");
    await world.settle();
    expect(world.batches).to.deep.equal(["r1"]);
    definition.delete(resource(), world.account);
    world.put("r2");
    await world.settle();
    expect(world.batches).to.deep.equal(["r1"]);
    expect(mappingsOf(world).size).to.equal(0);
    expect(mapping.state).to.equal("Deleting");
  });

  it("passes changed settings on, and enables and disables", () => {
    const world = new World();
    definition.create(resource(), world.account);
    const mapping = mappingsOf(world).get(identity.uuid)!;
    definition.update(
      resource({ maximumRetryAttempts: 2, enabled: false }),
      resource(),
      world.account,
    );
    expect(mapping.settings.maximumRetryAttempts).to.equal(2);
    expect(mapping.state).to.equal("Disabled");
    definition.update(resource({ enabled: true }), resource(), world.account);
    expect(mapping.state).to.equal("Enabled");
  });

  it("refuses a stream that does not exist", () => {
    const eventSourceArn = "arn:aws:kinesis:us-east-1:123456789012:stream/none";
    expect(() => definition.create(resource({ eventSourceArn }), new World().account))
      .to.throw(`Stream not found: ${eventSourceArn}`)
      .with.property("code", "ResourceNotFoundException");
  });

  it("refuses a second mapping of the same stream and function", () => {
    const { account } = new World();
    definition.create(resource(), account);
    expect(() => definition.create(resource({}, "another"), account))
      .to.throw("Please update or delete the existing mapping with UUID 01234567")
      .with.property("code", "ResourceConflictException");
  });

  it("refuses AT_TIMESTAMP for a table's stream", () => {
    const world = new World();
    Object.assign(world.account.services, { dynamodb: { streamSource: () => world.stream } });
    const start = {
      eventSourceArn: TABLE_STREAM_ARN,
      startingPosition: "AT_TIMESTAMP",
      startingPositionTimestamp: "2025-01-01T00:00:00Z",
    };
    expect(() => definition.create(resource(start), world.account))
      .to.throw(`Unsupported starting position for arn type: ${TABLE_STREAM_ARN}`)
      .with.property("code", "InvalidParameterValueException");
  });

  it("refuses a start in the future", () => {
    const start = {
      startingPosition: "AT_TIMESTAMP",
      startingPositionTimestamp: "2026-01-01T00:00:01Z",
    };
    expect(() => definition.create(resource(start), new World().account)).to.throw("in the future");
  });
});

describe("missingSourcePermissions", () => {
  const allowing = (...grants: string[]) =>
    ({
      services: {
        iam: {
          allows: (_role: string, action: string, on: string) => grants.includes(`${action} ${on}`),
        },
      },
    }) as unknown as Account;
  const reads = (kind: string, arn: string) =>
    ["DescribeStream", "GetRecords", "GetShardIterator"].map(
      (action) => `${kind}:${action} ${arn}`,
    );

  it("is empty for a role that can read", () => {
    const { eventSourceArn } = inputs;
    const kinesis = allowing(...reads("kinesis", eventSourceArn));
    expect(missingSourcePermissions(kinesis, ROLE_ARN, eventSourceArn)).to.deep.equal([]);
    const table = allowing(...reads("dynamodb", TABLE_STREAM_ARN), "dynamodb:ListStreams *");
    expect(missingSourcePermissions(table, ROLE_ARN, TABLE_STREAM_ARN)).to.deep.equal([]);
  });

  it("says what Lambda says, and what is missing", () => {
    const [first] = reads("dynamodb", TABLE_STREAM_ARN);
    const table = allowing(first!, `dynamodb:ListStreams ${TABLE_STREAM_ARN}`);
    expect(missingSourcePermissions(table, ROLE_ARN, TABLE_STREAM_ARN)).to.deep.equal([
      `Cannot access stream ${TABLE_STREAM_ARN}. Please ensure the role can perform the GetRecords, ` +
        "GetShardIterator, DescribeStream, ListStreams Actions on your stream in IAM. " +
        `(${ROLE_ARN} lacks dynamodb:GetRecords, dynamodb:GetShardIterator.)`,
    ]);
  });
});
