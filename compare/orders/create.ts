import { createDraws, type Draws } from "../draws";
import type { WorkloadSettings } from "../workloads";
import { createIntents } from "./intents";
import { PRODUCTS, TRAFFIC_MS, type OrderWorkload, type PoisonEvent } from "./workload";

/** More than anybody orders: overselling is to show as a difference, not as a refusal. */
const UNITS_OF_EACH = 1_000_000;

/** After all other outages. */
const POLICY_OUTAGE_MS = { from: 27 * 60_000, until: 28.5 * 60_000 };

/** @param settings `orders` at least 20 */
export function createOrderWorkload(
  seed: number,
  settings: Pick<WorkloadSettings, "orders" | "poisonRecords">,
): OrderWorkload {
  const { orders, poisonRecords } = settings;
  return {
    intents: createIntents(seed, orders),
    poison: poisonEvents(createDraws(seed, "orders.poison"), poisonRecords),
    stock: new Map(PRODUCTS.map((product) => [product, UNITS_OF_EACH])),
    policyOutageMs: POLICY_OUTAGE_MS,
  };
}

/** A producer of another team has the order id in another form: it matches the rules, and no consumer reads it. */
function poisonEvents(draws: Draws, count: number): PoisonEvent[] {
  return Array.from({ length: count }, (_, at) => {
    const poisonId = `order/${at + 1}`;
    const items = [{ productId: draws.pick(PRODUCTS), quantity: 1 }];
    return {
      atMs: draws.integer(60_000, TRAFFIC_MS),
      poisonId,
      detail: JSON.stringify({ orderId: poisonId, customerId: "another-producer", items }),
    };
  }).sort((a, b) => a.atMs - b.atMs);
}
