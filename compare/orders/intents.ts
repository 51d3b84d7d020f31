import type { OrderItem } from "../../handlers/order-messages";
import { createDraws, type Draws } from "../draws";
import { PRODUCTS, TRAFFIC_MS, type Intent } from "./workload";

/** The functions get a second to be found cold. */
const FIRST_MS = 1_000;

/** A rush comes at this rate, a third into the half hour. */
const RUSH_PER_SECOND = 30;
const RUSH_FROM_MS = 10 * 60_000;

const QUIET_SHARE = 0.1;
const RUSH_SHARE = 0.3;
const QUIET_UNTIL_MS = 6 * 60_000;

/** Of all intents. */
const INVALID_SHARE = 0.06;
const REUSED_KEY_SHARE = 0.01;
const REPEATED_SHARE = 0.08;

/** A client that sends the same again does so within ten minutes. */
const REPEAT_MS_MIN = 2_000;
const REPEAT_MS_MAX = 600_000;

const ITEMS_MAX = 4;
const QUANTITY_MAX = 5;

/** What is wrong with a body that the API must refuse. */
const MISTAKES: readonly ((order: Body) => string)[] = [
  ({ items }) => JSON.stringify({ items }),
  (order) => JSON.stringify({ ...order, customerId: "" }),
  ({ customerId }) => JSON.stringify({ customerId, items: [] }),
  ({ customerId, items: [first, ...rest] }) =>
    JSON.stringify({ customerId, items: [{ ...first, quantity: 0 }, ...rest] }),
  (order) => JSON.stringify(order).slice(0, -2),
];

interface Body {
  readonly customerId: string;
  readonly items: readonly OrderItem[];
}

/** Quiet, then steady, with a rush; in the order of their first requests. */
export function createIntents(seed: number, count: number): Intent[] {
  const draws = createDraws(seed, "orders.intents");
  const times = arrivals(createDraws(seed, "orders.arrivals"), count);
  const intents: Intent[] = [];
  for (const [index, atMs] of times.entries()) {
    const customerId = `customer-${String(index).padStart(6, "0")}`;
    const body = { customerId, items: itemsOf(draws) };
    // One draw decides, so that a larger share of one kind does not change what all others are.
    const kind = draws.integer(0, 9_999) / 10_000;
    intents.push(intentOf(index, atMs, body, kind, intents, draws));
  }
  return intents;
}

function intentOf(
  index: number,
  atMs: number,
  body: Body,
  kind: number,
  earlier: readonly Intent[],
  draws: Draws,
): Intent {
  const { customerId, items } = body;
  const plain = {
    index,
    customerId,
    key: `key-${String(index).padStart(6, "0")}`,
    body: JSON.stringify(body),
    kind: "order",
    items,
    sendsAtMs: [atMs],
  } as const;
  if (kind < INVALID_SHARE) {
    return { ...plain, kind: "invalid", items: [], body: draws.pick(MISTAKES)(body) };
  }
  if (kind < INVALID_SHARE + REUSED_KEY_SHARE && earlier[0]?.kind === "order") {
    const orders = earlier.filter((each) => each.kind === "order");
    const reused = draws.pick(orders);
    return { ...plain, kind: "reused-key", key: reused.key, reuses: reused.index };
  }
  if (kind < INVALID_SHARE + REUSED_KEY_SHARE + REPEATED_SHARE) {
    const againMs = atMs + draws.integer(REPEAT_MS_MIN, REPEAT_MS_MAX);
    return { ...plain, sendsAtMs: [atMs, Math.min(againMs, TRAFFIC_MS)] };
  }
  return plain;
}

function arrivals(draws: Draws, count: number): number[] {
  const quiet = Math.round(count * QUIET_SHARE);
  const rush = Math.round(count * RUSH_SHARE);
  const rushMs = Math.ceil((rush / RUSH_PER_SECOND) * 1_000);
  const within = (howMany: number, from: number, until: number): number[] =>
    Array.from({ length: howMany }, () => draws.integer(from, until));
  return [
    ...within(quiet, FIRST_MS, QUIET_UNTIL_MS),
    ...within(rush, RUSH_FROM_MS, RUSH_FROM_MS + rushMs),
    ...within(count - quiet - rush, QUIET_UNTIL_MS, TRAFFIC_MS - REPEAT_MS_MIN),
  ].sort((a, b) => a - b);
}

function itemsOf(draws: Draws): OrderItem[] {
  return Array.from({ length: draws.integer(1, ITEMS_MAX) }, () => ({
    productId: draws.pick(PRODUCTS),
    quantity: draws.integer(1, QUANTITY_MAX),
  }));
}
