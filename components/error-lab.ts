import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { dataStream } from "./data-stream";
import { deadLetterQueue } from "./dead-letter-queue";
import {
  consumerFunction,
  fetchFunction,
  readBackFunction,
  type ErrorLabParts,
} from "./error-lab-functions";
import { everyMinute } from "./every-minute";
import { FailureDestinations } from "./failure-destinations";
import { keyedTable } from "./keyed-table";
import { queuePolicy } from "./resource-policy";
import { RestrictedFunction, type StackParts } from "./restricted-function";
import { streamMapping } from "./stream-mapping";

export type ErrorLabArgs = StackParts;

/** What a stack that holds the error lab puts out, by these names. */
export interface ErrorLabOutputs {
  readonly errorlabStreamName: pulumi.Output<string>;
  readonly errorlabConsumerFunctionName: pulumi.Output<string>;
  readonly errorlabFetchFunctionName: pulumi.Output<string>;
  readonly errorlabReadBackFunctionName: pulumi.Output<string>;
  /** What came of each record, and how often; see `handlers/thing-ledger.ts`. */
  readonly errorlabThingTableName: pulumi.Output<string>;
  /** The three queues, whose messages are described in `handlers/dead-thing.ts`. */
  readonly errorlabDlqUrl: pulumi.Output<string>;
  readonly errorlabTimeoutQueueUrl: pulumi.Output<string>;
  readonly errorlabInfraQueueUrl: pulumi.Output<string>;
  /** Where the mapping's dead letters wait to be resolved. */
  readonly errorlabDeadLetterQueueUrl: pulumi.Output<string>;
  readonly errorlabDeadLetterTopicArn: pulumi.Output<string>;
  readonly errorlabDeadLetterTopicQueueUrl: pulumi.Output<string>;
  readonly errorlabDeadLetterBucketName: pulumi.Output<string>;
}

/**
 * Kinesis stream → consumer, whose records fail in three ways → a queue for each: DLQ, TIMEOUT and INFRA. Beside it, two
 * functions that make whole records of the mapping's dead letters, wherever they went: one fetches them from the
 * stream, the other reads them back from the bucket.
 */
export class ErrorLab extends pulumi.ComponentResource {
  readonly outputs: ErrorLabOutputs;

  constructor(name: string, stack: ErrorLabArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redrive:index:ErrorLab", name, {}, opts);
    const child = { parent: this };
    const { settings } = stack;
    const { errorlab, protectData } = settings;

    const destinations = new FailureDestinations(`${name}-dead-letter`, { settings }, child);
    const parts: ErrorLabParts = {
      ...stack,
      stream: dataStream(`${name}-stream`, settings, errorlab.shardCount, child),
      things: keyedTable(`${name}-things`, protectData, {}, child),
      queues: {
        dlq: this.ownQueue(`${name}-dlq`, protectData),
        timeout: this.ownQueue(`${name}-timeout`, protectData),
        infra: this.ownQueue(`${name}-infra`, protectData),
      },
      destinations,
    };
    const consumer = new RestrictedFunction(`${name}-consumer`, consumerFunction(parts), child);
    streamMapping(
      `${name}-consumer-mapping`,
      {
        source: parts.stream.arn,
        target: consumer,
        settings: errorlab,
        onFailureArn: destinations.arnOf(errorlab.onFailure),
      },
      child,
    );
    const fetch = new RestrictedFunction(`${name}-fetch`, fetchFunction(parts), child);
    this.feed(`${name}-fetch`, fetch, destinations);
    const readBack = new RestrictedFunction(`${name}-read-back`, readBackFunction(parts), child);
    everyMinute(`${name}-read-back`, readBack, child);

    const { queues, stream, things } = parts;
    this.outputs = {
      errorlabStreamName: stream.name,
      errorlabConsumerFunctionName: consumer.function.name,
      errorlabFetchFunctionName: fetch.function.name,
      errorlabReadBackFunctionName: readBack.function.name,
      errorlabThingTableName: things.name,
      errorlabDlqUrl: queues.dlq.url,
      errorlabTimeoutQueueUrl: queues.timeout.url,
      errorlabInfraQueueUrl: queues.infra.url,
      errorlabDeadLetterQueueUrl: destinations.queue.url,
      errorlabDeadLetterTopicArn: destinations.topic.arn,
      errorlabDeadLetterTopicQueueUrl: destinations.topicQueue.url,
      errorlabDeadLetterBucketName: destinations.bucket.bucket,
    };
    this.registerOutputs({ ...this.outputs });
  }

  private ownQueue(name: string, protectData: boolean): aws.sqs.Queue {
    const child = { parent: this };
    const queue = deadLetterQueue(name, { protectData }, child);
    queuePolicy(`${name}-policy`, queue, [], child);
    return queue;
  }

  /** Both queues, and the bucket, are read whatever is chosen: after a change, older dead letters are still there. */
  private feed(
    name: string,
    fetch: RestrictedFunction,
    { queue, topicQueue }: FailureDestinations,
  ): void {
    const sources = { queue, "topic-queue": topicQueue };
    for (const [source, { arn }] of Object.entries(sources)) {
      new aws.lambda.EventSourceMapping(
        `${name}-${source}-mapping`,
        {
          eventSourceArn: arn,
          functionName: fetch.entry.arn,
          batchSize: 10,
          functionResponseTypes: ["ReportBatchItemFailures"],
        },
        { parent: this, dependsOn: [fetch.policy] },
      );
    }
  }
}
