import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { protecting } from "./data-protection";
import { deadLetterQueue } from "./dead-letter-queue";
import { denyInsecureTransport, mayBeSentBy, policyDocument, queuePolicy } from "./resource-policy";
import type { Statement } from "./restricted-function";

/** Where what is given up can go. */
export type FailureDestination = "none" | "sqs" | "sns" | "s3";

export interface FailureDestinationsArgs {
  readonly settings: Settings;
  /** A rule that may send to the queue, by its ARN. */
  readonly queueRuleArn?: pulumi.Input<string>;
}

/**
 * Where records go that are given up: a queue, a topic (with a queue that keeps what it is told) and a bucket.
 * All three exist whatever is chosen, so that changing the choice never deletes dead letters.
 */
export class FailureDestinations extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;
  readonly topic: aws.sns.Topic;
  readonly topicQueue: aws.sqs.Queue;
  readonly bucket: aws.s3.Bucket;

  constructor(
    name: string,
    { queueRuleArn, settings }: FailureDestinationsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:FailureDestinations", name, {}, opts);
    const child = { parent: this };

    const { protectData } = settings;
    this.queue = deadLetterQueue(`${name}-queue`, { protectData }, child);
    const senders = queueRuleArn
      ? [mayBeSentBy("events.amazonaws.com", queueRuleArn, this.queue.arn)]
      : [];
    queuePolicy(`${name}-queue-policy`, this.queue, senders, child);

    this.topic = new aws.sns.Topic(`${name}-topic`, {}, child);
    new aws.sns.TopicPolicy(
      `${name}-topic-policy`,
      {
        arn: this.topic.arn,
        policy: policyDocument([denyInsecureTransport("sns:Publish", [this.topic.arn])]),
      },
      child,
    );
    this.topicQueue = deadLetterQueue(`${name}-topic-queue`, { protectData }, child);
    const mayDeliver = mayBeSentBy("sns.amazonaws.com", this.topic.arn, this.topicQueue.arn);
    const policy = queuePolicy(`${name}-topic-queue-policy`, this.topicQueue, [mayDeliver], child);
    new aws.sns.TopicSubscription(
      `${name}-topic-subscription`,
      { topic: this.topic.arn, protocol: "sqs", endpoint: this.topicQueue.arn },
      { ...child, dependsOn: [policy] },
    );

    this.bucket = this.deadLetterBucket(`${name}-bucket`, protectData);
    this.registerOutputs({ queueUrl: this.queue.url, topicArn: this.topic.arn });
  }

  /** The ARN for a mapping; undefined for `none`. */
  arnOf(onFailure: FailureDestination): pulumi.Output<string> | undefined {
    if (onFailure === "none") return undefined;
    return { sqs: this.queue.arn, sns: this.topic.arn, s3: this.bucket.arn }[onFailure];
  }

  /** What a function's role needs for its mapping's destination, and nothing for the others. */
  statementsFor(onFailure: FailureDestination): Statement[] {
    if (onFailure === "sqs") return [{ actions: ["sqs:SendMessage"], resources: [this.queue.arn] }];
    if (onFailure === "sns") return [{ actions: ["sns:Publish"], resources: [this.topic.arn] }];
    if (onFailure === "none") return [];
    return [
      {
        actions: ["s3:PutObject"],
        // Lambda's own prefix for the objects of event source mappings.
        resources: [pulumi.interpolate`${this.bucket.arn}/aws/lambda/*`],
      },
      { actions: ["s3:ListBucket"], resources: [this.bucket.arn] },
    ];
  }

  private deadLetterBucket(name: string, protectData: boolean): aws.s3.Bucket {
    const child = { parent: this };
    const bucket = new aws.s3.Bucket(
      name,
      { forceDestroy: !protectData },
      protecting(protectData, child),
    );
    const blocked = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access`,
      {
        bucket: bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );
    const everything = [bucket.arn, pulumi.interpolate`${bucket.arn}/*`];
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      {
        bucket: bucket.bucket,
        policy: policyDocument([denyInsecureTransport("s3:*", everything)]),
      },
      // S3 refuses two changes of a bucket's access at once.
      { ...child, dependsOn: [blocked] },
    );
    return bucket;
  }
}
