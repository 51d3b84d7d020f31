import { expect } from "chai";
import { createOrderWorkload } from "../../../compare/orders/create";
import { orderFaults } from "../../../compare/orders/faults";
import { PRODUCTS, TRAFFIC_MS, type Intent } from "../../../compare/orders/workload";
import { DEFAULT_SETTINGS } from "../../../compare/workloads";

const OUTPUTS = Object.fromEntries(
  [
    ...["ApiUrl", "BusName", "OutboxTableName", "ProcessedTableName", "ReservedTableName"],
    ...["StockTableName", "RelayFunctionName", "QueueUrl", "QueueDeadLetterUrl"],
    ...["ProcessTargetDeadLetterUrl", "InventoryTargetDeadLetterUrl", "ProcessFailureQueueUrl"],
    ...["ProcessFailureTopicQueueUrl", "ProcessFailureBucketName"],
  ].map((name) => [`orders${name}`, name]),
);

describe("the workload of orders", () => {
  const workload = createOrderWorkload(1, DEFAULT_SETTINGS);
  const { intents, poison, stock } = workload;
  const share = (of: (intent: Intent) => boolean): number =>
    intents.filter(of).length / intents.length;

  it("is 2,000 wishes of different customers in half an hour", () => {
    expect(intents).to.have.length(2_000);
    expect(new Set(intents.map(({ customerId }) => customerId)).size).to.equal(2_000);
    const times = intents.flatMap(({ sendsAtMs }) => sendsAtMs);
    expect(Math.min(...times)).to.be.at.least(1_000);
    expect(Math.max(...times)).to.be.at.most(TRAFFIC_MS);
  });

  it("comes quietly, steadily, and in a rush of thirty a second", () => {
    const within = (fromS: number, untilS: number): number =>
      intents.filter(({ sendsAtMs: [first] }) => fromS * 1e3 <= first! && first! < untilS * 1e3)
        .length;
    expect(within(0, 300) / 300).to.be.below(1);
    expect(within(600, 620) / 20).to.be.within(29, 33);
    expect(within(900, 1_800) / 900).to.be.within(0.6, 1.2);
  });

  it("holds invalid ones, used keys and repetitions", () => {
    expect(share(({ kind }) => kind === "invalid")).to.be.within(0.045, 0.075);
    expect(share(({ kind }) => kind === "reused-key")).to.be.within(0.005, 0.02);
    expect(share(({ sendsAtMs }) => sendsAtMs.length > 1)).to.be.within(0.06, 0.1);
    for (const { index, key, kind, reuses } of intents) {
      expect(kind === "reused-key").to.equal(reuses !== undefined);
      expect(key).to.equal(intents[reuses ?? index]!.key);
      expect(reuses ?? -1).to.be.below(index);
    }
  });

  it("says in each body what is ordered, and nothing of products that are not on stock", () => {
    for (const { body, customerId, items, kind } of intents) {
      if (kind === "invalid") continue;
      expect(JSON.parse(body)).to.deep.equal({ customerId, items });
      for (const { productId } of items) expect(stock.has(productId)).to.equal(true);
    }
    expect([...stock.keys()]).to.deep.equal(PRODUCTS);
  });

  it("has every mistake among the invalid ones", () => {
    const bodies = intents.filter(({ kind }) => kind === "invalid").map(({ body }) => body);
    const has = (part: string | RegExp): boolean => bodies.some((body) => body.search(part) >= 0);
    expect(has('"customerId":""')).to.equal(true);
    expect(has('"items":\\[\\]')).to.equal(true);
    expect(has('"quantity":0')).to.equal(true);
    expect(has(/^\{"items"/)).to.equal(true);
    const isJson = (body: string): boolean => {
      try {
        return typeof JSON.parse(body) === "object";
      } catch {
        return false;
      }
    };
    expect(bodies.every(isJson)).to.equal(false);
  });

  it("has events that match the rules and name no order", () => {
    expect(poison).to.have.length(3);
    for (const { detail, poisonId } of poison) {
      expect(JSON.parse(detail)).to.deep.include({ orderId: poisonId });
      expect(poisonId).not.to.match(/^ORD-/);
    }
  });

  it("depends on seed and settings alone", () => {
    expect(createOrderWorkload(1, DEFAULT_SETTINGS)).to.deep.equal(workload);
    expect(createOrderWorkload(2, DEFAULT_SETTINGS)).not.to.deep.equal(workload);
  });
});

describe("the faults of orders", () => {
  it("strike whoever publishes, and are otherwise the same", () => {
    const { ordersRelayFunctionName: _, ...direct } = OUTPUTS;
    const named = (outputs: Record<string, unknown>, publisher: string) =>
      orderFaults(DEFAULT_SETTINGS, outputs).map((fault) =>
        fault.function === publisher && ["entries", "after-commit"].includes(fault.kind)
          ? { ...fault, function: "publisher" }
          : fault,
      );
    expect(named(direct, "orders-publish")).to.deep.equal(named(OUTPUTS, "orders-relay"));
  });

  it("leave out failures of no percent", () => {
    const failPercent = { ...DEFAULT_SETTINGS.failPercent, process: 0, inventory: 0 };
    const drawn = orderFaults({ failPercent }, OUTPUTS).filter(({ probability }) => probability);
    expect(drawn.map((fault) => fault.function)).not.to.include("orders-process");
    expect(drawn.map((fault) => fault.function)).not.to.include("orders-inventory");
  });
});
