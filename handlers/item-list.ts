import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { OrderItem } from "./order-messages";

/** Makes the function that makes an attribute of an order's lines. */
export function createItemList(): (items: readonly OrderItem[]) => AttributeValue {
  return (items) => ({
    L: items.map(({ productId, quantity }) => ({
      M: { productId: { S: productId }, quantity: { N: String(quantity) } },
    })),
  });
}
