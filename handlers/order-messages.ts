import { createHash, randomBytes } from "node:crypto";
import { failure } from "./failure";

/** One line of an order. */
export interface OrderItem {
  /** 1 to 256 characters. */
  readonly productId: string;
  /** Whole number ≥ 1. */
  readonly quantity: number;
}

/** The body of `POST /orders`, as JSON. */
export interface OrderRequest {
  /** Not empty. */
  readonly customerId: string;
  /** At least one. */
  readonly items: readonly OrderItem[];
}

/** The detail of the event that an accepted order becomes. */
export interface OrderPlaced extends OrderRequest {
  /** The same however often the event is put on the bus, whose own event ids are not. 32 hex digits. */
  readonly eventId: string;
  /** `ORD-` and 8 hexadecimal capitals. */
  readonly orderId: string;
  /** When it was accepted: ISO 8601 in UTC, with milliseconds. */
  readonly timestamp: string;
}

/** The body of the answer 202. */
export interface OrderAccepted {
  readonly message: "Order accepted for processing";
  readonly orderId: string;
}

export const ORDER_SOURCE = "orders.api";
export const ORDER_DETAIL_TYPE = "OrderPlaced";

/** What the payment function is asked, and answers. */
export interface PaymentRequest {
  readonly orderId: string;
}

/** What the consumers go by: an order's id and lines. */
export type PlacedLines = Pick<OrderPlaced, "orderId" | "items">;

/** SHA-256 of a text, as 64 hex digits. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Makes the function that gives an order its id and its event id. */
export function createPlace(): (order: OrderRequest, orderId: string) => OrderPlaced {
  const hash = createHash;
  return ({ customerId, items }, orderId) => {
    const identity = hash("sha256").update(`${orderId}\nOrderPlaced\n1`).digest("hex");
    const timestamp = new Date().toISOString();
    return { eventId: identity.slice(0, 32), orderId, customerId, items, timestamp };
  };
}

export function createDrawOrderId(): () => string {
  const draw = randomBytes;
  return () => `ORD-${draw(4).toString("hex").toUpperCase()}`;
}

/** Tells one body from another; spaces, order of members and unknown members do not matter. */
export function contentHashOf({ customerId, items }: OrderRequest): string {
  const lines = items.map(({ productId, quantity }) => [productId, quantity]);
  return sha256(JSON.stringify([customerId, lines]));
}

/** What the handlers do with orders that come to them. */
export interface OrderReader {
  /** Whether a value is a list of order items, with nothing in it that a table could not take. */
  readonly areItems: (value: unknown) => value is readonly OrderItem[];
  /**
   * The id and the lines of the order in an event's detail.
   *
   * @throws Error with code `UNDECODABLE_ORDER`; it never quotes the event
   */
  readonly readPlaced: (detail: unknown) => PlacedLines;
}

/** Made once per environment: a serialized function of ours at module level is made anew at each call. */
export function createOrderReader(): OrderReader {
  const isOrderId = /^ORD-[0-9A-F]{8}$/;

  function isItem(item: unknown): item is OrderItem {
    const { productId, quantity } = (item ?? {}) as Partial<OrderItem>;
    if (typeof productId !== "string" || productId === "" || productId.length > 256) return false;
    return Number.isSafeInteger(quantity) && (quantity as number) >= 1;
  }

  function areItems(value: unknown): value is readonly OrderItem[] {
    return Array.isArray(value) && value.length > 0 && value.every(isItem);
  }

  return {
    areItems,
    readPlaced(detail) {
      const { items, orderId } = (detail ?? {}) as Partial<OrderPlaced>;
      if (typeof orderId !== "string" || !isOrderId.test(orderId) || !areItems(items)) {
        throw failure("UNDECODABLE_ORDER", "The event's detail is not a placed order.");
      }
      return { orderId, items };
    },
  };
}
