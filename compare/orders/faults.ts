import type { Fault } from "../account";
import { START_AT_MS, type WorkloadSettings } from "../workloads";
import { API, FUNCTIONS, INVENTORY_RULE, orderTopologyOf } from "./topology";
import { TRAFFIC_MS } from "./workload";

const MINUTE_MS = 60_000;

/** Single failures go on for a while after the last order, so that its retries meet them, too. */
const FAILURES_END_MS = TRAFFIC_MS + 5 * MINUTE_MS;

/** What is wrong for a while, in minutes after the start: [from, until). */
const OUTAGES = {
  processThrottled: [4, 6],
  /** The bus cannot deliver to the queue. */
  delivery: [7, 8],
  inventoryThrottled: [12, 14],
  payment: [15, 25],
  /** The bus refuses every entry. */
  bus: [25.5, 26.5],
  /** Longer than a client tries. */
  apiThrottled: [29, 29.4],
} as const;

/** Shares that no option sets: rare, and enough to be met in a run of 2,000 orders. */
const ANSWER_LOST = 0.02;
const PUBLISH_STALLED = 0.005;
const ENTRIES_REFUSED = 0.05;
const PUBLISHER_FAILED = 0.03;

/**
 * What goes wrong, the same in every stack. Publishing is what Relay does where orders are stored first, and
 * PublishOrder where they are not: whoever it is, the same share of it fails.
 *
 * @param outputs of the stack
 */
export function orderFaults(
  { failPercent }: Pick<WorkloadSettings, "failPercent">,
  outputs: Readonly<Record<string, unknown>>,
): Fault[] {
  const { ordersRelayFunctionName } = orderTopologyOf(outputs);
  const publisher = ordersRelayFunctionName === undefined ? FUNCTIONS.publish : FUNCTIONS.relay;
  const until = START_AT_MS + FAILURES_END_MS;
  const share = (name: string, kind: Fault["kind"], probability: number): Fault => ({
    function: name,
    kind,
    probability,
    until,
  });
  const halfOf = (percent: number): number => percent / 100 / 2;
  const drawn = [
    share(API, "response-lost", ANSWER_LOST),
    share(FUNCTIONS.publish, "timeout", PUBLISH_STALLED),
    share(publisher, "after-commit", PUBLISHER_FAILED),
    share(publisher, "entries", ENTRIES_REFUSED),
    share(FUNCTIONS.process, "before-effect", halfOf(failPercent.process)),
    share(FUNCTIONS.process, "after-commit", halfOf(failPercent.process)),
    share(FUNCTIONS.inventory, "after-commit", halfOf(failPercent.inventory)),
    share(FUNCTIONS.inventory, "timeout", halfOf(failPercent.inventory)),
  ];
  return [
    ...drawn.filter(({ probability }) => probability! > 0),
    outage(FUNCTIONS.payment, "down", OUTAGES.payment),
    outage(FUNCTIONS.process, "throttle", OUTAGES.processThrottled),
    outage(FUNCTIONS.inventory, "throttle", OUTAGES.inventoryThrottled),
    outage(INVENTORY_RULE, "delivery", OUTAGES.delivery),
    { ...outage(publisher, "entries", OUTAGES.bus), probability: 1 },
    outage(API, "throttle", OUTAGES.apiThrottled),
  ];
}

function outage(
  name: string,
  kind: Fault["kind"],
  [from, until]: readonly [number, number],
): Fault {
  return {
    function: name,
    kind,
    from: START_AT_MS + from * MINUTE_MS,
    until: START_AT_MS + until * MINUTE_MS,
  };
}
