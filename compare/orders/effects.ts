import type { Account, Image, Write } from "../account";
import { changesOf } from "../measures";
import { wasGiven, type Deliveries } from "./deliveries";
import { CONSUMERS, type Consumer } from "./order-events";
import type { OrderTopology } from "./topology";

/** How often an order had an effect, and when. */
export interface Effect {
  times: number;
  readonly firstMs: number;
}

/** What was committed, whatever anybody says about it. */
export interface Effects {
  /** By order. */
  readonly process: ReadonlyMap<string, Effect>;
  /** By order. */
  readonly inventory: ReadonlyMap<string, Effect>;
  /** By product: units taken, those put there at the beginning aside. */
  readonly taken: ReadonlyMap<string, number>;
}

/**
 * Counts the committed effects, and explains each: by an invocation that was given the order, and, for the stock, by
 * the orders written down in the same transaction.
 *
 * @throws Error where one does not explain the other: then nothing can be scored
 */
export function effectsOf(
  account: Pick<Account, "writes">,
  topology: OrderTopology,
  deliveries: Deliveries,
): Effects {
  const tables = {
    process: changesOf(account, topology.ordersProcessedTableName),
    inventory: changesOf(account, topology.ordersReservedTableName),
  };
  for (const consumer of CONSUMERS) {
    for (const write of tables[consumer]) {
      const orderId = orderIdOf(write);
      if (wasGiven(deliveries, consumer, write.requestId, orderId)) continue;
      throw new Error(`Nobody who wrote down the ${consumer} of ${orderId} was given that order.`);
    }
  }
  const stock = changesOf(account, topology.ordersStockTableName).filter(
    ({ requestId }) => requestId !== undefined,
  );
  refuseUnexplained(tables.inventory, stock);
  const taken = new Map<string, number>();
  for (const write of stock) {
    const product = write.after!["productId"]!.S!;
    taken.set(product, (taken.get(product) ?? 0) + unitsTaken(write));
  }
  return { process: countsOf(tables.process), inventory: countsOf(tables.inventory), taken };
}

export function timesOf(effects: Effects, consumer: Consumer, orderId: string): number {
  return effects[consumer].get(orderId)?.times ?? 0;
}

function countsOf(writes: readonly Write[]): Map<string, Effect> {
  const effects = new Map<string, Effect>();
  for (const write of writes) {
    const orderId = orderIdOf(write);
    const known = effects.get(orderId);
    if (known) known.times += 1;
    else effects.set(orderId, { times: 1, firstMs: write.atMs });
  }
  return effects;
}

function orderIdOf({ after }: Write): string {
  const orderId = after?.["orderId"]?.S;
  if (orderId === undefined) throw new Error("An order was deleted, or written without its id.");
  return orderId;
}

/** Units that one change of a product takes from the stock. */
export function unitsTaken({ after, before }: Pick<Write, "after" | "before">): number {
  const held = (item: Image | undefined): number => Number(item?.["quantity"]?.N ?? 0);
  return held(before) - held(after);
}

/** By product: what the row of a reserved order says that it takes. */
export function unitsOf(row: Image): Map<string, number> {
  const units = new Map<string, number>();
  for (const { M: item } of row["items"]?.L ?? []) {
    const product = item!["productId"]!.S!;
    units.set(product, (units.get(product) ?? 0) + Number(item!["quantity"]!.N!));
  }
  return units;
}

/** Each transaction takes exactly what the orders written down in it take. */
function refuseUnexplained(reserved: readonly Write[], stock: readonly Write[]): void {
  const open = new Map<string, number>();
  const add = ({ atMs, requestId }: Write, product: string, units: number): void => {
    const key = `${requestId} ${atMs} ${product}`;
    const sum = (open.get(key) ?? 0) + units;
    if (sum === 0) open.delete(key);
    else open.set(key, sum);
  };
  for (const write of stock) add(write, write.after!["productId"]!.S!, -unitsTaken(write));
  for (const write of reserved) {
    for (const [product, units] of unitsOf(write.after!)) add(write, product, units);
  }
  if (open.size === 0) return;
  const [first] = open;
  throw new Error(
    `In ${open.size} cases the stock changed by something else than the orders reserved with it: ` +
      `${first![0]}: ${first![1]}.`,
  );
}
