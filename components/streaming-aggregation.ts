import * as pulumi from "@pulumi/pulumi";
import type { FunctionName, StageName } from "../config";
import { aggregationFunctions } from "./aggregation-functions";
import { aggregationTables } from "./aggregation-tables";
import { dataStream } from "./data-stream";
import { everyMinute } from "./every-minute";
import { FailureDestinations } from "./failure-destinations";
import { RestrictedFunction, type StackParts } from "./restricted-function";
import { streamMapping } from "./stream-mapping";

export type StreamingAggregationArgs = StackParts;

/** What a stack that holds the aggregation puts out, by these names. */
export interface StreamingAggregationOutputs {
  readonly streamName: pulumi.Output<string>;
  readonly stateTableName: pulumi.Output<string>;
  readonly ledgerTableName: pulumi.Output<string>;
  readonly outboxTableName: pulumi.Output<string>;
  readonly aggregateTableName: pulumi.Output<string>;
  /** Only with `failureInjection`. */
  readonly parameterTableName?: pulumi.Output<string>;
  readonly stateFunctionName: pulumi.Output<string>;
  readonly mapFunctionName: pulumi.Output<string>;
  readonly reduceFunctionName: pulumi.Output<string>;
  readonly sweepFunctionName: pulumi.Output<string>;
  readonly repairFunctionName: pulumi.Output<string>;
  readonly deadLetterQueueUrl: pulumi.Output<string>;
  readonly deadLetterTopicArn: pulumi.Output<string>;
  /** Holds what the topic is told. */
  readonly deadLetterTopicQueueUrl: pulumi.Output<string>;
  readonly deadLetterBucketName: pulumi.Output<string>;
}

/**
 * Kinesis stream → State → state table → Map → outbox → Reduce → aggregates: running sums over a tree of
 * groups, each message counted once. Beside it, a sweep every minute for rows that Reduce did not get to, and
 * a repair function, invoked by hand, for what the streams lost.
 */
export class StreamingAggregation extends pulumi.ComponentResource {
  readonly outputs: StreamingAggregationOutputs;

  constructor(
    name: string,
    stack: StreamingAggregationArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:StreamingAggregation", name, {}, opts);
    const child = { parent: this };
    const { settings } = stack;

    const stream = dataStream(`${name}-messages`, settings, settings.shardCount, child);
    const tables = aggregationTables(name, settings, child);
    const destinations = new FailureDestinations(`${name}-dead-letter`, { settings }, child);
    const args = aggregationFunctions({ ...stack, stream, tables, destinations });
    const make = (kind: FunctionName) =>
      new RestrictedFunction(`${name}-${kind}`, args[kind], child);
    const functions = {
      state: make("state"),
      map: make("map"),
      reduce: make("reduce"),
      sweep: make("sweep"),
      repair: make("repair"),
    };

    const feed = (stage: StageName, source: pulumi.Input<string>) =>
      streamMapping(
        `${name}-${stage}-mapping`,
        {
          source,
          target: functions[stage],
          settings: settings[stage],
          onFailureArn: destinations.arnOf(settings[stage].onFailure),
        },
        child,
      );
    feed("state", stream.arn);
    feed("map", tables.state.streamArn);
    feed("reduce", tables.outbox.streamArn);
    everyMinute(`${name}-sweep`, functions.sweep, child);

    this.outputs = {
      streamName: stream.name,
      stateTableName: tables.state.name,
      ledgerTableName: tables.ledger.name,
      outboxTableName: tables.outbox.name,
      aggregateTableName: tables.aggregates.name,
      ...(tables.parameters && { parameterTableName: tables.parameters.name }),
      stateFunctionName: functions.state.function.name,
      mapFunctionName: functions.map.function.name,
      reduceFunctionName: functions.reduce.function.name,
      sweepFunctionName: functions.sweep.function.name,
      repairFunctionName: functions.repair.function.name,
      deadLetterQueueUrl: destinations.queue.url,
      deadLetterTopicArn: destinations.topic.arn,
      deadLetterTopicQueueUrl: destinations.topicQueue.url,
      deadLetterBucketName: destinations.bucket.bucket,
    };
    this.registerOutputs({ ...this.outputs });
  }
}
