import { z } from "zod";

/** The program's functions by their logical names: what faults and `account.invocations` go by. */
export const FUNCTIONS = {
  publish: "orders-publish",
  relay: "orders-relay",
  process: "orders-process",
  payment: "orders-payment",
  inventory: "orders-inventory",
} as const;

/** What else faults go by. */
export const API = "orders-api";
export const INVENTORY_RULE = "orders-route-to-inventory-queue";

/** What the order flow exports, as far as the comparison needs it: physical names. */
const outputsSchema = z.object({
  ordersApiUrl: z.string(),
  /** Only where callers are authenticated. */
  ordersClientRoleArn: z.string().optional(),
  ordersBusName: z.string(),
  ordersOutboxTableName: z.string(),
  ordersProcessedTableName: z.string(),
  ordersReservedTableName: z.string(),
  ordersStockTableName: z.string(),
  /** Only where accepted orders are stored first. */
  ordersRelayFunctionName: z.string().optional(),
  ordersQueueUrl: z.string(),
  ordersQueueDeadLetterUrl: z.string(),
  ordersProcessTargetDeadLetterUrl: z.string(),
  ordersInventoryTargetDeadLetterUrl: z.string(),
  ordersProcessFailureQueueUrl: z.string(),
  ordersProcessFailureTopicQueueUrl: z.string(),
  ordersProcessFailureBucketName: z.string(),
});

export type OrderTopology = z.infer<typeof outputsSchema>;

/** @throws Error that names every output the program lacks. */
export function orderTopologyOf(outputs: Readonly<Record<string, unknown>>): OrderTopology {
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join("."));
  throw new Error(
    `The program exports no usable ${missing.join(", ")}: the comparison needs these names to read the results.`,
  );
}

/** The functions of a stack: without an outbox, there is no relay. */
export function functionsOf({ ordersRelayFunctionName }: OrderTopology): string[] {
  return Object.values(FUNCTIONS).filter(
    (name) => name !== FUNCTIONS.relay || ordersRelayFunctionName !== undefined,
  );
}
