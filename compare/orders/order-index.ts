import type { Write } from "../account";
import type { Sending } from "./clients";
import type { DeadLetter } from "./dead-letters";
import type { Deliveries } from "./deliveries";
import type { Told } from "./order-events";
import type { OrderWorkload } from "./workload";

/** Which orders came of which intents, by everything that names both. */
export interface OrderIndex {
  /** By intent: its orders, the first known first. */
  readonly ofIntent: readonly (readonly string[])[];
  /** Orders that are stored, and whose event is not known to be on the bus. */
  readonly unpublished: ReadonlySet<string>;
}

/** An order whose event is still to be published has this in its row. */
const isUnpublished = ({ after }: Write): boolean => after?.["pending"]?.S === "y";

/** @throws Error for an order of a customer that nobody is */
export function indexOrders(
  { intents, poison }: OrderWorkload,
  found: {
    readonly outboxWrites: readonly Write[];
    readonly sendings: readonly Sending[];
    readonly deliveries: Deliveries;
    readonly letters: readonly DeadLetter[];
  },
): OrderIndex {
  const intentOf = new Map(intents.map(({ customerId, index }) => [customerId, index]));
  const poisonIds = new Set(poison.map(({ poisonId }) => poisonId));
  const ofIntent = intents.map(() => new Set<string>());
  const add = ({ customerId, orderId }: Told): void => {
    if (poisonIds.has(orderId)) return;
    const intent = intentOf.get(customerId);
    if (intent === undefined) throw new Error(`The order ${orderId} is nobody's.`);
    ofIntent[intent]!.add(orderId);
  };
  const unpublished = new Set<string>();
  for (const write of found.outboxWrites) {
    const detail = write.after?.["detail"]?.S;
    // The clients' keys lie in the same table.
    if (detail === undefined) continue;
    const told = JSON.parse(detail) as Told;
    if (write.before === undefined) add(told);
    if (isUnpublished(write)) unpublished.add(told.orderId);
    else unpublished.delete(told.orderId);
  }
  for (const { attempts, intent } of found.sendings) {
    for (const { orderId } of attempts) if (orderId) ofIntent[intent]!.add(orderId);
  }
  const { messages, processed } = found.deliveries;
  for (const told of processed.values()) add(told);
  for (const told of messages.values()) add(told);
  for (const { told } of found.letters) add(told);
  return { ofIntent: ofIntent.map((orders) => [...orders]), unpublished };
}
