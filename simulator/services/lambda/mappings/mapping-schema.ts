import { z } from "zod";
import { harmless, harmlessEverywhere } from "../../schema";
import { compileQueueFilters } from "./queue-filter";
import { isQueueArn, sourceKindOf } from "./source-permissions";
import { compileStreamFilters } from "./stream-filter";

/** An RFC 3339 instant, as Pulumi takes it. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

/** SQS queue, SNS topic or S3 bucket. */
const DESTINATION =
  /^arn:aws:(sqs:[^:]*:\d{12}:[\w.-]+|sns:[^:]*:\d{12}:[\w.-]+|s3:::[a-z0-9.-]+)$/;

const FIFO_BATCH_MAX = 10;

/** Without a higher quota. Source: "Control which events Lambda sends to your function". */
const FILTERS_MAX = 5;

const notModelled = (what: string) => z.never({ error: `${what}: leave it out` }).optional();

/** Every property; which of them a source takes, and with which default, follows below. */
const properties = z.strictObject({
  eventSourceArn: z.string(),
  functionName: z.string().min(1),
  batchSize: z.int().min(1).max(10_000).optional(),
  enabled: z.boolean().default(true),
  functionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).max(1).default([]),
  maximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  filterCriteria: z
    .strictObject({
      filters: z
        .array(z.strictObject({ pattern: z.string() }))
        .max(FILTERS_MAX)
        .default([]),
    })
    .optional(),
  metricsConfig: harmless("metrics only"),
  bisectBatchOnFunctionError: z.boolean().optional(),
  destinationConfig: z
    .strictObject({ onFailure: z.strictObject({ destinationArn: z.string() }).optional() })
    .optional(),
  maximumRecordAgeInSeconds: z
    .int()
    .refine((age) => age === -1 || (age >= 60 && age <= 604_800), {
      error: ({ input }) => `expected -1 (infinite) or 60 to 604800, got ${String(input)}`,
    })
    .optional(),
  maximumRetryAttempts: z.int().min(-1).max(10_000).optional(),
  parallelizationFactor: z.int().min(1).max(10).optional(),
  provisionedPollerConfig: notModelled("provisioned pollers are not modelled"),
  scalingConfig: z
    .strictObject({ maximumConcurrency: z.int().min(2).max(1000).optional() })
    .optional(),
  startingPosition: z.enum(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]).optional(),
  startingPositionTimestamp: z.string().regex(INSTANT, "expected an RFC 3339 instant").optional(),
  tumblingWindowInSeconds: z.int().min(0).max(900).optional(),
  ...harmlessEverywhere,
});
type Properties = z.infer<typeof properties>;

/** Says what is wrong with one property. */
type Report = (property: string, message: string) => void;

/** An event source mapping of a stream or of a queue, with the defaults of its kind of source. */
export const mappingSchema = properties
  .superRefine((mapping, context) => {
    const report: Report = (property, message) =>
      context.addIssue({ code: "custom", path: [property], message });
    if (isQueueArn(mapping.eventSourceArn)) checkQueue(mapping, report);
    else checkStream(mapping, report);
  })
  .transform((mapping) => {
    if (isQueueArn(mapping.eventSourceArn))
      return { ...mapping, batchSize: mapping.batchSize ?? 10 };
    return {
      ...mapping,
      batchSize: mapping.batchSize ?? 100,
      bisectBatchOnFunctionError: mapping.bisectBatchOnFunctionError ?? false,
      maximumRecordAgeInSeconds: mapping.maximumRecordAgeInSeconds ?? -1,
      maximumRetryAttempts: mapping.maximumRetryAttempts ?? -1,
      parallelizationFactor: mapping.parallelizationFactor ?? 1,
      tumblingWindowInSeconds: mapping.tumblingWindowInSeconds ?? 0,
    };
  });

export type MappingInputs = z.infer<typeof mappingSchema>;

function checkStream(mapping: Properties, report: Report): void {
  const { eventSourceArn, startingPosition, startingPositionTimestamp } = mapping;
  const kind = sourceKindOf(eventSourceArn);
  if (!kind) {
    report(
      "eventSourceArn",
      "only Kinesis streams, streams of DynamoDB tables and SQS queues are modelled; expected the ARN " +
        `of one, got ${eventSourceArn}`,
    );
  }
  checkFilters(mapping, report, (patterns) => compileStreamFilters(kind ?? "kinesis", patterns));
  const { parallelizationFactor = 1, tumblingWindowInSeconds = 0 } = mapping;
  if (tumblingWindowInSeconds > 0 && parallelizationFactor > 1) {
    // AWS's words, as users quote them.
    report(
      "parallelizationFactor",
      "Parallelization factor must be equal to 1 when tumbling window period is configured",
    );
  }
  if (mapping.scalingConfig) report("scalingConfig", unsupported("ScalingConfig"));
  if (startingPosition === undefined) {
    report("startingPosition", "required when the event source is a stream");
  }
  if (startingPosition === "AT_TIMESTAMP" && startingPositionTimestamp === undefined) {
    report("startingPositionTimestamp", "required when startingPosition is AT_TIMESTAMP");
  }
  if (startingPosition !== "AT_TIMESTAMP" && startingPositionTimestamp !== undefined) {
    report("startingPositionTimestamp", "only with startingPosition AT_TIMESTAMP");
  }
  const destination = mapping.destinationConfig?.onFailure?.destinationArn;
  const problem = destination === undefined ? undefined : problemWithDestination(destination);
  if (problem) report("destinationConfig", problem);
}

/** Properties that streams alone have, in AWS's spelling. */
const STREAM_ONLY = {
  bisectBatchOnFunctionError: "BisectBatchOnFunctionError",
  destinationConfig: "DestinationConfig",
  maximumRecordAgeInSeconds: "MaximumRecordAgeInSeconds",
  maximumRetryAttempts: "MaximumRetryAttempts",
  parallelizationFactor: "ParallelizationFactor",
  tumblingWindowInSeconds: "TumblingWindowInSeconds",
} as const;

// The messages about DestinationConfig and the window are recorded from AWS, the others follow them.
function checkQueue(mapping: Properties, report: Report): void {
  for (const [property, parameter] of Object.entries(STREAM_ONLY)) {
    if (mapping[property as keyof typeof STREAM_ONLY] === undefined) continue;
    report(property, unsupported(parameter));
  }
  for (const property of ["startingPosition", "startingPositionTimestamp"] as const) {
    if (mapping[property] === undefined) continue;
    const parameter = `${property[0]!.toUpperCase()}${property.slice(1)}`;
    report(property, `${parameter} is not valid for SQS event sources.`);
  }
  checkFilters(mapping, report, compileQueueFilters);
  const { batchSize = 10, maximumBatchingWindowInSeconds: windowSeconds } = mapping;
  if (mapping.eventSourceArn.endsWith(".fifo")) {
    if (batchSize > FIFO_BATCH_MAX) {
      report("batchSize", `expected 1 to ${FIFO_BATCH_MAX} for a FIFO queue, got ${batchSize}`);
    }
    if (windowSeconds > 0) {
      report("maximumBatchingWindowInSeconds", "Batching window is not supported for FIFO queues");
    }
  } else if (batchSize > 10 && windowSeconds === 0) {
    report(
      "maximumBatchingWindowInSeconds",
      "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    );
  }
}

function checkFilters(
  { filterCriteria }: Properties,
  report: Report,
  compile: (patterns: readonly string[]) => unknown,
): void {
  try {
    compile(filterCriteria?.filters.map(({ pattern }) => pattern) ?? []);
  } catch (cause) {
    report("filterCriteria", (cause as Error).message);
  }
}

const unsupported = (parameter: string): string =>
  `Unsupported ${parameter} parameter for given event source mapping type.`;

function problemWithDestination(arn: string): string | undefined {
  if (!DESTINATION.test(arn)) {
    return `onFailure.destinationArn: expected the ARN of an SQS queue, an SNS topic or an S3 bucket, got ${arn}`;
  }
  if (!arn.endsWith(".fifo")) return undefined;
  return `onFailure.destinationArn: a FIFO queue or topic cannot take failed batches of a stream, got ${arn}`;
}
