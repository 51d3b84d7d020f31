import { z } from "zod";
import type { Target } from "./letter";
import type { DeadLetterQueue } from "./move";

/** Where a stack keeps dead letters, and who gets what is in them. */
export interface Sources {
  /** Buckets that take records of failures. */
  readonly buckets: readonly string[];
  /** Queues that take records of failures, or events. */
  readonly queues: readonly { readonly url: string; readonly eventsTo?: Target }[];
  /** Queues that take what another queue delivered too often. */
  readonly deadLetterQueues: readonly DeadLetterQueue[];
  /** Function that does what table batches without records ask for. */
  readonly repairFunction?: string;
  /** Message group of events that go to a FIFO queue. */
  readonly fifoGroup?: string;
}

const aggregationSchema = z.object({
  deadLetterBucketName: z.string(),
  deadLetterQueueUrl: z.string(),
  deadLetterTopicQueueUrl: z.string(),
  repairFunctionName: z.string(),
});

const ordersSchema = z.object({
  ordersProcessFunctionName: z.string(),
  ordersProcessFailureBucketName: z.string(),
  ordersProcessFailureQueueUrl: z.string(),
  ordersProcessFailureTopicQueueUrl: z.string(),
  ordersProcessTargetDeadLetterUrl: z.string(),
  ordersInventoryTargetDeadLetterUrl: z.string(),
  ordersQueueUrl: z.string(),
  ordersQueueDeadLetterUrl: z.string(),
});

/** As the rule's target has it. */
const ORDERS_FIFO_GROUP = "inventory-updates";

/**
 * The places of a stack's dead letters, by its outputs.
 *
 * @throws Error for a stack that has none of the systems that this is for
 */
export function sourcesOf(outputs: Readonly<Record<string, unknown>>): Sources {
  const aggregation = aggregationSchema.safeParse(outputs);
  const orders = ordersSchema.safeParse(outputs);
  if (!aggregation.success && !orders.success) {
    throw new Error("The stack exports no dead letters of the aggregation or of the orders.");
  }
  return joined([
    ...(aggregation.success ? [ofAggregation(aggregation.data)] : []),
    ...(orders.success ? [ofOrders(orders.data)] : []),
  ]);
}

function ofAggregation(outputs: z.infer<typeof aggregationSchema>): Sources {
  return {
    buckets: [outputs.deadLetterBucketName],
    queues: [{ url: outputs.deadLetterQueueUrl }, { url: outputs.deadLetterTopicQueueUrl }],
    deadLetterQueues: [],
    repairFunction: outputs.repairFunctionName,
  };
}

function ofOrders(outputs: z.infer<typeof ordersSchema>): Sources {
  const process: Target = { kind: "function", name: outputs.ordersProcessFunctionName };
  const queue: Target = { kind: "queue", url: outputs.ordersQueueUrl };
  return {
    buckets: [outputs.ordersProcessFailureBucketName],
    queues: [
      { url: outputs.ordersProcessFailureQueueUrl, eventsTo: process },
      { url: outputs.ordersProcessFailureTopicQueueUrl, eventsTo: process },
      { url: outputs.ordersProcessTargetDeadLetterUrl, eventsTo: process },
      { url: outputs.ordersInventoryTargetDeadLetterUrl, eventsTo: queue },
    ],
    deadLetterQueues: [{ url: outputs.ordersQueueDeadLetterUrl, queueUrl: outputs.ordersQueueUrl }],
    fifoGroup: ORDERS_FIFO_GROUP,
  };
}

function joined(all: readonly Sources[]): Sources {
  return {
    buckets: all.flatMap(({ buckets }) => buckets),
    queues: all.flatMap(({ queues }) => queues),
    deadLetterQueues: all.flatMap(({ deadLetterQueues }) => deadLetterQueues),
    repairFunction: all.find(({ repairFunction }) => repairFunction)?.repairFunction,
    fifoGroup: all.find(({ fifoGroup }) => fifoGroup)?.fifoGroup,
  };
}
