import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createExactWindowsHandler } from "../handlers/windows-exact";
import { createTumblingWindowsHandler } from "../handlers/windows-tumbling";
import { dataStream } from "./data-stream";
import { FailureDestinations } from "./failure-destinations";
import { keyedTable, on } from "./keyed-table";
import {
  RestrictedFunction,
  type RestrictedFunctionArgs,
  type StackParts,
} from "./restricted-function";
import { kinesisSource, streamMapping } from "./stream-mapping";

export type WindowedAggregationArgs = StackParts;

/** What a stack that holds the windowed aggregation puts out, by these names. */
export interface WindowedAggregationOutputs {
  readonly windowsStreamName: pulumi.Output<string>;
  readonly windowsConsumerFunctionName: pulumi.Output<string>;
  /** Length of the mapping's windows in seconds; 0 where the windows are the consumer's own. */
  readonly windowsTumblingSeconds: pulumi.Output<number>;
  /** Rows by vendor and window; see `handlers/window-rows.ts`. */
  readonly windowsAggregateTableName: pulumi.Output<string>;
  readonly windowsLedgerTableName: pulumi.Output<string>;
  readonly windowsDeadLetterQueueUrl: pulumi.Output<string>;
  readonly windowsDeadLetterTopicArn: pulumi.Output<string>;
  readonly windowsDeadLetterTopicQueueUrl: pulumi.Output<string>;
  readonly windowsDeadLetterBucketName: pulumi.Output<string>;
}

/** What the consumer is made of. */
interface Parts extends StackParts {
  readonly stream: aws.kinesis.Stream;
  readonly aggregates: aws.dynamodb.Table;
  readonly ledger: aws.dynamodb.Table;
  readonly destinations: FailureDestinations;
}

/**
 * Kinesis stream of taxi trips → consumer → table of sums, one row per vendor and window. The windows are the
 * mapping's, or the consumer's own; both use the same tables, so that choosing the other creates and deletes none. It
 * needs empty tables: the two mean different windows.
 */
export class WindowedAggregation extends pulumi.ComponentResource {
  readonly outputs: WindowedAggregationOutputs;

  constructor(
    name: string,
    stack: WindowedAggregationArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:WindowedAggregation", name, {}, opts);
    const child = { parent: this };
    const { settings } = stack;
    const { protectData, windows } = settings;

    const stream = dataStream(`${name}-input-stream`, settings, windows.shardCount, child);
    const aggregates = keyedTable(`${name}-kinesis-aggs`, protectData, {}, child);
    const ledger = keyedTable(`${name}-ledger`, protectData, { ttlAttribute: "ttl" }, child);
    const destinations = new FailureDestinations(`${name}-dead-letter`, { settings }, child);
    const consumer = new RestrictedFunction(
      `${name}-consumer`,
      consumerFunction({ ...stack, stream, aggregates, ledger, destinations }),
      child,
    );
    streamMapping(
      `${name}-consumer-mapping`,
      {
        source: stream.arn,
        target: consumer,
        settings: windows,
        ...(windows.mode === "tumbling" && { tumblingWindowInSeconds: windows.windowSeconds }),
        onFailureArn: destinations.arnOf(windows.onFailure),
      },
      child,
    );

    this.outputs = {
      windowsStreamName: stream.name,
      windowsConsumerFunctionName: consumer.function.name,
      windowsTumblingSeconds: pulumi.output(
        windows.mode === "tumbling" ? windows.windowSeconds : 0,
      ),
      windowsAggregateTableName: aggregates.name,
      windowsLedgerTableName: ledger.name,
      windowsDeadLetterQueueUrl: destinations.queue.url,
      windowsDeadLetterTopicArn: destinations.topic.arn,
      windowsDeadLetterTopicQueueUrl: destinations.topicQueue.url,
      windowsDeadLetterBucketName: destinations.bucket.bucket,
    };
    this.registerOutputs({ ...this.outputs });
  }
}

/** The consumer's code and environment, and the least it may do. */
function consumerFunction(parts: Parts): RestrictedFunctionArgs {
  const { aggregates, destinations, ledger, settings, stream } = parts;
  const { windows } = settings;
  const exact = windows.mode === "exact";
  return {
    handler: exact ? createExactWindowsHandler : createTumblingWindowsHandler,
    packages: ["@aws-sdk/client-dynamodb"],
    settings: windows,
    stack: parts,
    environment: {
      AGGREGATE_TABLE_NAME: aggregates.name,
      ...(exact && {
        LEDGER_TABLE_NAME: ledger.name,
        LEDGER_RETENTION_SECONDS: String(windows.ledgerRetentionDays * 86_400),
        WINDOW_SECONDS: String(windows.windowSeconds),
        REPORT_BATCH_ITEM_FAILURES: String(windows.reportBatchItemFailures),
      }),
    },
    statements: [
      ...kinesisSource(stream),
      on(aggregates, "UpdateItem"),
      ...(exact ? [on(ledger, "PutItem")] : []),
      ...destinations.statementsFor(windows.onFailure),
    ],
  };
}
