import { expect } from "chai";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { packAggregate } from "../../handlers/kpl-aggregate";
import program = require("../../index");
import { synthesize, type Deployment } from "../../simulator";
import { bytesOf, tripRow } from "../handlers/trip-fixtures";

const SEEDS = 200;
const TRIPS = 90;

const KINDS = ["before-effect", "after-commit", "kill", "response-lost", "timeout"] as const;

const deploymentOf = (windows: object): Promise<Deployment> =>
  synthesize(program, {
    config: {
      "redrive:systems": ["windows"],
      "redrive:windows": {
        shardCount: 2,
        batchSize: 10,
        timeout: 3,
        maximumRetryAttempts: -1,
        bisectBatchOnFunctionError: true,
        ...windows,
      },
    },
  });

/** A third of the trips come plain, the others packed; some twice, if asked for. */
function batchesOf(copies: boolean): Uint8Array[][] {
  const rows = Array.from({ length: TRIPS }, (_, n) =>
    bytesOf(tripRow({ trip_id: `trip-${n}`, VendorID: String(n % 3) })),
  );
  const packed = (from: number) =>
    packAggregate(rows.slice(from, from + 6).map((data) => ({ partitionKey: "k", data })));
  const batches = [0, 30, 60].map((from) => [
    ...rows.slice(from, from + 18),
    packed(from + 18),
    packed(from + 24),
    bytesOf("no JSON"),
  ]);
  return copies ? [...batches, batches[1]!.slice(0, -1)] : batches;
}

/** Pickups of all rows, and what was dropped. */
async function counted(deployment: Deployment, seed: number, copies: boolean): Promise<string> {
  const faults = KINDS.map((kind) => ({ function: "windows-consumer", kind, probability: 0.06 }));
  const account = await deployment.start({ seed, faults });
  const outputs = account.outputs as Readonly<Record<string, string>>;
  for (const batch of batchesOf(copies)) {
    const Records = batch.map((Data, n) => ({ PartitionKey: `key-${n}`, Data }));
    const StreamName = outputs["windowsStreamName"];
    await account.client(KinesisClient).send(new PutRecordsCommand({ StreamName, Records }));
    await account.advance({ seconds: 2 });
  }
  await account.settle({ withinSeconds: 86_400 });
  const TableName = outputs["windowsAggregateTableName"];
  const { Items = [] } = await account.client(DynamoDBClient).send(new ScanCommand({ TableName }));
  const sum = (name: string) => Items.reduce((all, row) => all + Number(row[name]?.N ?? 0), 0);
  return `${sum("pickups")} trips, ${sum("fareCents")} cents, ${sum("dropped")} dropped`;
}

describe(`The windowed aggregation over ${SEEDS} seeds of failures`, function () {
  this.timeout(300_000);

  for (const [title, windows, copies] of [
    ["exact, copies on the stream", { mode: "exact", reportBatchItemFailures: true }, true],
    ["exact, batches that fail as a whole", { mode: "exact" }, true],
    ["tumbling, nothing given up and no copies", {}, false],
  ] as const) {
    it(`counts each trip once (${title})`, async () => {
      const deployment = await deploymentOf(windows);
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const found = await counted(deployment, seed, copies);
        expect(found, `seed ${seed}`).to.equal("90 trips, 90000 cents, 3 dropped");
      }
    });
  }
});
