import type { Fault } from "../../compare/account";
import { createDraws } from "../../compare/draws";
import { API, FUNCTIONS, INVENTORY_RULE } from "../../compare/orders/topology";
import { TRAFFIC_MS } from "../../compare/orders/workload";
import { START_AT_MS } from "../../compare/workloads";

/** Kinds that strike single invocations, with the share of invocations that they strike. */
const DRAWN = {
  "before-effect": 0.04,
  "after-commit": 0.06,
  kill: 0.05,
  "response-lost": 0.06,
  "sdk-error": 0.05,
  timeout: 0.04,
} as const;

/** Payments make no calls: what strikes calls never strikes them. */
const CALLERS = [FUNCTIONS.publish, FUNCTIONS.relay, FUNCTIONS.process, FUNCTIONS.inventory];

const OUTAGE_MS = 3 * 60_000;

/** Every kind of fault wherever it can strike, outages at drawn times. For stacks with an outbox. */
export function orderChaos(seed: number): Fault[] {
  const draws = createDraws(seed, "order chaos");
  const until = START_AT_MS + TRAFFIC_MS + 5 * 60_000;
  const kinds = Object.entries(DRAWN) as [keyof typeof DRAWN, number][];
  const drawn = CALLERS.flatMap((name) =>
    kinds.map(([kind, probability]): Fault => ({ function: name, kind, probability, until })),
  );
  const outage = (name: string, kind: Fault["kind"]): Fault => {
    const from = START_AT_MS + draws.integer(0, TRAFFIC_MS - OUTAGE_MS);
    return { function: name, kind, from, until: from + OUTAGE_MS };
  };
  return [
    ...drawn,
    { function: API, kind: "response-lost", probability: 0.05, until },
    { function: FUNCTIONS.relay, kind: "entries", probability: 0.1, until },
    { function: FUNCTIONS.payment, kind: "before-effect", probability: 0.05, until },
    { function: FUNCTIONS.payment, kind: "after-commit", probability: 0.05, until },
    outage(FUNCTIONS.payment, "down"),
    outage(FUNCTIONS.relay, "down"),
    outage(FUNCTIONS.process, "throttle"),
    outage(FUNCTIONS.inventory, "throttle"),
    outage(FUNCTIONS.publish, "throttle"),
    outage(API, "throttle"),
    outage(INVENTORY_RULE, "delivery"),
    outage(PROCESS_RULE, "delivery"),
  ];
}

const PROCESS_RULE = "orders-route-to-process-order";
