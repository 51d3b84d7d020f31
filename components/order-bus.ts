import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { ORDER_DETAIL_TYPE, ORDER_SOURCE } from "../handlers/order-messages";
import { deadLetterQueue, NO_SOURCE_QUEUES } from "./dead-letter-queue";
import { mayBeSentBy, queuePolicy } from "./resource-policy";

/** What an order's event looks like. */
const PLACED = JSON.stringify({ source: [ORDER_SOURCE], "detail-type": [ORDER_DETAIL_TYPE] });

export interface OrderBus {
  readonly bus: aws.cloudwatch.EventBus;
  readonly archive: aws.cloudwatch.EventArchive;
}

/** The bus, and an archive of the orders on it. */
export function orderBus(
  name: string,
  { orders }: Settings,
  opts: pulumi.CustomResourceOptions,
): OrderBus {
  const bus = new aws.cloudwatch.EventBus(`${name}-bus`, {}, opts);
  const archive = new aws.cloudwatch.EventArchive(
    `${name}-archive`,
    {
      eventSourceArn: bus.arn,
      eventPattern: PLACED,
      retentionDays: orders.archiveRetentionDays,
    },
    opts,
  );
  return { bus, archive };
}

/** A rule for orders. Its target comes later, for a target's policy names the rule. */
export function orderRule(
  name: string,
  bus: aws.cloudwatch.EventBus,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.EventRule {
  return new aws.cloudwatch.EventRule(name, { eventBusName: bus.name, eventPattern: PLACED }, opts);
}

/**
 * A rule's one target, with its retries and a dead-letter queue of its own. The queue is there whether it is used or
 * not, so that changing the choice never deletes dead letters.
 *
 * @param deadLetterName of the queue
 */
export function orderTarget(
  name: string,
  deadLetterName: string,
  args: {
    readonly settings: Settings;
    readonly rule: aws.cloudwatch.EventRule;
    readonly arn: pulumi.Input<string>;
    /** Of a FIFO queue, whose group a rule's target names once for all events. */
    readonly messageGroupId?: string;
    readonly dependsOn: pulumi.Resource[];
  },
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  const { arn, dependsOn, messageGroupId, rule, settings } = args;
  const { target } = settings.orders;
  const queue = deadLetterQueue(
    deadLetterName,
    { protectData: settings.protectData, redriveAllowPolicy: NO_SOURCE_QUEUES },
    opts,
  );
  const mayKeep = mayBeSentBy("events.amazonaws.com", rule.arn, queue.arn);
  const policy = queuePolicy(`${deadLetterName}-policy`, queue, [mayKeep], opts);
  new aws.cloudwatch.EventTarget(
    name,
    {
      eventBusName: rule.eventBusName,
      rule: rule.name,
      arn,
      retryPolicy: {
        maximumRetryAttempts: target.maximumRetryAttempts,
        maximumEventAgeInSeconds: target.maximumEventAgeInSeconds,
      },
      ...(target.deadLetterQueue && { deadLetterConfig: { arn: queue.arn } }),
      ...(messageGroupId && { sqsTarget: { messageGroupId } }),
    },
    { ...opts, dependsOn: [...dependsOn, policy] },
  );
  return queue;
}
