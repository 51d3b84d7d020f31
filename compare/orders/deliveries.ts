import type { Account, Invocation } from "../account";
import { queuedIn, toldBy, type Consumer, type QueuedOrder, type Told } from "./order-events";
import { FUNCTIONS } from "./topology";

/** What the consumers were given, read once: events are made anew whenever they are looked at. */
export interface Deliveries {
  /** By request id: what ProcessOrder was given, throttled attempts included. */
  readonly processed: ReadonlyMap<string, Told>;
  /** By request id: what UpdateInventory was given. */
  readonly queued: ReadonlyMap<string, readonly QueuedOrder[]>;
  /** By message id: what the queue held, as far as an invocation was tried with it. */
  readonly messages: ReadonlyMap<string, Told>;
  /** Request ids of events, and ids of messages, that a function really ran with. */
  readonly invokedWith: ReadonlySet<string>;
}

export function deliveriesOf(account: Pick<Account, "invocations">): Deliveries {
  const processed = new Map<string, Told>();
  const queued = new Map<string, readonly QueuedOrder[]>();
  const messages = new Map<string, Told>();
  const invokedWith = new Set<string>();
  for (const invocation of account.invocations(FUNCTIONS.process)) {
    const { requestId } = invocation;
    if (!processed.has(requestId)) processed.set(requestId, toldBy(invocation.event));
    if (ran(invocation)) invokedWith.add(requestId);
  }
  for (const invocation of account.invocations(FUNCTIONS.inventory)) {
    const orders = queuedIn(invocation);
    queued.set(invocation.requestId, orders);
    for (const { messageId, told } of orders) {
      messages.set(messageId, told);
      if (ran(invocation)) invokedWith.add(messageId);
    }
  }
  return { processed, queued, messages, invokedWith };
}

const ran = ({ outcome }: Invocation): boolean => outcome !== "throttled";

/** Whether the invocation that is said to have made a consumer's write was given that order. */
export function wasGiven(
  { processed, queued }: Deliveries,
  consumer: Consumer,
  requestId: string | undefined,
  orderId: string,
): boolean {
  if (requestId === undefined) return false;
  if (consumer === "process") return processed.get(requestId)?.orderId === orderId;
  return queued.get(requestId)?.some(({ told }) => told.orderId === orderId) ?? false;
}
