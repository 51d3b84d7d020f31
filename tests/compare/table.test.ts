import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import { plainTable, terminalTable, WIDTH_MAX } from "../../compare/report/table";
import { endsInWords } from "../../compare/report/order-columns";
import { errorLines } from "../../compare/report/error-columns";
import { badRowLines } from "../../compare/report/trip-columns";
import { goodErrors, goodOrders, goodRow, goodTrips } from "./fixtures";

const worst = goodRow({
  stack: "bisect-checkpoint",
  exact: false,
  consistent: false,
  small: { runs: 100, exact: 50, consistent: 50 },
  records: {
    produced: 1_000_000,
    processed: 100,
    superseded: 0,
    lost: 100_000,
    duplicated: 100_000,
    deadLettered: { good: 100_000, bad: 20 },
    pending: 100_000,
    alreadyApplied: 0,
  },
  finishedSeconds: 86_400,
  maxIteratorAgeSeconds: 86_400,
  invocations: { ok: 900_000, error: 90_000, timeout: 1, killed: 1, throttled: 1 },
  costUsd: { usage: 1, provisionedPerHour: 1, perMillionRecords: 1_000 },
});

const widest = (text: string): number =>
  Math.max(...text.split("\n").map((line) => stripVTControlCharacters(line).length));

describe("plainTable", () => {
  it("aligns columns and says nothing where there is nothing", () => {
    const lines = plainTable([goodRow(), goodRow({ stack: "bisect" })]).split("\n");
    expect(lines).to.have.length(4);
    expect(lines[2]!.split(/ {2,}/)).to.deep.equal([
      "dev",
      "yes",
      "yes",
      "-",
      "-",
      "-",
      "-",
      "20 s",
      "3 s",
      "1,050 (50)",
      "2.00",
      "20/20 of 20",
    ]);
    expect(lines[3]!.indexOf("yes")).to.equal(lines[2]!.indexOf("yes"));
  });

  it("holds no control characters", () => {
    const table = plainTable([worst]);
    expect(stripVTControlCharacters(table)).to.equal(table);
  });

  it("says how many are lost, counted twice, given up and waiting", () => {
    const cells = plainTable([worst]).split("\n")[2]!.split(/ {2,}/);
    expect(cells.slice(1, 7)).to.deep.equal([
      "NO",
      "NO",
      "100,000",
      "100,000",
      "100,000 / 20",
      "100,000",
    ]);
  });

  it(`fits ${WIDTH_MAX} columns with a hundred thousand lost`, () => {
    expect(widest(plainTable([worst]))).to.be.at.most(WIDTH_MAX);
  });
});

describe("the table of orders", () => {
  const orders = goodOrders();
  const row = goodRow({
    workload: "orders",
    stack: "deletes-itself",
    records: {
      produced: 20_003,
      processed: 10_000,
      superseded: 0,
      lost: 9_503,
      duplicated: 10_000,
      deadLettered: { good: 500, bad: 0 },
      pending: 0,
      alreadyApplied: 0,
    },
    latencySeconds: { p50: 0.41, p99: 2_160, max: 3_000 },
    orders: {
      ...orders,
      processedTwice: 10_000,
      oversoldUnits: 70_000,
      poison: { deadLettered: 0, lost: 3, pending: 0 },
      clientErrors: 1_000,
      answeredWrongly: 1_000,
      deadLetters: {
        total: 503,
        neverInvoked: 400,
        endedBy: { ...orders.deadLetters.endedBy, receiveCount: 3, noPermissions: 500 },
      },
    },
  });

  it("has columns of its own, and leaves events that are no orders out", () => {
    const cells = plainTable([row]).split("\n")[2]!.split(/ {2,}/);
    expect(cells).to.deep.equal([
      "deletes-itself",
      "20,000",
      "10,000",
      "9,500",
      "10,000",
      "70,000",
      "500 / -",
      "400",
      "1,000",
      "1,000",
      "0.4 s / 36 min",
      "1,050 (50)",
      "2.00",
      "20 of 20",
    ]);
  });

  it(`fits ${WIDTH_MAX} columns, with lines and without`, () => {
    expect(widest(plainTable([row]))).to.be.at.most(WIDTH_MAX);
    expect(widest(terminalTable([row], true))).to.be.at.most(WIDTH_MAX);
  });

  it("says what ended the lives of dead letters, the commonest first", () => {
    expect(endsInWords(row)).to.equal(
      "503 dead letters: 500 by no permission to deliver, 3 by the receive count",
    );
    expect(endsInWords(goodRow({ orders }))).to.equal("no dead letters");
  });
});

describe("the table of trips", () => {
  const trips = goodTrips();
  const row = goodRow({
    workload: "trips",
    stack: "windows-tumbling",
    exact: false,
    records: { ...worst.records, produced: 100_000, duplicated: 10_000, pending: 0 },
    latencySeconds: { p50: 174, p99: 5_400, max: 9_000 },
    trips: { ...trips, rows: { all: 123, exact: 10 }, otherWindow: 10_000, counted: 100_000 },
  });

  it("has columns of its own", () => {
    const cells = plainTable([row]).split("\n")[2]!.split(/ {2,}/);
    expect(cells).to.deep.equal([
      "windows-tumbling",
      "10 of 123",
      "100,000",
      "100,000",
      "10,000",
      "400 of 400",
      "10,000",
      "100,000 / 20",
      "2.9 min / 90 min",
      "1,050 (50)",
      "2.00",
      "20/20 of 20",
    ]);
  });

  it(`fits ${WIDTH_MAX} columns, with lines and without`, () => {
    expect(widest(plainTable([row]))).to.be.at.most(WIDTH_MAX);
    const records = { ...row.records, lost: 9_000, duplicated: 9_000 };
    expect(widest(terminalTable([{ ...row, records }], true))).to.be.at.most(WIDTH_MAX);
  });

  it("lists the first ten rows that were left out of a file", () => {
    const badRows = Array.from({ length: 12 }, (_, at) => `line ${at + 2}: bad`);
    const file = { name: "trips.csv", rows: 300, badRows };
    const lines = badRowLines(goodRow({ trips: { ...trips, file } }));
    expect(lines).to.have.length(12);
    expect(lines[0]).to.equal("12 rows of trips.csv left out:");
    expect(lines[1]).to.equal("  line 2: bad");
    expect(lines[11]).to.equal("  and 2 more");
    expect(badRowLines(goodRow({ trips }))).to.deep.equal([]);
  });
});

describe("the table of the error lab", () => {
  const row = goodRow({ workload: "errors", stack: "errorlab-in-handler", errors: goodErrors() });

  it("has columns of its own", () => {
    const cells = plainTable([row]).split("\n")[2]!.split(/ {2,}/);
    expect(cells).to.deep.equal([
      "errorlab-in-handler",
      ...["72", "10", "16", "2", "-", "-", "-", "-", "-", "1"],
      "270 / 1100 ms",
      "1,050 (50)",
      "2.00",
      "20/20 of 20",
    ]);
  });

  it(`fits ${WIDTH_MAX} columns, with lines and without`, () => {
    expect(widest(plainTable([row]))).to.be.at.most(WIDTH_MAX);
    expect(widest(terminalTable([row], true))).to.be.at.most(WIDTH_MAX);
  });

  it("draws how long invocations take, up to the longest", () => {
    expect(errorLines(row)).to.deep.equal([
      "errorlab-in-handler: effects beyond one of each row: 0; rows done and in a queue: 0",
      "  deliveries of a record: 1 at the median, 1 at p90, 3 at most",
      "  duration of an invocation: 270 ms at the median, 700 at p90, 1100 at p99, 1100 at most",
      "   <= 100 ms        0",
      `   <= 500 ms       20  ${"#".repeat(40)}`,
      `  <= 1000 ms        4  ${"#".repeat(8)}`,
      `   > 1000 ms        1  ${"#".repeat(2)}`,
    ]);
  });
});

describe("terminalTable", () => {
  it("holds the same cells, with lines around them", () => {
    const table = terminalTable([goodRow()], false);
    expect(stripVTControlCharacters(table)).to.equal(table);
    expect(table).to.contain("───").and.to.contain("1,050 (50)");
  });

  it("colours what is right and what is wrong", () => {
    expect(terminalTable([goodRow()], true)).to.contain("\u001b[32myes");
    expect(terminalTable([worst], true)).to.contain("\u001b[31mNO");
  });

  it(`fits ${WIDTH_MAX} columns with ten thousand records`, () => {
    const { records, small } = goodRow();
    const lost = { ...records, lost: 9_000, duplicated: 9_000, pending: 9_000 };
    const row = { ...worst, records: { ...lost, deadLettered: { good: 9_000, bad: 20 } }, small };
    expect(widest(terminalTable([row], true))).to.be.at.most(WIDTH_MAX);
  });
});
