import { expect } from "chai";
import type { Image, Write } from "../../../compare/account";
import type { Deliveries } from "../../../compare/orders/deliveries";
import { effectsOf } from "../../../compare/orders/effects";
import { stockConservation } from "../../../compare/orders/oracles";
import type { OrderTopology } from "../../../compare/orders/topology";

const topology = {
  ordersProcessedTableName: "processed",
  ordersReservedTableName: "reserved",
  ordersStockTableName: "stock",
} as OrderTopology;

const told = { orderId: "O", customerId: "c" };
const deliveries: Deliveries = {
  processed: new Map([["p1", told]]),
  queued: new Map([["i1", [{ messageId: "m", told }]]]),
  messages: new Map([["m", told]]),
  invokedWith: new Set(["p1", "m"]),
};

const rowOf = (units: number): Image => ({
  orderId: { S: "O" },
  items: { L: [{ M: { productId: { S: "x" }, quantity: { N: String(units) } } }] },
});
const stockOf = (units: number): Image => ({
  productId: { S: "x" },
  quantity: { N: String(units) },
});
const changed = { changed: true };
const processed: Write = { ...changed, atMs: 5, requestId: "p1", after: rowOf(2) };
const reserved: Write = { ...changed, atMs: 9, requestId: "i1", after: rowOf(2) };
const taken: Write = {
  ...changed,
  atMs: 9,
  requestId: "i1",
  before: stockOf(7),
  after: stockOf(5),
};
const seeded: Write = { ...changed, atMs: 0, after: stockOf(7) };

const accountWith = (tables: Record<string, readonly Write[]>) => ({
  writes: (table: string): readonly Write[] => tables[table] ?? [],
});

describe("effectsOf", () => {
  const effects = (tables: Record<string, readonly Write[]>) =>
    effectsOf(accountWith(tables), topology, deliveries);

  it("counts what was committed, and when first", () => {
    const again = { ...processed, atMs: 8 };
    const found = effects({
      processed: [processed, again],
      reserved: [reserved],
      stock: [seeded, taken],
    });
    expect(found.process.get("O")).to.deep.equal({ times: 2, firstMs: 5 });
    expect(found.inventory.get("O")).to.deep.equal({ times: 1, firstMs: 9 });
    expect([...found.taken]).to.deep.equal([["x", 2]]);
  });

  it("refuses a write of somebody who was not given the order", () => {
    const stranger = { ...processed, requestId: "p2" };
    expect(() => effects({ processed: [stranger] })).to.throw(
      "Nobody who wrote down the process of O was given that order.",
    );
    const other = { ...reserved, requestId: undefined };
    expect(() => effects({ reserved: [other] })).to.throw("the inventory of O");
  });

  it("refuses stock that changes by something else than the orders reserved with it", () => {
    const message = "In 1 cases the stock changed by something else than the orders";
    expect(() => effects({ reserved: [reserved], stock: [seeded] })).to.throw(message);
    expect(() => effects({ stock: [seeded, taken] })).to.throw(message);
    const more = { ...taken, after: stockOf(4) };
    expect(() => effects({ reserved: [reserved], stock: [more] })).to.throw(message);
  });
});

describe("stockConservation", () => {
  it("holds while every change of the stock has its order, and throws at once when not", () => {
    const tables: Record<string, Write[]> = { reserved: [], stock: [seeded] };
    const check = stockConservation(accountWith(tables), topology);
    check();
    tables["reserved"]!.push(reserved);
    tables["stock"]!.push(taken);
    check();
    tables["stock"]!.push({ ...taken, atMs: 12 });
    expect(check).to.throw("The stock is not what the reserved orders left: x: 2.");
  });
});
