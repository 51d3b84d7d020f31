import { expect } from "chai";
import fc from "fast-check";
import { createReadTrip, REQUIRED_TRIP_FIELDS } from "../../handlers/trip-messages";
import { bytesOf, tripRow } from "./trip-fixtures";

const readTrip = createReadTrip();

describe("createReadTrip", () => {
  it("reads a row into integers", () => {
    expect(readTrip(bytesOf(tripRow()))).to.deep.equal({
      id: "trip-1",
      vendorId: "1",
      pickupMs: Date.UTC(2026, 0, 1, 0, 0, 10),
      passengers: 2,
      distanceHundredths: 150,
      fareCents: 1_000,
      totalCents: 1_250,
    });
  });

  for (const [title, row, expected] of [
    ["cents without a tenth", { fare_amount: "0.07" }, { fareCents: 7 }],
    ["tenths alone", { fare_amount: "7.1" }, { fareCents: 710 }],
    ["more zeros than cents", { fare_amount: "7.1000" }, { fareCents: 710 }],
    ["refunds", { fare_amount: "-3.05", total_amount: "-0" }, { fareCents: -305, totalCents: 0 }],
    ["counts as some files have them", { passenger_count: "1.0" }, { passengers: 1 }],
    ["numbers as numbers", { fare_amount: 4.1 as never }, { fareCents: 410 }],
    ["instants in ISO 8601", { tpep_pickup_datetime: "1970-01-01T00:00:01Z" }, { pickupMs: 1_000 }],
    ["spaces around", { VendorID: " 2 " }, { vendorId: "2" }],
  ] as const) {
    it(`reads ${title}`, () => {
      expect(readTrip(bytesOf(tripRow(row)))).to.include(expected);
    });
  }

  for (const field of REQUIRED_TRIP_FIELDS) {
    it(`drops a row without ${field}, or with an empty one`, () => {
      const { [field]: _, ...without } = tripRow();
      expect(readTrip(bytesOf(without))).to.equal("missingField");
      expect(readTrip(bytesOf(tripRow({ [field]: "" })))).to.equal("missingField");
      expect(readTrip(bytesOf(tripRow({ [field]: null as never })))).to.equal("missingField");
    });
  }

  for (const [title, row] of [
    ["three decimals that count", { fare_amount: "1.005" }],
    ["words for numbers", { total_amount: "ten" }],
    ["half a passenger", { passenger_count: "1.5" }],
    ["a negative count", { passenger_count: "-1" }],
    ["ten million dollars", { fare_amount: "10000000" }],
    ["a time of no format", { tpep_pickup_datetime: "yesterday" }],
    ["a thirteenth month", { tpep_pickup_datetime: "2026-13-01 00:00:00" }],
    ["a vendor that could be two", { VendorID: "1#2" }],
    ["an id of 129 characters", { trip_id: "x".repeat(129) }],
    ["a list for a value", { fare_amount: [1] as never }],
  ] as const) {
    it(`drops ${title}`, () => {
      expect(readTrip(bytesOf(tripRow(row)))).to.equal("badValue");
    });
  }

  it("never fails (property)", () => {
    for (const text of ["", "null", "[]", "7", '"trip"', "{"]) {
      expect(readTrip(bytesOf(text)), text).to.be.oneOf(["notJson", "missingField"]);
    }
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof readTrip(bytes) === "string"));
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => typeof readTrip(bytesOf(JSON.stringify(value))) === "string",
      ),
    );
  });
});
