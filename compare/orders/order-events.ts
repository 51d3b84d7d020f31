import type { Invocation } from "../account";

/** The consumers of an order's event. They know nothing of each other. */
export type Consumer = "process" | "inventory";
export const CONSUMERS: readonly Consumer[] = ["process", "inventory"];

/** What an event on the bus says, as far as it can be told apart by it. */
export interface Told {
  /** A poison event's own id stands here, too. */
  readonly orderId: string;
  readonly customerId: string;
}

/** A message of a queue, as a function is given it. */
export interface QueuedOrder {
  readonly messageId: string;
  readonly told: Told;
}

/** @throws Error for what is no event of an order, not even a bad one */
export function toldBy(event: unknown): Told {
  const { detail } = (event ?? {}) as { detail?: Partial<Told> };
  const { customerId, orderId } = detail ?? {};
  if (typeof orderId !== "string" || typeof customerId !== "string") {
    throw new Error("An event names neither its order nor its customer.");
  }
  return { orderId, customerId };
}

/** The messages that an invocation of UpdateInventory was given. */
export function queuedIn({ event }: Pick<Invocation, "event">): QueuedOrder[] {
  const { Records } = event as { Records: readonly { messageId: string; body: string }[] };
  return Records.map(({ body, messageId }) => ({
    messageId,
    told: toldBy(JSON.parse(body)),
  }));
}
