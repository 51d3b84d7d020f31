import { join } from "node:path";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import type { Fault } from "../../../compare/account";
import { orderFaults } from "../../../compare/orders/faults";
import { createOrderWorkload } from "../../../compare/orders/create";
import { FUNCTIONS, orderTopologyOf, type OrderTopology } from "../../../compare/orders/topology";
import { DEFAULT_SETTINGS } from "../../../compare/workloads";
import { Deployment, synthesize, type Synthesis } from "../../../simulator";
import { ordersLost, orderTrial, smallOrders, type OrderTrial } from "../../support/order-trial";

const PROJECT = join(__dirname, "../../..");
const FAILING = { ...DEFAULT_SETTINGS.failPercent, process: 20, inventory: 20 };

/** The recommended stack, with order settings changed. */
async function deployed(orders: Record<string, unknown> = {}): Promise<Deployment> {
  const config = { "redrive:systems": ["orders"], "redrive:orders": orders };
  return synthesize(PROJECT, { stack: "dev", config });
}

/** A run with all that the comparison does to a stack. */
async function underFaults(deployment: Deployment, seed: number): Promise<OrderTrial> {
  const workload = createOrderWorkload(seed, { orders: 120, poisonRecords: 1 });
  const faults = orderFaults({ failPercent: FAILING }, deployment.outputs);
  return orderTrial(deployment, seed, workload, faults);
}

describe("the comparison of order strategies, on the simulated account", function () {
  this.timeout(120_000);
  let recommended: Deployment;

  before(async () => {
    recommended = await deployed();
  });

  it("finds everything right where nothing fails, answers included", async () => {
    const workload = smallOrders(1, 80);
    const { account, result } = await orderTrial(recommended, 1, workload);
    const valid = workload.intents.filter(({ kind }) => kind === "order").length;
    expect(result.exact).to.equal(true);
    expect(result.records).to.deep.include({ produced: valid + 1, processed: valid, lost: 0 });
    expect(result.records.deadLettered).to.deep.equal({ good: 0, bad: 1 });
    expect(result.orders).to.deep.include({ refused: 0, answeredWrongly: 0, clientErrors: 0 });
    const { answers } = result.orders!;
    expect(answers).to.deep.include({ throttled: 0, error: 0, none: 0 });
    const invalid = workload.intents.filter(({ kind }) => kind === "invalid").length;
    expect(answers.invalid).to.equal(invalid).and.to.be.above(0);
    // The gateway refuses them: the function never hears of them.
    const invoked = account.invocations(FUNCTIONS.publish).length;
    expect(invoked).to.equal(answers.accepted + answers.conflict);
  });

  it("finds nothing lost and nothing twice with markers and dead letters, whatever fails", async () => {
    for (const seed of [1, 2]) {
      const { result } = await underFaults(recommended, seed);
      expect(result.consistent, `seed ${seed}`).to.equal(true);
      expect(ordersLost(result)).to.equal(0);
      expect(result.orders).to.deep.include({ processedTwice: 0, oversoldUnits: 0 });
      expect(result.orders!.poison).to.deep.equal({ deadLettered: 1, lost: 0, pending: 0 });
      expect(result.records.deadLettered.good).to.be.above(0);
    }
  });

  it("catches a strategy without idempotency processing twice", async () => {
    const { result } = await underFaults(await deployed({ idempotency: "none" }), 1);
    expect(result.consistent).to.equal(false);
    expect(result.orders!.processedTwice).to.be.above(0);
    expect(result.orders!.oversoldUnits).to.be.above(0);
  });

  it("catches a strategy without dead-letter queues losing orders", async () => {
    const careless = await deployed({
      target: { deadLetterQueue: false },
      process: { onFailure: "none" },
      inventory: { maxReceiveCount: -1 },
    });
    const { result } = await underFaults(careless, 1);
    expect(ordersLost(result)).to.be.above(0);
    expect(result.orders!.deadLetters.total).to.equal(0);
    // The queue delivers it again and again, but ProcessOrder's copy is gone.
    expect(result.orders!.poison).to.deep.equal({ deadLettered: 0, lost: 1, pending: 0 });
  });
});

describe("the order flow without a permission", function () {
  this.timeout(120_000);
  let synthesis: Synthesis;

  before(async () => {
    ({ synthesis } = await deployed());
  });

  /** The same deployment, with a resource left out or changed. */
  function without(change: (resources: Synthesis["resources"]) => Synthesis["resources"]) {
    const copy = structuredClone(synthesis);
    return new Deployment({ ...copy, resources: change(copy.resources) });
  }

  const leavingOut = (name: string) =>
    without((resources) => {
      expect(resources.map((resource) => resource.name)).to.include(name);
      return resources.filter((resource) => resource.name !== name);
    });

  async function firstDeadLetter(
    { account }: OrderTrial,
    queue: (topology: OrderTopology) => string,
  ) {
    const QueueUrl = queue(orderTopologyOf(account.outputs));
    // Scoring has read them; they are visible again after twelve hours.
    await account.advance({ seconds: 43_300 });
    const { Messages = [] } = await account
      .client(SQSClient)
      .send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] }));
    return Messages[0]!;
  }

  const faults: readonly Fault[] = [];

  it("of the bus to send to the queue: NO_PERMISSIONS, and only UpdateInventory misses the order", async () => {
    const deployment = leavingOut("orders-inventory-updates-policy");
    const trial = await orderTrial(deployment, 1, smallOrders(1, 20), faults);
    const { deadLetters } = trial.result.orders!;
    expect(trial.result.records).to.deep.include({ processed: 0, lost: 0 });
    expect(deadLetters.endedBy.noPermissions).to.be.above(10);
    expect(deadLetters.neverInvoked).to.equal(deadLetters.endedBy.noPermissions);
    const letter = await firstDeadLetter(
      trial,
      (topology) => topology.ordersInventoryTargetDeadLetterUrl,
    );
    expect(letter.MessageAttributes!["ERROR_CODE"]!.StringValue).to.equal("NO_PERMISSIONS");
    expect(trial.account.invocations(FUNCTIONS.inventory)).to.deep.equal([]);
    expect(trial.account.invocations(FUNCTIONS.process)).not.to.deep.equal([]);
  });

  it("of the bus to invoke ProcessOrder: NO_PERMISSIONS, and ProcessOrder never runs", async () => {
    const deployment = leavingOut("orders-route-to-process-order-permission");
    const trial = await orderTrial(deployment, 1, smallOrders(1, 20), faults);
    expect(trial.result.records).to.deep.include({ processed: 0, lost: 0 });
    const letter = await firstDeadLetter(
      trial,
      (topology) => topology.ordersProcessTargetDeadLetterUrl,
    );
    expect(letter.MessageAttributes!["ERROR_CODE"]!.StringValue).to.equal("NO_PERMISSIONS");
    expect(trial.account.invocations(FUNCTIONS.process)).to.deep.equal([]);
  });

  it("of ProcessOrder's role to write: three attempts, then a record of AccessDeniedException", async () => {
    const deployment = without((resources) =>
      resources.map((resource) => {
        const { inputs, name } = resource;
        const isRolesPolicy = name === "orders-process-policy";
        if (!isRolesPolicy) return resource;
        const { policy } = inputs as { policy: string };
        expect(policy).to.include("dynamodb:UpdateItem");
        const changed = policy.replace('"dynamodb:UpdateItem"', '"dynamodb:DescribeTable"');
        return { ...resource, inputs: { ...inputs, policy: changed } };
      }),
    );
    const trial = await orderTrial(deployment, 1, smallOrders(1, 20), faults);
    const { records, orders } = trial.result;
    expect(records).to.deep.include({ processed: 0, lost: 0 });
    expect(orders!.deadLetters.endedBy.asynchronousRetries).to.be.above(10);
    const letter = await firstDeadLetter(
      trial,
      (topology) => topology.ordersProcessFailureQueueUrl,
    );
    const record = JSON.parse(letter.Body!) as Record<string, Record<string, unknown>>;
    expect(record["requestContext"]).to.deep.include({
      condition: "RetriesExhausted",
      approximateInvokeCount: 3,
    });
    expect(record["responsePayload"]).to.deep.include({ errorType: "AccessDeniedException" });
  });
});
