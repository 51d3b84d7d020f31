import type { OrderItem } from "../../handlers/order-messages";

/** What a client wants: one order, whatever it takes. */
export interface Intent {
  /** Its position among all intents. */
  readonly index: number;
  /** No other intent has it: what an event is recognised by. */
  readonly customerId: string;
  /** The `Idempotency-Key` of all its requests. */
  readonly key: string;
  /** Of all its requests. */
  readonly body: string;
  readonly kind:
    /** An order. */
    | "order"
    /** A body that the API must refuse. */
    | "invalid"
    /** Another order under an earlier intent's key, which the API must refuse. */
    | "reused-key";
  /** What is ordered; empty if invalid. */
  readonly items: readonly OrderItem[];
  /** `reused-key`: whose key it is. */
  readonly reuses?: number;
  /** After the run's start, in milliseconds: when the client sends it. More than once: the same again. */
  readonly sendsAtMs: readonly number[];
}

/** An event that somebody else puts on the bus, and that no consumer can process. */
export interface PoisonEvent {
  /** After the run's start, in milliseconds. */
  readonly atMs: number;
  /** Stands where an order's event has its order id. */
  readonly poisonId: string;
  readonly detail: string;
}

/** What a run is fed with. It depends on its settings and seed alone. */
export interface OrderWorkload {
  readonly intents: readonly Intent[];
  readonly poison: readonly PoisonEvent[];
  /** Units of each product before the first order. */
  readonly stock: ReadonlyMap<string, number>;
  /** After the run's start: somebody takes the queue's policy away, and puts it back. */
  readonly policyOutageMs?: { readonly from: number; readonly until: number };
}

export const PRODUCTS: readonly string[] = Array.from(
  { length: 20 },
  (_, at) => `product-${String(at + 1).padStart(2, "0")}`,
);

/** The order traffic of half an hour. */
export const TRAFFIC_MS = 30 * 60_000;
