import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Settings, StageSettings } from "../config";
import { protecting } from "./data-protection";
import type { Statement } from "./stream-function";

/** SQS keeps messages for two weeks at most. */
const QUEUE_RETENTION_SECONDS = 1_209_600;

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
    { settings }: { settings: Settings },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:FailureDestinations", name, {}, opts);
    const child = { parent: this };

    this.queue = deadLetterQueue(`${name}-queue`, settings, child);
    queuePolicy(`${name}-queue-policy`, this.queue, [], child);

    this.topic = new aws.sns.Topic(`${name}-topic`, {}, child);
    new aws.sns.TopicPolicy(
      `${name}-topic-policy`,
      {
        arn: this.topic.arn,
        policy: policyDocument([denyInsecureTransport("sns:Publish", [this.topic.arn])]),
      },
      child,
    );
    this.topicQueue = deadLetterQueue(`${name}-topic-queue`, settings, child);
    const mayDeliver = {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: this.topicQueue.arn,
      Condition: { ArnEquals: { "aws:SourceArn": this.topic.arn } },
    };
    const policy = queuePolicy(`${name}-topic-queue-policy`, this.topicQueue, [mayDeliver], child);
    new aws.sns.TopicSubscription(
      `${name}-topic-subscription`,
      { topic: this.topic.arn, protocol: "sqs", endpoint: this.topicQueue.arn },
      { ...child, dependsOn: [policy] },
    );

    this.bucket = this.deadLetterBucket(`${name}-bucket`, settings.protectData);
    this.registerOutputs({ queueUrl: this.queue.url, topicArn: this.topic.arn });
  }

  /** The ARN for a mapping; undefined for `none`. */
  arnOf(onFailure: StageSettings["onFailure"]): pulumi.Output<string> | undefined {
    if (onFailure === "none") return undefined;
    return { sqs: this.queue.arn, sns: this.topic.arn, s3: this.bucket.arn }[onFailure];
  }

  /** What a function's role needs for its mapping's destination, and nothing for the others. */
  statementsFor(onFailure: StageSettings["onFailure"]): Statement[] {
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

function deadLetterQueue(
  name: string,
  { protectData }: Settings,
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  return new aws.sqs.Queue(
    name,
    { messageRetentionSeconds: QUEUE_RETENTION_SECONDS, sqsManagedSseEnabled: true },
    protecting(protectData, opts),
  );
}

function queuePolicy(
  name: string,
  queue: aws.sqs.Queue,
  statements: object[],
  opts: pulumi.CustomResourceOptions,
): aws.sqs.QueuePolicy {
  const policy = policyDocument([...statements, denyInsecureTransport("sqs:*", [queue.arn])]);
  return new aws.sqs.QueuePolicy(name, { queueUrl: queue.url, policy }, opts);
}

function denyInsecureTransport(action: string, resources: pulumi.Input<string>[]): object {
  return {
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resources,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

function policyDocument(statements: object[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}
