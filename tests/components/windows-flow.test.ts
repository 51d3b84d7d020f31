import { expect } from "chai";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { packAggregate } from "../../handlers/kpl-aggregate";
import type { TripRow } from "../../handlers/trip-messages";
import program = require("../../index");
import {
  synthesize,
  type Deployment,
  type Fault,
  type Invocation,
  type SimulatedAws,
  type StartOptions,
} from "../../simulator";
import { bytesOf, tripRow } from "../handlers/trip-fixtures";

const START_AT = "2026-01-01T00:00:00Z";

const deploymentOf = (windows: object): Promise<Deployment> =>
  synthesize(program, {
    config: { "redrive:systems": ["windows"], "redrive:windows": { shardCount: 2, ...windows } },
  });

type Row = Record<string, string>;

/** A started aggregation. */
async function taxis(deployment: Deployment, options: StartOptions = {}) {
  const account = await deployment.start({ startAt: START_AT, ...options });
  const outputs = account.outputs as Readonly<Record<string, string>>;
  const kinesis = account.client(KinesisClient);

  async function put(...data: readonly Uint8Array[]): Promise<void> {
    const Records = data.map((Data, n) => ({ PartitionKey: `key-${n}`, Data }));
    await kinesis.send(
      new PutRecordsCommand({ StreamName: outputs["windowsStreamName"], Records }),
    );
  }

  /** The rows without their shards, by id. */
  async function rows(): Promise<Record<string, Row>> {
    const { Items = [] } = await account
      .client(DynamoDBClient)
      .send(new ScanCommand({ TableName: outputs["windowsAggregateTableName"] }));
    return Object.fromEntries(
      Items.map(({ id, ...rest }) => {
        const values = Object.entries(rest)
          .filter(([name]) => !/^(shardId|window|vendorId)/.test(name))
          .map(([name, value]) => [name, value.N ?? ""]);
        return [id!.S, Object.fromEntries(values) as Row];
      }),
    );
  }
  return { account, put, rows };
}

const settled = (account: SimulatedAws) => account.settle({ withinSeconds: 86_400 });

const trips = (count: number, row: Partial<TripRow> = {}): Uint8Array[] =>
  Array.from({ length: count }, (_, n) => bytesOf(tripRow({ trip_id: `trip-${n}`, ...row })));

/** What a vendor's row counts of trips as `tripRow` makes them. */
const sums = (pickups: number): Row => ({
  pickups: String(pickups),
  passengers: String(2 * pickups),
  distanceHundredths: String(150 * pickups),
  fareCents: String(1_000 * pickups),
  totalCents: String(1_250 * pickups),
});

/** A hundred trips of each of three vendors: more than one write of a batch, in either mode. */
const vendors = (): Uint8Array[] =>
  ["1", "2", "3"].flatMap((VendorID) =>
    Array.from({ length: 100 }, (_, n) =>
      bytesOf(tripRow({ trip_id: `trip-${VendorID}-${n}`, VendorID })),
    ),
  );

/** Both shards' first batches, and what follows from each. */
const INVOCATIONS = 4;
/** Of one write. */
const SDK_ATTEMPTS = 3;
/** More than any of these invocations makes. */
const CALLS_MAX = 60;

/** The first calls of the first invocations are throttled. */
function throttled({ calls, effect }: { calls: number; effect: boolean }): Fault[] {
  const error = { code: "ProvisionedThroughputExceededException", effect };
  return Array.from({ length: INVOCATIONS * calls }, (_, n) => ({
    function: "windows-consumer",
    kind: "sdk-error",
    error,
    at: { invocation: 1 + Math.floor(n / calls), call: 1 + (n % calls) },
  }));
}

/** Of all windows together, by vendor. */
async function pickups(rows: () => Promise<Record<string, Row>>): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [id, row] of Object.entries(await rows())) {
    const vendor = id.split("#")[1]!;
    sums[vendor] = (sums[vendor] ?? 0) + Number(row["pickups"]);
  }
  return sums;
}

function isFailed({ outcome, response }: Invocation): boolean {
  const { batchItemFailures = [] } = (response ?? {}) as { batchItemFailures?: unknown[] };
  return outcome !== "ok" || batchItemFailures.length > 0;
}

describe("The windowed aggregation in the account", function () {
  this.timeout(120_000);

  let tumbling: Deployment;
  let exact: Deployment;
  before(async () => {
    tumbling = await deploymentOf({});
    exact = await deploymentOf({
      mode: "exact",
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      onFailure: "s3",
    });
  });

  for (const [title, deployment] of [
    ["tumbling", () => tumbling],
    ["exact", () => exact],
  ] as const) {
    describe(title, () => {
      it("writes one row per vendor and window, and counts what it drops", async () => {
        const { account, put, rows } = await taxis(deployment());
        const [corrupt] = [packAggregate([{ partitionKey: "k", data: bytesOf(tripRow()) }])];
        corrupt!.set([0], corrupt!.length - 1);
        await put(
          ...trips(5),
          bytesOf(tripRow({ trip_id: "other", VendorID: "2" })),
          bytesOf("no JSON"),
          bytesOf(tripRow({ passenger_count: "" })),
          corrupt!,
        );
        await settled(account);
        expect(await rows()).to.deep.equal({
          "vendor#1#2026-01-01T00:00:00Z": sums(5),
          "vendor#2#2026-01-01T00:00:00Z": sums(1),
          "unclean#2026-01-01T00:00:00Z": {
            dropped: "3",
            notJson: "1",
            missingField: "1",
            corruptAggregate: "1",
          },
        });
      });

      it("reads aggregated records as it reads plain ones", async () => {
        const { account, put, rows } = await taxis(deployment());
        const packed = packAggregate([
          ...trips(50).map((data) => ({ partitionKey: "k", data })),
          { partitionKey: "k", data: bytesOf("no JSON") },
        ]);
        await put(packed, bytesOf(tripRow({ trip_id: "plain" })));
        await settled(account);
        const found = await rows();
        expect(found["vendor#1#2026-01-01T00:00:00Z"]).to.deep.equal(sums(51));
        expect(found["unclean#2026-01-01T00:00:00Z"]).to.include({ dropped: "1" });
      });

      for (const kind of ["before-effect", "after-commit", "kill", "response-lost"] as const) {
        it(`counts each trip once through failures (${kind})`, async () => {
          const faults = [
            { function: "windows-consumer", kind, at: { invocation: 1, call: 1 } },
            { function: "windows-consumer", kind, at: { invocation: 3, call: 1 } },
            { function: "windows-consumer", kind, at: { invocation: 5, call: 1 } },
          ];
          const { account, put, rows } = await taxis(deployment(), { faults });
          await put(...trips(300));
          await settled(account);
          expect(await rows()).to.deep.equal({ "vendor#1#2026-01-01T00:00:00Z": sums(300) });
        });
      }

      it("leaves nothing behind", async () => {
        const { account, put } = await taxis(deployment());
        await put(...trips(3));
        await settled(account);
        expect(await account.destroy()).to.deep.equal([]);
      });
    });
  }

  it("counts in the window of arrival (tumbling), or of pickup (exact)", async () => {
    for (const [deployment, windows] of [
      [tumbling, { "vendor#1#2026-01-01T00:05:00Z": sums(1) }],
      [exact, { "vendor#1#2025-12-31T23:55:00Z": sums(1) }],
    ] as const) {
      const { account, put, rows } = await taxis(deployment);
      await account.advance({ seconds: 400 });
      await put(bytesOf(tripRow({ tpep_pickup_datetime: "2025-12-31 23:59:59" })));
      await settled(account);
      expect(await rows()).to.deep.equal(windows);
    }
  });

  it("counts a trip that is on the stream twice twice (tumbling), or once (exact)", async () => {
    for (const [deployment, pickups] of [
      [tumbling, 2],
      [exact, 1],
    ] as const) {
      const { account, put, rows } = await taxis(deployment);
      await put(bytesOf(tripRow()));
      await account.advance({ seconds: 20 });
      await put(bytesOf(tripRow()));
      await settled(account);
      expect(await rows()).to.deep.equal({ "vendor#1#2026-01-01T00:00:00Z": sums(pickups) });
    }
  });

  for (const finalRecords of ["none", "last-batch"] as const) {
    it(`writes the last batch with its window (windows.finalRecords ${finalRecords})`, async () => {
      const assumptions = { "windows.finalRecords": finalRecords };
      const { account, put, rows } = await taxis(tumbling, { assumptions });
      await account.advance({ seconds: 290 });
      await put(...trips(4));
      await account.advance({ seconds: 20 });
      await put(...trips(3));
      await settled(account);
      expect(await rows()).to.deep.equal({
        "vendor#1#2026-01-01T00:00:00Z": sums(4),
        "vendor#1#2026-01-01T00:05:00Z": sums(3),
      });
    });
  }

  for (const [title, deployment] of [
    ["tumbling", () => tumbling],
    ["exact", () => exact],
  ] as const) {
    it(`fails a batch whose writes are all throttled, and counts it once when it comes back (${title})`, async () => {
      const faults = throttled({ calls: CALLS_MAX, effect: false });
      const { account, put, rows } = await taxis(deployment(), { faults });
      await put(...vendors());
      await settled(account);
      const runs = account.invocations("windows-consumer");
      // Of a tumbling window, batches write nothing: its last invocations fail.
      expect(runs.slice(0, INVOCATIONS).filter(isFailed).length).to.be.at.least(2);
      expect(runs.slice(INVOCATIONS).filter(isFailed)).to.deep.equal([]);
      expect(await pickups(rows)).to.deep.equal({ "1": 100, "2": 100, "3": 100 });
    });

    for (const effect of [false, true]) {
      const how = effect ? "although it took effect" : "without effect";
      it(`finishes a batch of which one write is throttled, and counts it once (${title}, ${how})`, async () => {
        const faults = throttled({ calls: SDK_ATTEMPTS, effect });
        const { account, put, rows } = await taxis(deployment(), { faults });
        await put(...vendors());
        await settled(account);
        expect(account.invocations("windows-consumer").filter(isFailed)).to.deep.equal([]);
        expect(account.faults().some(({ hit }) => hit > 0)).to.equal(true);
        expect(await pickups(rows)).to.deep.equal({ "1": 100, "2": 100, "3": 100 });
      });
    }
  }

  it("loses a window whose last invocation is given up (tumbling, two retries)", async () => {
    const from = Date.parse(START_AT) + 60_000;
    const faults = [{ function: "windows-consumer", kind: "down", from }] as const;
    const { account, put, rows } = await taxis(tumbling, { faults });
    await put(...trips(4));
    await settled(account);
    expect(await rows()).to.deep.equal({});
  });
});
