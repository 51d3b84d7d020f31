import { failure } from "./failure";
import { createLogLine } from "./log";
import type { PaymentRequest } from "./order-messages";

/**
 * Payment: stands for somebody else's service. It takes the payment of an order once, whoever asks how often, and
 * keeps nothing.
 */
export function createTakePaymentHandler() {
  const log = createLogLine();

  return async ({ orderId }: PaymentRequest): Promise<PaymentRequest & { readonly paid: true }> => {
    if (typeof orderId !== "string") {
      throw failure("UNDECODABLE_PAYMENT", "The request names no order.");
    }
    log("info", "payment taken", { orderId });
    return { orderId, paid: true };
  };
}
