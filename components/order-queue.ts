import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { protecting } from "./data-protection";
import { deadLetterQueue } from "./dead-letter-queue";
import { mayBeSentBy, queuePolicy } from "./resource-policy";
import type { RestrictedFunction, Statement } from "./restricted-function";

export interface OrderQueue {
  readonly queue: aws.sqs.Queue;
  readonly deadLetters: aws.sqs.Queue;
  /** What a sender must wait for: before it, nothing may be sent. */
  readonly policy: aws.sqs.QueuePolicy;
}

/**
 * The queue of the orders whose products are to be taken from the stock, and the one for those that were received too
 * often. Only the latter's own queue may name it.
 */
export function orderQueue(
  name: string,
  args: { readonly settings: Settings; readonly ruleArn: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): OrderQueue {
  const { protectData } = args.settings;
  const { fifo, maxReceiveCount, messageRetentionSeconds, visibilityTimeoutSeconds } =
    args.settings.orders.inventory;
  const deadLetterName = `${name}-inventory-dead-letter`;
  const deadLetters = deadLetterQueue(deadLetterName, { protectData, fifo }, opts);
  const queue = new aws.sqs.Queue(
    `${name}-inventory-updates`,
    {
      visibilityTimeoutSeconds,
      messageRetentionSeconds,
      sqsManagedSseEnabled: true,
      // EventBridge gives no deduplication ids: the content stands for them.
      ...(fifo && { fifoQueue: true, contentBasedDeduplication: true }),
      ...(maxReceiveCount > 0 && {
        redrivePolicy: pulumi.jsonStringify({
          deadLetterTargetArn: deadLetters.arn,
          maxReceiveCount,
        }),
      }),
    },
    protecting(protectData, opts),
  );
  new aws.sqs.RedriveAllowPolicy(
    `${deadLetterName}-sources`,
    {
      queueUrl: deadLetters.url,
      redriveAllowPolicy: pulumi.jsonStringify({
        redrivePermission: "byQueue",
        sourceQueueArns: [queue.arn],
      }),
    },
    opts,
  );
  queuePolicy(`${deadLetterName}-policy`, deadLetters, [], opts);
  const mayDeliver = mayBeSentBy("events.amazonaws.com", args.ruleArn, queue.arn);
  const policy = queuePolicy(`${name}-inventory-updates-policy`, queue, [mayDeliver], opts);
  return { queue, deadLetters, policy };
}

/** What a function's role needs to be fed from a queue. */
export function queueSource(queue: aws.sqs.Queue): Statement[] {
  return [
    {
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queue.arn],
    },
  ];
}

/** An event source mapping from the queue. */
export function queueMapping(
  name: string,
  args: {
    readonly queue: aws.sqs.Queue;
    readonly target: RestrictedFunction;
    readonly settings: Settings;
  },
  opts: pulumi.CustomResourceOptions,
): aws.lambda.EventSourceMapping {
  const { batchSize, maximumBatchingWindowInSeconds, maximumConcurrency, reportBatchItemFailures } =
    args.settings.orders.inventory;
  return new aws.lambda.EventSourceMapping(
    name,
    {
      eventSourceArn: args.queue.arn,
      functionName: args.target.entry.arn,
      batchSize,
      maximumBatchingWindowInSeconds,
      functionResponseTypes: reportBatchItemFailures ? ["ReportBatchItemFailures"] : [],
      ...(maximumConcurrency > 0 && { scalingConfig: { maximumConcurrency } }),
    },
    // Without its policy the role can receive nothing, and AWS refuses the mapping.
    { ...opts, dependsOn: [args.target.policy] },
  );
}
