import { expect } from "chai";
import type { Write } from "../../../compare/account";
import { conservationCheck } from "../../../compare/aggregation/oracles";
import type { Topology } from "../../../compare/aggregation/topology";
import { aggregateWrites, itemOf, messageOf, rowOf } from "../fixtures";

const topology = {
  ledgerTableName: "ledger",
  outboxTableName: "outbox",
  aggregateTableName: "aggregates",
} as Topology;
const at = { atMs: 1, changed: true };
const v1 = itemOf(messageOf({ version: 1, valueMinor: 5 }));
const v2 = itemOf(messageOf({ version: 2, valueMinor: 7 }));
const row = rowOf("r1", 5, 1);

/** A check, and what it sees: writes are appended. */
function checked() {
  const writes: Record<string, Write[]> = { ledger: [], outbox: [], aggregates: [] };
  const check = conservationCheck({ writes: (table) => writes[table]! }, topology);
  return { writes, check };
}

describe("conservationCheck", () => {
  it("holds while every step has its row, and every applied row its aggregates", () => {
    const { check, writes } = checked();
    check();
    writes["ledger"]!.push({ ...at, after: v1 });
    writes["outbox"]!.push({ ...at, after: row });
    check();
    writes["outbox"]!.push({ ...at, before: row, after: { ...row, appliedAt: { N: "1" } } });
    writes["aggregates"]!.push(...aggregateWrites(at, [0, 0], [5, 1]));
    check();
    writes["ledger"]!.push({ ...at, before: v1, after: v2 });
    writes["outbox"]!.push({ ...at, after: rowOf("r2", 2, 0) });
    check();
  });

  it("is violated by a row without its ledger step", () => {
    const { check, writes } = checked();
    writes["outbox"]!.push({ ...at, after: row });
    expect(check).to.throw(
      "The outbox rows do not add up to what the ledger holds; they differ by x: 5",
    );
  });

  it("is violated by a change of the aggregates without a claim", () => {
    const { check, writes } = checked();
    writes["aggregates"]!.push(...aggregateWrites(at, [0, 0], [5, 1]));
    expect(check).to.throw("The applied rows do not add up to what the aggregates hold");
  });

  it("is violated by a ledger that goes back, or forgets", () => {
    const { check, writes } = checked();
    writes["ledger"]!.push({ ...at, before: v2, after: v1 });
    expect(check).to.throw("The ledger's a went back, or did not move.");
    const other = checked();
    other.writes["ledger"]!.push({ ...at, before: v2 });
    expect(other.check).to.throw("The ledger has forgotten a.");
  });

  it("does not mind writes that change nothing", () => {
    const { check, writes } = checked();
    writes["ledger"]!.push({ atMs: 1, changed: false, before: v1, after: v1 });
    check();
  });
});
