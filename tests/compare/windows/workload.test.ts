import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createReadBatch } from "../../../handlers/trip-batch";
import { START_AT_MS, DEFAULT_SETTINGS } from "../../../compare/workloads";
import { createTripWorkload } from "../../../compare/windows/create";
import { contentOf, TRIP_COLUMNS, type TripCells } from "../../../compare/windows/trip-content";
import { readTripFile } from "../../../compare/windows/trip-file";
import type { ProducedRow, TripWorkload } from "../../../compare/windows/workload";

const WINDOW_MS = 300_000;
const SAMPLE = join(__dirname, "../../../samples/trips.csv");

const workloadOf = (trips: number, given: object = {}, seed = 1): TripWorkload =>
  createTripWorkload(seed, { ...DEFAULT_SETTINGS, trips, ...given });

const isClean = ({ content }: ProducedRow): boolean => typeof content !== "string";
const windowOf = (ms: number): number => Math.floor(ms / WINDOW_MS);

describe("the workload trips", () => {
  it("depends on its seed alone", () => {
    expect(workloadOf(500)).to.deep.equal(workloadOf(500));
    expect(workloadOf(500, {}, 2).rows).to.not.deep.equal(workloadOf(500).rows);
  });

  it("is what the program's own reader makes of it, row by row", () => {
    const { records } = workloadOf(3_000);
    const readBatch = createReadBatch();
    for (const { data, rows } of records) {
      const kinesis = { data: Buffer.from(data).toString("base64"), sequenceNumber: "1" };
      const read = readBatch([{ eventID: "e", kinesis } as never]);
      expect(read.map(({ content }) => content)).to.deep.equal(rows.map(({ content }) => content));
    }
  });

  it("puts every trip in the window of its pickup, but the late ones", () => {
    const { late, puts } = workloadOf(5_000, { resendPercent: 0 });
    let elsewhere = 0;
    for (const { atMs, records } of puts) {
      for (const { content } of records.flatMap(({ rows }) => rows)) {
        if (typeof content === "string") continue;
        const delayMs = START_AT_MS + atMs - content.pickupMs;
        if (delayMs >= 60_000) elsewhere += 1;
        else {
          expect(delayMs).to.be.within(0, 20_000);
          expect(windowOf(START_AT_MS + atMs)).to.equal(windowOf(content.pickupMs));
        }
      }
    }
    // Unclean ones that are late show in no trip.
    expect(elsewhere).to.be.within(30, late);
    expect(late).to.be.below(100);
  });

  it("holds plain, aggregated, corrupt and unclean rows, and copies of whole puts", () => {
    const { copies, records, rows } = workloadOf(5_000);
    const kinds = new Set(records.map(({ kind }) => kind));
    expect([...kinds].sort()).to.deep.equal(["aggregate", "corrupt", "plain"]);
    expect(
      new Set(rows.flatMap(({ content }) => (typeof content === "string" ? [content] : []))),
    ).to.have.all.keys("notJson", "missingField", "badValue", "corruptAggregate");
    const ids = rows.filter(isClean).map(({ content }) => (content as { id: string }).id);
    expect(ids.length - new Set(ids).size).to.be.within(1, copies);
    expect(rows.map(({ index }) => index)).to.deep.equal([...rows.keys()]);
  });

  it("sends nothing twice without resends, and at least one put with", () => {
    expect(workloadOf(400, { resendPercent: 0 }).copies).to.equal(0);
    expect(workloadOf(400).copies).to.be.above(0);
  });

  it("leaves out faults of a share of nothing", () => {
    const kinds = workloadOf(100, { failConsumerPercent: 0 }).faults.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["response-lost", "sdk-error", "sdk-error", "throttle", "down"]);
  });
});

describe("contentOf", () => {
  const cells = Object.fromEntries(TRIP_COLUMNS.map((column) => [column, "1"])) as TripCells;
  const row = { ...cells, tpep_pickup_datetime: "2026-01-01 00:03:20" };

  it("reads counts and amounts as files have them", () => {
    expect(contentOf({ ...row, passenger_count: "2.0", fare_amount: "-0.5" })).to.deep.equal({
      id: "1",
      vendorId: "1",
      pickupMs: Date.UTC(2026, 0, 1, 0, 3, 20),
      passengers: 2,
      distanceHundredths: 100,
      fareCents: -50,
      totalCents: 100,
    });
  });

  it("tells a missing field from a bad value", () => {
    expect(contentOf({ ...row, total_amount: " " })).to.equal("missingField");
    expect(contentOf({ ...row, total_amount: "1.234" })).to.equal("badValue");
    expect(contentOf({ ...row, tpep_pickup_datetime: "yesterday" })).to.equal("badValue");
  });
});

describe("a file of trips", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "trips-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A file with these lines after its heading. */
  function fileOf(...lines: string[]): string {
    const file = join(folder, "some.csv");
    writeFileSync(file, [TRIP_COLUMNS.join(","), ...lines, ""].join("\n"));
    return file;
  }
  const line = (id: string, pickup: string): string =>
    [
      id,
      "1",
      pickup,
      "",
      "1",
      "1.5",
      ...Array<string>(5).fill(""),
      "9",
      ...Array<string>(5),
      "9",
      "",
    ]
      .map((cell) => cell ?? "")
      .join(",");

  it("comes with the project, and is used whole", () => {
    const { badRows, trips } = readTripFile(SAMPLE);
    expect(badRows).to.deep.equal([]);
    expect(trips).to.have.length(297);
    const { file, rows } = workloadOf(10_000, { tripsFile: SAMPLE });
    expect(file).to.deep.equal({ name: "trips.csv", rows: 297, badRows: [] });
    expect(rows.filter(isClean).length).to.be.above(250);
  });

  it("is moved by whole hours, so that its first hour is the run's first", () => {
    const { trips } = readTripFile(
      fileOf(line("a", "2019-07-04 17:05:06"), line("b", "2019-07-04 18:00:00")),
    );
    expect(trips.map(({ pickupMs }) => pickupMs - START_AT_MS)).to.deep.equal([306_000, 3_600_000]);
    expect(trips[0]!.cells.tpep_pickup_datetime).to.equal("2026-01-01 00:05:06");
  });

  it("has bad rows left out and listed, and unclean ones kept", () => {
    const { badRows, trips } = readTripFile(
      fileOf(
        line("first", ""),
        line("a", "2019-07-04 17:05:06"),
        "a,b,c",
        `"a,b`,
        line("old", "2008-01-01 00:00:00"),
        line("", "2019-07-04 17:06:00"),
        line("no-time", ""),
      ),
    );
    expect(badRows).to.deep.equal([
      "line 2: no time of pickup, and none before it",
      "line 4: 3 columns instead of 19",
      "line 5: a quotation mark without its end",
      "line 6: picked up at 2008-01-01 00:00:00, not within a day of the first row",
    ]);
    expect(trips.map(({ cells }) => contentOf(cells))).to.deep.equal([
      contentOf(trips[0]!.cells),
      "missingField",
      "missingField",
    ]);
  });

  it("reads quoted cells, and line ends of either kind", () => {
    const quoted = line("a", "2019-07-04 17:05:06").replace(/^a,/, '"a ""b"", c",');
    const { trips } = readTripFile(fileOf(`${quoted}\r`));
    expect(trips[0]!.cells.trip_id).to.equal('a "b", c');
  });

  for (const [title, file, message] of [
    [
      "that is not there",
      "/no/such.csv",
      /^--trips-file \/no\/such\.csv: cannot be read: there is no such file\.$/,
    ],
    [
      "without its columns",
      join(__dirname, "../../../package.json"),
      /the first line must name the columns; it lacks trip_id, /,
    ],
  ] as const) {
    it(`is refused: one ${title}`, () => {
      expect(() => readTripFile(file)).to.throw(message);
    });
  }

  it("is refused: one without a row that can be used", () => {
    expect(() => readTripFile(fileOf("a,b"))).to.throw(/holds no row that can be used\.$/);
  });
});
