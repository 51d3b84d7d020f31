import type { Account } from "../account";
import { newWrites } from "../new-writes";
import { unitsOf, unitsTaken } from "./effects";
import type { OrderTopology } from "./topology";

/**
 * Conservation, to be checked after every event: what left the stock is what the reserved orders took, however often
 * they did. Only new writes are looked at, so that the check costs next to nothing.
 *
 * @returns the check: call it whenever it must hold. It throws what is violated.
 */
export function stockConservation(
  account: Pick<Account, "writes">,
  { ordersReservedTableName, ordersStockTableName }: OrderTopology,
): () => void {
  const newReserved = newWrites(account, ordersReservedTableName);
  const newStock = newWrites(account, ordersStockTableName);
  /** By product: taken, less what the orders account for. Empty means conserved. */
  const open = new Map<string, number>();
  const add = (product: string, units: number): void => {
    const sum = (open.get(product) ?? 0) + units;
    if (sum === 0) open.delete(product);
    else open.set(product, sum);
  };
  return () => {
    for (const write of newStock()) {
      // What no function wrote is the stock before the first order.
      if (write.requestId !== undefined) add(write.after!["productId"]!.S!, unitsTaken(write));
    }
    for (const { after } of newReserved()) {
      for (const [product, units] of unitsOf(after!)) add(product, -units);
    }
    if (open.size === 0) return;
    const found = [...open].map(([product, units]) => `${product}: ${units}`).slice(0, 5);
    throw new Error(`The stock is not what the reserved orders left: ${found.join(", ")}.`);
  };
}
