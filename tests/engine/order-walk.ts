/** A walk through the strategies for orders, in one stack: each step is a flip, with orders in flight where that may be. */
import { DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { orderTopologyOf } from "../../compare/orders/topology";
import { parseSettings, type Settings } from "../../config";
import { startEmpty, type SimulatedAws } from "../../simulator";
import {
  configOf,
  EngineFolder,
  EngineStack,
  packagesOf,
  redrive,
  redriveProject,
  type Config,
  type Steps,
} from "./engine-stack";

export const ORDER_STRATEGIES = [
  "dev",
  "aws-defaults",
  "source-orders",
  "impatient",
  "throttled",
  "deletes-itself",
  "message-id",
  "powertools",
  "fifo",
];
const ORDERS_A_FLIP = 2;
const STOCK = 1_000_000;
const SETTLE_S = 86_400;
/** What a table's stream keeps, and a little. */
const STREAM_S = 25 * 3_600;

/** A FIFO queue cannot be made of a standard one: both queues are replaced, with what belongs to them. */
const REPLACED_WITH_QUEUES = [
  "orders-inventory-dead-letter",
  "orders-inventory-dead-letter-policy",
  "orders-inventory-dead-letter-sources",
  "orders-inventory-mapping",
  "orders-inventory-updates",
  "orders-inventory-updates-policy",
];
/** A deployment of an API is a snapshot: a changed method makes another one. */
const REPLACED_WITH_METHOD = ["orders-api-deployment"];
/** What publishes from the outbox, and who may call an API that authenticates. */
const ONLY_WITH_OUTBOX = [
  "orders-api-client-policy",
  "orders-api-client-role",
  "orders-relay",
  "orders-relay-logs",
  "orders-relay-mapping",
  "orders-relay-permission",
  "orders-relay-policy",
  "orders-relay-role",
  "orders-relay-schedule",
  "orders-relay-target",
];

/** What a flip from the recommended stack updates in place, and the flip back to it. */
const UPDATED: Readonly<Record<string, readonly string[]>> = {
  "aws-defaults": [
    "orders-api-limits",
    "orders-inventory",
    "orders-inventory-mapping",
    "orders-inventory-updates",
    "orders-process-invocation",
    "orders-process-policy",
    "orders-route-to-inventory-queue-target",
    "orders-route-to-process-order-target",
  ],
  "source-orders": [
    "orders-api-method",
    "orders-api-stage",
    "orders-inventory",
    "orders-inventory-policy",
    "orders-process",
    "orders-process-invocation",
    "orders-process-policy",
    "orders-publish",
    "orders-publish-policy",
  ],
  impatient: ["orders-inventory", "orders-inventory-updates", "orders-process-invocation"],
  throttled: ["orders-inventory", "orders-inventory-updates"],
  "deletes-itself": ["orders-inventory", "orders-inventory-mapping"],
  "message-id": ["orders-inventory", "orders-process"],
  powertools: [
    "orders-inventory",
    "orders-inventory-policy",
    "orders-process",
    "orders-process-policy",
  ],
  fifo: ["orders-inventory", "orders-inventory-policy", "orders-route-to-inventory-queue-target"],
};

const configs = new Map<string, Config>(
  ORDER_STRATEGIES.map((name) => [name, { ...configOf(name), "redrive:systems": ["orders"] }]),
);

function settingsOf(name: string): Settings["orders"] {
  const entries = Object.entries(configs.get(name)!).map(([key, value]) => [
    key.replace("redrive:", ""),
    value,
  ]);
  return parseSettings(Object.fromEntries(entries) as Record<string, unknown>).orders;
}

/** Everything but what is updated in place. */
function expectedSteps(from: string, to: string): Steps {
  const [old, next] = [settingsOf(from), settingsOf(to)];
  const replaced = [
    ...(old.inventory.fifo === next.inventory.fifo ? [] : REPLACED_WITH_QUEUES),
    ...(old.authorization === next.authorization ? [] : REPLACED_WITH_METHOD),
  ].sort();
  const outbox = old.publishing === next.publishing ? undefined : next.publishing;
  return {
    ...(replaced.length > 0 && {
      "create-replacement": replaced,
      "delete-replaced": replaced,
      replace: replaced,
    }),
    ...(outbox === "outbox" && { create: ONLY_WITH_OUTBOX }),
    ...(outbox === "direct" && { delete: ONLY_WITH_OUTBOX }),
  };
}

/** Whether messages or stored orders would be left behind. */
function needsRest(from: string, to: string): boolean {
  const [old, next] = [settingsOf(from), settingsOf(to)];
  return (
    old.inventory.fifo !== next.inventory.fifo ||
    old.publishing !== next.publishing ||
    old.idempotency !== next.idempotency
  );
}

/** Clients, and what the tables must come to. */
class Shop {
  accepted = 0;

  constructor(private readonly account: SimulatedAws) {}

  async open(): Promise<void> {
    const { ordersStockTableName } = orderTopologyOf(this.account.outputs);
    await this.account.client(DynamoDBClient).send(
      new PutItemCommand({
        TableName: ordersStockTableName,
        Item: { productId: { S: "product-1" }, quantity: { N: String(STOCK) } },
      }),
    );
  }

  async order(): Promise<void> {
    const { ordersApiUrl, ordersClientRoleArn } = orderTopologyOf(this.account.outputs);
    const { status } = await this.account.http({
      method: "POST",
      url: ordersApiUrl,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        customerId: "customer-1",
        items: [{ productId: "product-1", quantity: 1 }],
      }),
      ...(ordersClientRoleArn && { as: ordersClientRoleArn }),
    });
    expect(status).to.equal(202);
    this.accepted += 1;
  }

  /** @param isAtRest whether every order must have been processed by now */
  async check(when: string, isAtRest: boolean): Promise<void> {
    const { processed, taken } = await this.effects();
    expect(processed, when).to.be.at.most(this.accepted);
    if (isAtRest)
      expect({ processed, taken }, when).to.deep.equal({
        processed: this.accepted,
        taken: this.accepted,
      });
  }

  /** How often orders were processed, and how much was taken from the stock. */
  private async effects(): Promise<{ processed: number; taken: number }> {
    const { ordersProcessedTableName, ordersStockTableName } = orderTopologyOf(
      this.account.outputs,
    );
    const client = this.account.client(DynamoDBClient);
    const scan = async (TableName: string) =>
      (await client.send(new ScanCommand({ TableName }))).Items ?? [];
    const processed = await scan(ordersProcessedTableName);
    const [stock] = await scan(ordersStockTableName);
    return {
      processed: processed.reduce((sum, row) => sum + Number(row["processedTimes"]!.N), 0),
      taken: STOCK - Number(stock!["quantity"]!.N),
    };
  }
}

/**
 * Flips one stack from each name to the next.
 *
 * @throws AssertionError if a flip does anything but what the settings say, or if an order is lost or done twice
 */
export async function walk(tour: readonly string[]): Promise<void> {
  const account = await startEmpty({ seed: 1 });
  const folder = new EngineFolder(redriveProject());
  folder.addPackages(await packagesOf(ORDER_STRATEGIES));
  const stack = await EngineStack.create("flipped", redrive, folder, account);
  try {
    stack.configure(configs.get(tour[0]!)!);
    await stack.up();
    account.adoptOutputs(await stack.outputs());
    const shop = new Shop(account);
    await shop.open();
    for (const [at, from] of tour.slice(0, -1).entries()) {
      const to = tour[at + 1]!;
      const flip = `${from} → ${to}`;
      for (let times = 0; times < ORDERS_A_FLIP; times += 1) await shop.order();
      if (needsRest(from, to)) await account.settle({ withinSeconds: SETTLE_S });
      // A new relay reads the outbox's stream from its beginning: markers of another idempotency would not stop it.
      if (expectedSteps(from, to)["create"]) await account.advance({ seconds: STREAM_S });
      stack.configure(configs.get(to)!);
      const { steps, text } = await stack.up();
      const { update = [], ...others } = steps;
      expect(others, `${flip}: ${text}`).to.deep.equal(expectedSteps(from, to));
      const updated = from === "dev" ? UPDATED[to] : to === "dev" ? UPDATED[from] : undefined;
      if (updated) expect(update, flip).to.deep.equal(updated);
      else expect(update.length, flip).to.be.greaterThan(0);
      // The API's address, and who may call it, depend on the strategy.
      if (Object.keys(others).length > 0) account.adoptOutputs(await stack.outputs());
      await shop.check(flip, needsRest(from, to));
    }
    await account.settle({ withinSeconds: SETTLE_S });
    await shop.check("after the walk", true);
    await stack.destroy();
    expect(account.remaining()).to.deep.equal([]);
  } finally {
    stack.close();
  }
}
