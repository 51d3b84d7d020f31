import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { createPlace, type OrderRequest } from "../../handlers/order-messages";

/** Runs a factory with environment variables, as a cold start would, and takes them away again. */
export function coldStart<T>(variables: Readonly<Record<string, string>>, factory: () => T): T {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return factory();
  } finally {
    process.env = before;
  }
}

/** Collects log lines while something runs, as parsed. */
export async function loggedBy(
  run: () => Promise<unknown>,
): Promise<{ lines: Record<string, unknown>[]; outcome: unknown }> {
  const lines: Record<string, unknown>[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>);
  try {
    return { lines, outcome: await run().catch((error: unknown) => error) };
  } finally {
    console.log = log;
  }
}

export const CONTEXT = {
  awsRequestId: "request",
  getRemainingTimeInMillis: () => 30_000,
} as Context;

export const ORDER: OrderRequest = {
  customerId: "customer-1",
  items: [{ productId: "product-1", quantity: 2 }],
};

/** A request as the gateway hands it over. */
export function request(
  body: unknown,
  headers: Record<string, string> = {},
  identity: Record<string, string> = {},
): APIGatewayProxyEvent {
  return {
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers,
    requestContext: { identity },
  } as unknown as APIGatewayProxyEvent;
}

/** An order as it is on the bus. */
export function placedOrder(orderId: string, order: OrderRequest = ORDER) {
  return { ...createPlace()(order, orderId), timestamp: "2026-01-01T00:00:00.000Z" };
}
