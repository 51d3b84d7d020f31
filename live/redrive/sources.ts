import { z } from "zod";
import type { DirectConsumer } from "./function-batches";
import type { Addressees, Target } from "./letter";
import type { DeadLetterQueue } from "./move";

/** Where a stack keeps dead letters, and who gets what is in them. */
export interface Sources {
  /** Buckets that take records of failures. */
  readonly buckets: readonly string[];
  /** Queues that take records of failures, events, or records of a stream, whole. */
  readonly queues: readonly ({ readonly url: string } & Addressees)[];
  /** Queues that take what another queue delivered too often. */
  readonly deadLetterQueues: readonly DeadLetterQueue[];
  /** Function that does what table batches without records ask for. */
  readonly repairFunction?: string;
  /** Message group of events that go to a FIFO queue. */
  readonly fifoGroup?: string;
  /** Consumers that are given the batches of their stream themselves. @default none: batches go to the stream */
  readonly direct?: readonly DirectConsumer[];
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

const windowsSchema = z.object({
  windowsConsumerFunctionName: z.string(),
  windowsTumblingSeconds: z.number().min(0),
  windowsDeadLetterBucketName: z.string(),
  windowsDeadLetterQueueUrl: z.string(),
  windowsDeadLetterTopicQueueUrl: z.string(),
});

const errorLabSchema = z.object({
  errorlabConsumerFunctionName: z.string(),
  errorlabDlqUrl: z.string(),
  errorlabTimeoutQueueUrl: z.string(),
  errorlabInfraQueueUrl: z.string(),
});

/** As the rule's target has it. */
const ORDERS_FIFO_GROUP = "inventory-updates";

/**
 * The places of a stack's dead letters, by its outputs.
 *
 * @throws Error for a stack that has none of the systems that this is for
 */
export function sourcesOf(outputs: Readonly<Record<string, unknown>>): Sources {
  const found = [
    sourcesIn(outputs, aggregationSchema, ofAggregation),
    sourcesIn(outputs, ordersSchema, ofOrders),
    sourcesIn(outputs, windowsSchema, ofWindows),
    sourcesIn(outputs, errorLabSchema, ofErrorLab),
  ].flatMap((sources) => sources ?? []);
  if (found.length === 0) throw new Error("The stack exports no dead letters of any system.");
  return joined(found);
}

function sourcesIn<T>(
  outputs: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
  sources: (found: T) => Sources,
): Sources | undefined {
  const { data } = schema.safeParse(outputs);
  return data === undefined ? undefined : sources(data);
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

function ofWindows(outputs: z.infer<typeof windowsSchema>): Sources {
  const windowSeconds = outputs.windowsTumblingSeconds;
  return {
    buckets: [outputs.windowsDeadLetterBucketName],
    queues: [
      { url: outputs.windowsDeadLetterQueueUrl },
      { url: outputs.windowsDeadLetterTopicQueueUrl },
    ],
    deadLetterQueues: [],
    direct: [
      {
        functionName: outputs.windowsConsumerFunctionName,
        ...(windowSeconds > 0 && { windowSeconds }),
      },
    ],
  };
}

/** What its mapping gave up is fetched and put into DLQ and INFRA by functions of its own. */
function ofErrorLab(outputs: z.infer<typeof errorLabSchema>): Sources {
  const recordsTo = outputs.errorlabConsumerFunctionName;
  return {
    buckets: [],
    queues: [
      { url: outputs.errorlabDlqUrl, recordsTo },
      { url: outputs.errorlabTimeoutQueueUrl, recordsTo },
      { url: outputs.errorlabInfraQueueUrl, recordsTo },
    ],
    deadLetterQueues: [],
  };
}

function joined(all: readonly Sources[]): Sources {
  return {
    buckets: all.flatMap(({ buckets }) => buckets),
    queues: all.flatMap(({ queues }) => queues),
    deadLetterQueues: all.flatMap(({ deadLetterQueues }) => deadLetterQueues),
    repairFunction: all.find(({ repairFunction }) => repairFunction)?.repairFunction,
    fifoGroup: all.find(({ fifoGroup }) => fifoGroup)?.fifoGroup,
    direct: all.flatMap(({ direct = [] }) => direct),
  };
}
