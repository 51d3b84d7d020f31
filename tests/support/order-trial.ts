import type { Fault } from "../../compare/account";
import { createOrderWorkload } from "../../compare/orders/create";
import { stockConservation } from "../../compare/orders/oracles";
import { runOrders } from "../../compare/orders/run";
import { orderTopologyOf } from "../../compare/orders/topology";
import type { OrderWorkload } from "../../compare/orders/workload";
import type { Finished } from "../../compare/result";
import { START_AT } from "../../compare/workloads";
import type { Deployment, SimulatedAws } from "../../simulator";

export interface OrderTrial {
  readonly account: SimulatedAws;
  readonly result: Finished;
}

/** A workload without an outage of its own: 40 wishes, one poison event. */
export function smallOrders(seed: number, orders = 40): OrderWorkload {
  const { policyOutageMs: _, ...workload } = createOrderWorkload(seed, {
    orders,
    poisonRecords: 1,
  });
  return workload;
}

/** One run; after every event, what left the stock must be what the reserved orders took. */
export async function orderTrial(
  deployment: Deployment,
  seed: number,
  workload: OrderWorkload,
  faults: readonly Fault[] = [],
): Promise<OrderTrial> {
  const account = await deployment.start({ seed, faults, startAt: START_AT });
  account.onEventDone(stockConservation(account, orderTopologyOf(account.outputs)));
  return { account, result: await runOrders(account, workload, seed) };
}

/** Orders lost, those that are none left out. */
export function ordersLost({ records, orders }: Finished): number {
  return records.lost - orders!.poison.lost;
}
