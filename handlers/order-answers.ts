import type { APIGatewayProxyResult } from "aws-lambda";
import { createOrderReader, type OrderAccepted, type OrderRequest } from "./order-messages";

/** What the orders API answers. */
export interface OrderAnswers {
  readonly accepted: (orderId: string) => APIGatewayProxyResult;
  /** The same key came with another order. */
  readonly keyReused: () => APIGatewayProxyResult;
  /** Nothing is promised; the client may try again. */
  readonly notAccepted: () => APIGatewayProxyResult;
  /**
   * Reads a request's body. The gateway has checked it against its model, but only if it came as application/json.
   *
   * @returns the order, or the answer 400 that says what is wrong
   */
  readonly readOrder: (
    body: string | null,
  ) => { readonly order: OrderRequest } | { readonly refusal: APIGatewayProxyResult };
}

export function createOrderAnswers(): OrderAnswers {
  const { areItems } = createOrderReader();

  function answer(statusCode: number, body: object): APIGatewayProxyResult {
    const headers = { "Content-Type": "application/json" };
    return { statusCode, headers, body: JSON.stringify(body) };
  }

  /** As the gateway says it. */
  const invalidBody = () => ({ refusal: answer(400, { message: "Invalid request body" }) });

  function parsed(body: string | null): unknown {
    try {
      return JSON.parse(body ?? "");
    } catch {
      return undefined;
    }
  }

  return {
    accepted(orderId) {
      const body: OrderAccepted = { message: "Order accepted for processing", orderId };
      return answer(202, body);
    },
    keyReused: () => answer(422, { error: "Idempotency-Key was used with another order" }),
    notAccepted: () => answer(500, { error: "Failed to process order. Please try again." }),
    readOrder(body) {
      const value = parsed(body);
      if (typeof value !== "object" || value === null || Array.isArray(value)) return invalidBody();
      const given = value as Partial<OrderRequest>;
      for (const field of ["customerId", "items"] as const) {
        if (given[field] === undefined || given[field] === null || given[field] === "") {
          return { refusal: answer(400, { error: `Missing required field: '${field}'` }) };
        }
      }
      const { customerId, items } = given;
      if (typeof customerId !== "string" || !areItems(items)) return invalidBody();
      // What the model does not know of is not passed on.
      const lines = items.map(({ productId, quantity }) => ({ productId, quantity }));
      return { order: { customerId, items: lines } };
    },
  };
}
