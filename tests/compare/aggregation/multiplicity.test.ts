import { expect } from "chai";
import type { Write } from "../../../compare/account";
import { contentKey } from "../../../compare/aggregation/ground-truth";
import { multiplicityOf, type Committed } from "../../../compare/aggregation/multiplicity";
import { aggregateWrites, invocationOf, itemOf, messageOf, rowOf } from "../fixtures";

const v1 = itemOf(messageOf({ id: "a", version: 1, valueMinor: 5 }));
const v2 = itemOf(messageOf({ id: "a", version: 2, valueMinor: 7 }));
const keyOf = (item: typeof v1): string =>
  contentKey(item["id"]!.S!, item["version"]!.N!, item["contentHash"]!.S!);

const map = { requestId: "map-1", atMs: 10 };
const reduce = { requestId: "reduce-1", atMs: 20 };
const change = { changed: true };

const nothing: Committed = { ledger: [], outbox: [], aggregates: [], invocations: new Map() };
const claimed = (row: Write["after"]): Write => ({
  ...reduce,
  ...change,
  before: row,
  after: { ...row, appliedAt: { N: "1" } },
});

describe("multiplicityOf", () => {
  const row = rowOf("r1", 5, 1);
  const exact: Committed = {
    ...nothing,
    ledger: [{ ...map, ...change, after: v1 }],
    outbox: [{ ...map, ...change, after: row }, claimed(row)],
    aggregates: aggregateWrites(reduce, [0, 0], [5, 1]),
  };

  it("counts a content once whose ledger step's row was claimed once", () => {
    const { firstEffectMs, net, sums } = multiplicityOf(exact);
    expect([...net]).to.deep.equal([[keyOf(v1), 1]]);
    expect(firstEffectMs.get(keyOf(v1))).to.equal(20);
    expect(sums.get("message_count")).to.equal(1n);
  });

  it("takes back the content that a step replaces", () => {
    const step = { requestId: "map-2", atMs: 30 };
    const apply = { requestId: "reduce-2", atMs: 40 };
    const second = rowOf("r2", 2, 0);
    const { net } = multiplicityOf({
      ...exact,
      ledger: [...exact.ledger, { ...step, ...change, before: v1, after: v2 }],
      outbox: [
        ...exact.outbox,
        { ...step, ...change, after: second },
        { ...claimed(second), ...apply },
      ],
      aggregates: [...exact.aggregates, ...aggregateWrites(apply, [5, 1], [7, 1])],
    });
    expect(Object.fromEntries(net)).to.deep.equal({ [keyOf(v1)]: 0, [keyOf(v2)]: 1 });
  });

  it("leaves out rows that nothing applied", () => {
    const { net, rows, sums } = multiplicityOf({
      ...exact,
      outbox: [exact.outbox[0]!],
      aggregates: [],
    });
    expect([...net]).to.deep.equal([]);
    expect([...sums]).to.deep.equal([]);
    expect(rows.get("r1")!.map(({ content }) => content)).to.deep.equal([keyOf(v1)]);
  });

  it("explains rows and sums without ledger and claims by the events (a row applied twice)", () => {
    const insert = { eventID: "e", eventName: "INSERT", dynamodb: { NewImage: row } };
    const again = { requestId: "reduce-2", atMs: 30 };
    const { firstEffectMs, net } = multiplicityOf({
      ledger: [],
      outbox: [{ ...map, ...change, after: row }],
      aggregates: [
        ...aggregateWrites(reduce, [0, 0], [5, 1]),
        ...aggregateWrites(again, [5, 1], [10, 2]),
      ],
      invocations: new Map([
        ["map-1", invocationOf("map-1", [{ dynamodb: { NewImage: v1 } }])],
        ["reduce-1", invocationOf("reduce-1", [insert])],
        ["reduce-2", invocationOf("reduce-2", [insert])],
      ]),
    });
    expect([...net]).to.deep.equal([[keyOf(v1), 2]]);
    expect(firstEffectMs.get(keyOf(v1))).to.equal(20);
  });

  it("refuses a row that is not the sum of its ledger steps", () => {
    const wrong = rowOf("r1", 6, 1);
    expect(() =>
      multiplicityOf({ ...exact, outbox: [{ ...map, ...change, after: wrong }] }),
    ).to.throw(
      "Outbox row r1 is not the sum of the ledger steps committed with it: " +
        "x: 6 and 5, x::y: 6 and 5, x::y::z: 6 and 5.",
    );
  });

  it("refuses a change of the aggregates that the claimed rows do not explain", () => {
    expect(() =>
      multiplicityOf({ ...exact, aggregates: aggregateWrites(reduce, [0, 0], [5, 2]) }),
    ).to.throw(/by something else than the rows applied: message_count: 2 and 1/);
  });

  it("refuses a write that no invocation made", () => {
    expect(() =>
      multiplicityOf({ ...nothing, outbox: [{ atMs: 5, changed: true, after: row }] }),
    ).to.throw("A write at 5 was made by no known invocation.");
  });
});
