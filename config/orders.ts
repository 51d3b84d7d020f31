import { z } from "zod";
import {
  flag,
  functionDefaults,
  functionKnobs,
  functionSchema,
  oneOf,
  settingGroup,
  whole,
  type FunctionSettings,
  type Problem,
  type Whole,
} from "./kinds";

/** Larger batches of a queue need a window, and FIFO queues have no larger ones. */
const BATCH_WITHOUT_WINDOW = 10;

/**
 * What the order flow is when a stack says nothing: the settings under which no order is lost and none processed
 * twice. AWS's own, which are less, stand in the stack `aws-defaults`.
 */
export const orderDefaults = {
  publishing: "outbox",
  idempotency: "order",
  authorization: "AWS_IAM",
  throttlingRateLimit: 500,
  throttlingBurstLimit: 1_000,
  accountLogRole: true,
  keyRetentionHours: 24,
  markerRetentionDays: 30,
  archiveRetentionDays: 14,
  publish: { maximumAttempts: 3, baseDelayMs: 500, ...functionDefaults, timeout: 10 },
  relay: { sweepAgeSeconds: 120, ...functionDefaults, timeout: 60 },
  target: {
    maximumRetryAttempts: 185,
    maximumEventAgeInSeconds: 86_400,
    deadLetterQueue: true,
  },
  process: {
    maximumRetryAttempts: 2,
    maximumEventAgeInSeconds: 21_600,
    onSuccess: "none",
    onFailure: "sqs",
    deadLetterQueue: "none",
    ...functionDefaults,
  },
  breaker: { threshold: 5, cooldownMs: 30_000 },
  payment: { ...functionDefaults, timeout: 5 },
  inventory: {
    fifo: false,
    visibilityTimeoutSeconds: 180,
    messageRetentionSeconds: 345_600,
    maxReceiveCount: 5,
    batchSize: 5,
    maximumBatchingWindowInSeconds: 0,
    maximumConcurrency: -1,
    reportBatchItemFailures: true,
    deletesItself: false,
    ...functionDefaults,
  },
} as const;

const scalars = {
  /**
   * `outbox`: 202 once the order is stored; a relay publishes it, and goes on until it has. `direct`: the request
   * publishes, with retries, and answers 500 when they run out.
   */
  publishing: oneOf(["outbox", "direct"]),
  /**
   * What keeps a consumer from having its effect twice: `order` (a marker of the order in the effect's transaction),
   * `message-id` and `payload-hash` (the same, of the delivery and of its text), `powertools` (a marker of the order,
   * beside the transaction), `none`.
   */
  idempotency: oneOf(["order", "message-id", "payload-hash", "powertools", "none"]),
  /** Of the API's method. */
  authorization: oneOf(["AWS_IAM", "NONE"]),
  /** Requests a second that the stage lets through. Source: API Gateway, "Throttle requests to your REST APIs". */
  throttlingRateLimit: whole(1, 10_000, { value: -1, means: "the account's limit" }),
  /** Requests at once that the stage lets through. Source: as above. */
  throttlingBurstLimit: whole(1, 5_000, { value: -1, means: "the account's limit" }),
  /** Whether the stack sets the role that API Gateway writes logs with, of which an account has one per Region. */
  accountLogRole: flag,
  /** How long an `Idempotency-Key` is remembered. */
  keyRetentionHours: whole(1, 8_760),
  /** How long a consumer remembers what it has done. */
  markerRetentionDays: whole(1, 3_650),
  /** How long the archive keeps events for replay. Source: EventBridge, CreateArchive. */
  archiveRetentionDays: whole(1, 3_650, { value: 0, means: "ever" }),
};

/** PublishOrder: its attempts to reach the bus, and the relay's. */
const publishKnobs = {
  /** Attempts of PutEvents, the first included. */
  maximumAttempts: whole(1, 10),
  /** Before the second attempt; doubles, plus a jitter between 0 and the delay. */
  baseDelayMs: whole(0, 10_000),
  ...functionKnobs,
};

/** Relay: publishes what the outbox holds. */
const relayKnobs = {
  /** How old an order that is not published is before the sweep publishes it. */
  sweepAgeSeconds: whole(0, 86_400),
  ...functionKnobs,
};

/** Both rules' targets. Source: EventBridge, "How EventBridge retries delivering events". */
const targetKnobs = {
  /** Retries after the first attempt. */
  maximumRetryAttempts: whole(0, 185),
  /** Events older than this are given up, in seconds. */
  maximumEventAgeInSeconds: whole(60, 86_400),
  /** Whether what is given up is kept. */
  deadLetterQueue: flag,
};

/** ProcessOrder and its asynchronous invocation. Source: Lambda, "Configuring error handling settings". */
const processKnobs = {
  /** Retries after the first attempt, after one and two minutes; throttles use none. */
  maximumRetryAttempts: whole(0, 2),
  /** Events older than this are given up, in seconds. */
  maximumEventAgeInSeconds: whole(60, 21_600),
  /** Where the record of a success goes. */
  onSuccess: oneOf(["none", "sqs", "sns", "lambda", "eventbridge"]),
  /** Where the record of a failure goes, with the event in it. */
  onFailure: oneOf(["none", "sqs", "sns", "lambda", "eventbridge", "s3"]),
  /** The older way: where the event goes, alone. */
  deadLetterQueue: oneOf(["none", "sqs", "sns"]),
  ...functionKnobs,
};

/** The circuit breaker before the payment, in each execution environment of ProcessOrder. */
const breakerKnobs = {
  /** Failures in a row that open it. */
  threshold: whole(1, 1_000),
  /** How long it stays open before it lets one call through. */
  cooldownMs: whole(1, 3_600_000),
};

/** The queue, its mapping and UpdateInventory. Source: SQS, SetQueueAttributes; Lambda, SQS parameters. */
const inventoryKnobs = {
  /** A FIFO queue, with all orders in one group: a rule's target can name no other. */
  fifo: flag,
  visibilityTimeoutSeconds: whole(0, 43_200),
  messageRetentionSeconds: whole(60, 1_209_600),
  /** Receives before a message goes to the dead-letter queue; throttled ones count. */
  maxReceiveCount: whole(1, 1_000, { value: -1, means: "no dead-letter queue" }),
  /** Messages per invocation, at most. */
  batchSize: whole(1, 10_000),
  maximumBatchingWindowInSeconds: whole(0, 300),
  /** Invocations at once from this queue. */
  maximumConcurrency: whole(2, 1_000, { value: -1, means: "no limit of its own" }),
  /** Whether the function's answer names the messages that failed. */
  reportBatchItemFailures: flag,
  /** The older way: the function deletes each message that it finished, and fails if one failed. */
  deletesItself: flag,
  ...functionKnobs,
};

const group = <T extends z.ZodRawShape>(knobs: T) => z.strictObject(knobs, settingGroup).partial();

const groups = {
  publish: group(publishKnobs),
  relay: group(relayKnobs),
  target: group(targetKnobs),
  process: group(processKnobs),
  breaker: group(breakerKnobs),
  payment: functionSchema,
  inventory: group(inventoryKnobs),
};

export const orderSchema = z.strictObject({ ...scalars, ...groups }, settingGroup).partial();
export type GivenOrders = z.infer<typeof orderSchema>;

/** The settings known at each group of `orders`, by path. */
export const orderShapes: Readonly<Record<string, object>> = {
  orders: orderSchema.shape,
  "orders.publish": publishKnobs,
  "orders.relay": relayKnobs,
  "orders.target": targetKnobs,
  "orders.process": processKnobs,
  "orders.breaker": breakerKnobs,
  "orders.payment": functionKnobs,
  "orders.inventory": inventoryKnobs,
};

type GroupName = keyof typeof groups;
type GroupSettings = { readonly [G in GroupName]: Whole<z.infer<(typeof groups)[G]>> };

/** Every setting of the order flow. */
export type OrderSettings = Whole<Omit<GivenOrders, GroupName>> & GroupSettings;
export type OrderFunctionName = "publish" | "relay" | "process" | "payment" | "inventory";
export type TargetSettings = OrderSettings["target"];
export type ProcessSettings = OrderSettings["process"] & FunctionSettings;
export type InventorySettings = OrderSettings["inventory"] & FunctionSettings;

export function completeOrders(given: GivenOrders = {}): OrderSettings {
  return {
    ...orderDefaults,
    ...given,
    publish: { ...orderDefaults.publish, ...given.publish },
    relay: { ...orderDefaults.relay, ...given.relay },
    target: { ...orderDefaults.target, ...given.target },
    process: { ...orderDefaults.process, ...given.process },
    breaker: { ...orderDefaults.breaker, ...given.breaker },
    payment: { ...orderDefaults.payment, ...given.payment },
    inventory: { ...orderDefaults.inventory, ...given.inventory },
  };
}

/** Notes a problem, by its path below `orders`. */
type Report = (path: string, expected: string, came: unknown, advice?: string) => void;

/** Problems that lie between the settings of the order flow. */
export function orderProblems(orders: OrderSettings): Problem[] {
  const { archiveRetentionDays, inventory, markerRetentionDays, payment, process } = orders;
  const problems: Problem[] = [];
  const report: Report = (path, expected, came, advice) =>
    problems.push({ path: ["orders", ...path.split(".")], expected, came, advice });

  checkInventory(inventory, report);
  if (process.timeout <= payment.timeout) {
    report(
      "process.timeout",
      `more than ${payment.timeout}, the payment's timeout, for ProcessOrder waits for it`,
      process.timeout,
      "Raise it, or lower redrive:orders.payment.timeout.",
    );
  }
  if (archiveRetentionDays > markerRetentionDays) {
    report(
      "markerRetentionDays",
      `at least ${archiveRetentionDays}, the archive's retention, or a replay counts orders again`,
      markerRetentionDays,
      "Raise it, or lower redrive:orders.archiveRetentionDays.",
    );
  }
  return problems;
}

function checkInventory(inventory: OrderSettings["inventory"], report: Report): void {
  const { batchSize, fifo, maximumBatchingWindowInSeconds: windowS, timeout } = inventory;
  if (inventory.visibilityTimeoutSeconds < timeout) {
    report(
      "inventory.visibilityTimeoutSeconds",
      `at least ${timeout}, UpdateInventory's timeout, or AWS refuses the mapping`,
      inventory.visibilityTimeoutSeconds,
      `Raise it, best to ${6 * timeout}, or lower redrive:orders.inventory.timeout.`,
    );
  }
  const isLarge = batchSize > BATCH_WITHOUT_WINDOW;
  if (isLarge && fifo) {
    report("inventory.batchSize", `at most ${BATCH_WITHOUT_WINDOW} with a FIFO queue`, batchSize);
  } else if (isLarge && windowS === 0) {
    report(
      "inventory.maximumBatchingWindowInSeconds",
      `at least 1 with a batchSize above ${BATCH_WITHOUT_WINDOW}`,
      0,
      "Raise it, or lower redrive:orders.inventory.batchSize.",
    );
  }
  if (fifo && windowS > 0) {
    report("inventory.maximumBatchingWindowInSeconds", "0 with a FIFO queue", windowS);
  }
  if (inventory.deletesItself && inventory.reportBatchItemFailures) {
    report(
      "inventory.reportBatchItemFailures",
      "false with deletesItself, which is what was done before there were partial responses",
      true,
      "Set one of the two to false.",
    );
  }
}

/** What is allowed but rarely wise, a sentence each. */
export function orderWarnings({ archiveRetentionDays, inventory }: OrderSettings): string[] {
  const warnings: string[] = [];
  const advised = 6 * inventory.timeout + inventory.maximumBatchingWindowInSeconds;
  if (inventory.visibilityTimeoutSeconds < advised) {
    warnings.push(
      `redrive:orders.inventory.visibilityTimeoutSeconds is ${inventory.visibilityTimeoutSeconds}; AWS advises at ` +
        `least ${advised} (6 × timeout + batching window), or a message can come back while it is being worked on.`,
    );
  }
  if (archiveRetentionDays === 0) {
    warnings.push(
      "redrive:orders.archiveRetentionDays keeps events for ever, but markers end: a replay from before " +
        "redrive:orders.markerRetentionDays counts orders again.",
    );
  }
  return warnings;
}
