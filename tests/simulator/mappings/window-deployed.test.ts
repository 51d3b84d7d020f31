import { DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { simulate, synthesize, type Deployment, type SimulatedAws } from "../../../simulator";
import { lambdaFunction } from "../face/lambda-function";

/** What is used here of an event of a tumbling window. */
interface FareEvent {
  readonly Records: readonly {
    readonly kinesis?: { readonly data: string };
    readonly dynamodb?: { readonly NewImage: { readonly cents: { readonly N: string } } };
  }[];
  readonly window: { readonly start: string };
  readonly state: { readonly cents?: number };
  readonly shardId: string;
  readonly isFinalInvokeForWindow: boolean;
}

/** Adds fares up, and writes the sum of each window and shard. */
function createFares() {
  const dynamodb = new DynamoDBClient({});
  return async (event: FareEvent): Promise<{ state: object }> => {
    let cents = event.state.cents ?? 0;
    for (const { dynamodb: change, kinesis } of event.Records) {
      cents += change
        ? Number(change.NewImage.cents.N)
        : (JSON.parse(Buffer.from(kinesis!.data, "base64").toString()) as { cents: number }).cents;
    }
    if (event.isFinalInvokeForWindow) {
      const id = { S: `${event.window.start} ${event.shardId}` };
      const Item = { id, cents: { N: String(cents) } };
      await dynamodb.send(new PutItemCommand({ TableName: process.env.SUMS, Item }));
    }
    return { state: { cents } };
  };
}

const READ = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/** Trips in a stream, or in a table with a stream; fares are summed by minute. */
function program(mapping: Partial<aws.lambda.EventSourceMappingArgs> = {}) {
  return () => {
    const attributes = [{ name: "id", type: "S" }];
    const billing = { billingMode: "PAY_PER_REQUEST", hashKey: "id", attributes };
    const sums = new aws.dynamodb.Table("sums", billing);
    const stream = new aws.kinesis.Stream("trips", { shardCount: 2 });
    const table = new aws.dynamodb.Table("trip-table", {
      ...billing,
      streamEnabled: true,
      streamViewType: "NEW_IMAGE",
    });
    for (const [name, source] of [
      ["kinesis", stream.arn],
      ["dynamodb", table.streamArn],
    ] as const) {
      const { lambda, policy } = lambdaFunction(`${name}-fares`, createFares, {
        statements: [
          { actions: READ.map((action) => `${name}:${action}`), resources: [source] },
          { actions: ["dynamodb:PutItem"], resources: [sums.arn] },
        ],
        environment: { SUMS: sums.name },
      });
      new aws.lambda.EventSourceMapping(
        `${name}-mapping`,
        {
          eventSourceArn: source,
          functionName: lambda.arn,
          startingPosition: "TRIM_HORIZON",
          tumblingWindowInSeconds: 60,
          ...mapping,
        },
        { dependsOn: [policy] },
      );
    }
    return { stream: stream.name, table: table.name, sums: sums.name };
  };
}

async function putTrips(account: SimulatedAws, ...cents: number[]): Promise<void> {
  await account.client(KinesisClient).send(
    new PutRecordsCommand({
      StreamName: String(account.outputs.stream),
      Records: cents.map((each) => ({
        PartitionKey: String(each),
        Data: Buffer.from(JSON.stringify({ kind: "trip", cents: each })),
      })),
    }),
  );
}

/** The sum of each minute, over all shards. */
async function sumsOf(account: SimulatedAws): Promise<Record<string, number>> {
  const { Items = [] } = await account
    .client(DynamoDBClient)
    .send(new ScanCommand({ TableName: String(account.outputs.sums) }));
  const sums: Record<string, number> = {};
  for (const { cents, id } of Items) {
    const minute = id!.S!.slice(14, 16);
    sums[minute] = (sums[minute] ?? 0) + Number(cents!.N);
  }
  return sums;
}

describe("tumbling windows, deployed", () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await synthesize(program());
  });

  it("sum a stream up by minute of arrival", async () => {
    const account = await deployment.start();
    await putTrips(account, 1, 2, 3);
    await account.advance({ seconds: 30 });
    await putTrips(account, 10);
    await account.advance({ seconds: 60 });
    await putTrips(account, 100, 200);
    expect(account.pending().join()).to.include("a window open until 2026-01-01T00:01:00Z");
    await account.settle({ withinSeconds: 600 });
    expect(await sumsOf(account)).to.deep.equal({ "00": 16, "01": 300 });
  });

  it("sum a table's stream up by minute of the write", async () => {
    const account = await deployment.start();
    const dynamodb = account.client(DynamoDBClient);
    const TableName = String(account.outputs.table);
    for (const id of ["a", "b", "c"]) {
      const Item = { id: { S: id }, cents: { N: "7" } };
      await dynamodb.send(new PutItemCommand({ TableName, Item }));
    }
    await account.settle({ withinSeconds: 600 });
    expect(await sumsOf(account)).to.deep.equal({ "00": 21 });
    const [first] = account.invocations("dynamodb-fares");
    expect(first!.event).to.include({ isFinalInvokeForWindow: false });
  });

  it("are the same run for the same seed", async () => {
    const hashes = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const account = await deployment.start({ seed });
        await putTrips(account, 1, 2, 3);
        await account.settle({ withinSeconds: 600 });
        return account.trace.hash;
      }),
    );
    expect(hashes[1]).to.equal(hashes[0]);
    expect(hashes[2]).not.to.equal(hashes[0]);
  });

  it("cost nothing while nothing arrives", async () => {
    const account = await deployment.start();
    await account.advance({ seconds: 86_400 });
    expect(account.trace.entries.every(({ label }) => label.startsWith("deploy:"))).to.equal(true);
  });

  it("sum up what the filters let through", async () => {
    const filters = [{ pattern: JSON.stringify({ data: { cents: [{ numeric: [">", 2] }] } }) }];
    const account = await simulate(program({ filterCriteria: { filters } }));
    await putTrips(account, 1, 2, 3, 4);
    await account.settle({ withinSeconds: 600 });
    expect(await sumsOf(account)).to.deep.equal({ "00": 7 });
  });

  it("are refused with a parallelization factor, and filters that are none", async () => {
    const refusal = async (mapping: Partial<aws.lambda.EventSourceMappingArgs>): Promise<string> =>
      simulate(program(mapping)).then(
        () => "accepted",
        (cause: unknown) => (cause as Error).message,
      );
    expect(await refusal({ parallelizationFactor: 2 })).to.include(
      "Parallelization factor must be equal to 1 when tumbling window period is configured",
    );
    expect(await refusal({ filterCriteria: { filters: [{ pattern: "{}" }] } })).to.include(
      "Invalid filter pattern definition.",
    );
  });
});
