import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { everyMinute } from "./every-minute";
import { OrderApi } from "./order-api";
import { orderBus, orderRule, orderTarget } from "./order-bus";
import {
  inventoryFunction,
  paymentFunction,
  processFunction,
  publishFunction,
  relayFunction,
  type OrderParts,
} from "./order-functions";
import { OrderOutcomes } from "./order-outcomes";
import { orderQueue, queueMapping } from "./order-queue";
import { orderTables } from "./order-tables";
import {
  RestrictedFunction,
  type RestrictedFunctionArgs,
  type StackParts,
} from "./restricted-function";
import { streamMapping } from "./stream-mapping";

export type OrderFanoutArgs = StackParts;

/** What a stack that holds the order flow puts out, by these names. */
export interface OrderFanoutOutputs {
  /** Takes `POST`. */
  readonly ordersApiUrl: pulumi.Output<string>;
  /** May call the API; only with `authorization` AWS_IAM. */
  readonly ordersClientRoleArn?: pulumi.Output<string>;
  readonly ordersBusName: pulumi.Output<string>;
  readonly ordersArchiveArn: pulumi.Output<string>;
  readonly ordersOutboxTableName: pulumi.Output<string>;
  readonly ordersProcessedTableName: pulumi.Output<string>;
  readonly ordersStockTableName: pulumi.Output<string>;
  readonly ordersReservedTableName: pulumi.Output<string>;
  readonly ordersMarkerTableName: pulumi.Output<string>;
  readonly ordersPublishFunctionName: pulumi.Output<string>;
  /** Only with `publishing` outbox. */
  readonly ordersRelayFunctionName?: pulumi.Output<string>;
  readonly ordersProcessFunctionName: pulumi.Output<string>;
  readonly ordersPaymentFunctionName: pulumi.Output<string>;
  readonly ordersInventoryFunctionName: pulumi.Output<string>;
  readonly ordersQueueUrl: pulumi.Output<string>;
  readonly ordersQueueDeadLetterUrl: pulumi.Output<string>;
  readonly ordersProcessTargetDeadLetterUrl: pulumi.Output<string>;
  readonly ordersInventoryTargetDeadLetterUrl: pulumi.Output<string>;
  readonly ordersProcessFailureQueueUrl: pulumi.Output<string>;
  readonly ordersProcessFailureTopicArn: pulumi.Output<string>;
  /** Holds what the topic is told. */
  readonly ordersProcessFailureTopicQueueUrl: pulumi.Output<string>;
  readonly ordersProcessFailureBucketName: pulumi.Output<string>;
  /** Only with `process.onSuccess` sqs or sns. */
  readonly ordersProcessSuccessQueueUrl?: pulumi.Output<string>;
}

/**
 * REST API → PublishOrder → bus, through an outbox or directly; bus → ProcessOrder, which has each order paid, and
 * bus → queue → UpdateInventory. The two consumers know nothing of each other: one failing never touches the other.
 */
export class OrderFanout extends pulumi.ComponentResource {
  readonly outputs: OrderFanoutOutputs;

  constructor(
    private readonly prefix: string,
    stack: OrderFanoutArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:OrderFanout", prefix, {}, opts);
    const child = { parent: this };
    const { settings } = stack;

    const tables = orderTables(prefix, settings, child);
    const { archive, bus } = orderBus(prefix, settings, child);
    const parts: OrderParts = { ...stack, tables, bus };

    const publish = this.make("publish", publishFunction(parts));
    const api = new OrderApi(`${prefix}-api`, { settings, publish }, child);
    const relay = settings.orders.publishing === "outbox" ? this.relay(parts) : undefined;
    const processing = this.processing(parts);
    const updating = this.updating(parts);

    this.outputs = {
      ordersApiUrl: api.url,
      ...(api.clientRole && { ordersClientRoleArn: api.clientRole.arn }),
      ordersBusName: bus.name,
      ordersArchiveArn: archive.arn,
      ordersOutboxTableName: tables.outbox.name,
      ordersProcessedTableName: tables.processed.name,
      ordersStockTableName: tables.stock.name,
      ordersReservedTableName: tables.reserved.name,
      ordersMarkerTableName: tables.markers.name,
      ordersPublishFunctionName: publish.function.name,
      ...(relay && { ordersRelayFunctionName: relay.function.name }),
      ...processing,
      ...updating,
    };
    this.registerOutputs({ ...this.outputs });
  }

  private make(kind: string, args: RestrictedFunctionArgs): RestrictedFunction {
    return new RestrictedFunction(`${this.prefix}-${kind}`, args, { parent: this });
  }

  /**
   * The outbox's stream and a sweep feed Relay. What the stream gives up needs no destination: it is still in the
   * outbox, where the sweep finds it.
   */
  private relay(parts: OrderParts): RestrictedFunction {
    const relay = this.make("relay", relayFunction(parts));
    streamMapping(
      `${this.prefix}-relay-mapping`,
      {
        source: parts.tables.outbox.streamArn,
        target: relay,
        settings: RELAY_MAPPING,
        filterPattern: NEW_ORDERS,
        onFailureArn: undefined,
      },
      { parent: this },
    );
    everyMinute(`${this.prefix}-relay`, relay, { parent: this });
    return relay;
  }

  /** The rule to ProcessOrder, which is invoked asynchronously, and the payment that it calls. */
  private processing(parts: OrderParts) {
    const child = { parent: this };
    const { bus, settings } = parts;
    const name = `${this.prefix}-route-to-process-order`;
    const outcomes = new OrderOutcomes(`${this.prefix}-process`, parts, child);
    const payment = this.make("payment", paymentFunction(parts));
    const process = this.make("process", processFunction(parts, payment.entry, outcomes));
    const invocation = asynchronousInvocation(`${this.prefix}-process-invocation`, process, {
      settings,
      outcomes,
      opts: child,
    });

    const rule = orderRule(name, bus, child);
    const permission = new aws.lambda.Permission(
      `${name}-permission`,
      {
        action: "lambda:InvokeFunction",
        ...process.entry.qualifying,
        principal: "events.amazonaws.com",
        sourceArn: rule.arn,
      },
      child,
    );
    const deadLetters = orderTarget(
      `${name}-target`,
      `${this.prefix}-process-target-dead-letter`,
      {
        settings,
        rule,
        arn: process.entry.arn,
        dependsOn: [permission, invocation, payment.policy],
      },
      child,
    );
    const { failures, successQueue } = outcomes;
    return {
      ordersProcessFunctionName: process.function.name,
      ordersPaymentFunctionName: payment.function.name,
      ordersProcessTargetDeadLetterUrl: deadLetters.url,
      ordersProcessFailureQueueUrl: failures.queue.url,
      ordersProcessFailureTopicArn: failures.topic.arn,
      ordersProcessFailureTopicQueueUrl: failures.topicQueue.url,
      ordersProcessFailureBucketName: failures.bucket.bucket,
      ...(successQueue && { ordersProcessSuccessQueueUrl: successQueue.url }),
    };
  }

  /** The rule to the queue, and UpdateInventory, which the queue feeds. */
  private updating(parts: OrderParts) {
    const child = { parent: this };
    const { bus, settings } = parts;
    const name = `${this.prefix}-route-to-inventory-queue`;
    const rule = orderRule(name, bus, child);
    const { deadLetters, policy, queue } = orderQueue(
      this.prefix,
      { settings, ruleArn: rule.arn },
      child,
    );
    const inventory = this.make("inventory", inventoryFunction(parts, queue));
    queueMapping(`${this.prefix}-inventory-mapping`, { queue, target: inventory, settings }, child);
    const targetDeadLetters = orderTarget(
      `${name}-target`,
      `${this.prefix}-inventory-target-dead-letter`,
      {
        settings,
        rule,
        arn: queue.arn,
        ...(settings.orders.inventory.fifo && { messageGroupId: "inventory-updates" }),
        dependsOn: [policy],
      },
      child,
    );
    return {
      ordersInventoryFunctionName: inventory.function.name,
      ordersQueueUrl: queue.url,
      ordersQueueDeadLetterUrl: deadLetters.url,
      ordersInventoryTargetDeadLetterUrl: targetDeadLetters.url,
    };
  }
}

/** Not a choice: whatever becomes of a record here, the sweep publishes the order. */
const RELAY_MAPPING = {
  batchSize: 100,
  maximumBatchingWindowInSeconds: 0,
  parallelizationFactor: 1,
  maximumRetryAttempts: 10,
  maximumRecordAgeInSeconds: 21_600,
  bisectBatchOnFunctionError: true,
  reportBatchItemFailures: true,
  startingPosition: "TRIM_HORIZON",
} as const;

/** Being published is a change of the row too, and keys are rows of the same table. */
const NEW_ORDERS = JSON.stringify({
  eventName: ["INSERT"],
  dynamodb: { Keys: { id: { S: [{ prefix: "order#" }] } } },
});

/** How often ProcessOrder is invoked for an event, and what becomes of the record. */
function asynchronousInvocation(
  name: string,
  target: RestrictedFunction,
  args: {
    readonly settings: StackParts["settings"];
    readonly outcomes: OrderOutcomes;
    readonly opts: pulumi.CustomResourceOptions;
  },
): aws.lambda.FunctionEventInvokeConfig {
  const { maximumEventAgeInSeconds, maximumRetryAttempts } = args.settings.orders.process;
  const { onFailure, onSuccess } = args.outcomes;
  const { function: functionName, qualifier } = target.entry.qualifying;
  return new aws.lambda.FunctionEventInvokeConfig(
    name,
    {
      functionName,
      ...(qualifier !== undefined && { qualifier }),
      maximumEventAgeInSeconds,
      maximumRetryAttempts,
      ...((onFailure || onSuccess) && {
        destinationConfig: {
          ...(onFailure && { onFailure: { destination: onFailure.arn } }),
          ...(onSuccess && { onSuccess: { destination: onSuccess.arn } }),
        },
      }),
    },
    // AWS asks whether the role may write to the destinations.
    { ...args.opts, dependsOn: [target.policy] },
  );
}
