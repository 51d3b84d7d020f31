import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { circuitBreaker, ConsecutiveBreaker, handleAll, isBrokenCircuitError } from "cockatiel";
import { textFrom, wholeFrom } from "./environment";
import { failure } from "./failure";
import type { PaymentRequest } from "./order-messages";

/** Has an order paid. Doing so twice is harmless: the payment goes by the order id. */
export type ChargePayment = (orderId: string) => Promise<void>;

/**
 * Calls the payment function through a circuit breaker, one per execution environment: after some failures in a row
 * it fails at once, without a call, until a cooldown is over and one call shows that the payment is back.
 *
 * Environment: `PAYMENT_FUNCTION_NAME`, `BREAKER_THRESHOLD`, `BREAKER_COOLDOWN_MS`.
 *
 * @throws Error with code `PAYMENT_FAILED` or `PAYMENT_SUSPENDED` (the breaker is open), or the SDK's
 */
export function createChargePayment(connect = connectLambda): ChargePayment {
  const client = connect();
  const FunctionName = textFrom("PAYMENT_FUNCTION_NAME");
  const threshold = wholeFrom("BREAKER_THRESHOLD");
  const cooldownMs = wholeFrom("BREAKER_COOLDOWN_MS");
  const breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(threshold),
    halfOpenAfter: cooldownMs,
  });

  async function charge(orderId: string): Promise<void> {
    const request: PaymentRequest = { orderId };
    const Payload = Buffer.from(JSON.stringify(request));
    const { FunctionError } = await client.send(new InvokeCommand({ FunctionName, Payload }));
    if (FunctionError === undefined) return;
    throw failure("PAYMENT_FAILED", "The payment function failed.");
  }

  return (orderId) =>
    breaker
      .execute(() => charge(orderId))
      .catch((error: unknown) => {
        if (!isBrokenCircuitError(error)) throw error;
        throw failure("PAYMENT_SUSPENDED", `Payments failed ${threshold} times in a row.`);
      });
}

/** One attempt per call: the breaker must see each failure, and the event comes back anyway. */
function connectLambda(): LambdaClient {
  return new LambdaClient({ maxAttempts: 1 });
}
