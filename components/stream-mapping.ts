import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { MappingSettings } from "../config";
import type { Statement, RestrictedFunction } from "./restricted-function";

/** What a function's role needs to be fed from a Kinesis stream. */
export function kinesisSource(stream: aws.kinesis.Stream): Statement[] {
  return [
    {
      actions: [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
      ],
      resources: [stream.arn],
    },
  ];
}

/** What a function's role needs to be fed from a table's stream. */
export function tableSource(table: aws.dynamodb.Table): Statement[] {
  return [
    {
      actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
      resources: [table.streamArn],
    },
    { actions: ["dynamodb:ListStreams"], resources: [pulumi.interpolate`${table.arn}/stream/*`] },
  ];
}

/** An event source mapping from a stream, with its error handling. */
export function streamMapping(
  name: string,
  args: {
    source: pulumi.Input<string>;
    target: RestrictedFunction;
    settings: Omit<MappingSettings, "onFailure">;
    /** Length of the windows that batches are cut by and a state is carried in. Default: none. */
    tumblingWindowInSeconds?: number;
    /** What a record must look like to be delivered. Default: all are. */
    filterPattern?: string;
    /** ARN of the failure destination, if there is to be one. */
    onFailureArn: pulumi.Output<string> | undefined;
  },
  opts: pulumi.CustomResourceOptions,
): aws.lambda.EventSourceMapping {
  const { filterPattern, settings, onFailureArn, tumblingWindowInSeconds } = args;
  return new aws.lambda.EventSourceMapping(
    name,
    {
      eventSourceArn: args.source,
      functionName: args.target.entry.arn,
      batchSize: settings.batchSize,
      maximumBatchingWindowInSeconds: settings.maximumBatchingWindowInSeconds,
      parallelizationFactor: settings.parallelizationFactor,
      maximumRetryAttempts: settings.maximumRetryAttempts,
      maximumRecordAgeInSeconds: settings.maximumRecordAgeInSeconds,
      bisectBatchOnFunctionError: settings.bisectBatchOnFunctionError,
      functionResponseTypes: settings.reportBatchItemFailures ? ["ReportBatchItemFailures"] : [],
      startingPosition: settings.startingPosition,
      ...(tumblingWindowInSeconds && { tumblingWindowInSeconds }),
      ...(filterPattern && { filterCriteria: { filters: [{ pattern: filterPattern }] } }),
      ...(settings.startingPositionTimestamp && {
        startingPositionTimestamp: settings.startingPositionTimestamp,
      }),
      ...(onFailureArn && { destinationConfig: { onFailure: { destinationArn: onFailureArn } } }),
    },
    // Without its policy the role can read no stream, and AWS refuses the mapping; as it does a second one of the same
    // stream and function, beside which a replacement would be made otherwise.
    { ...opts, dependsOn: [args.target.policy], deleteBeforeReplace: true },
  );
}
