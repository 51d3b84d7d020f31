import { z } from "zod";
import { harmless, harmlessEverywhere } from "../../schema";
import { sourceKindOf } from "./source-permissions";

/** An RFC 3339 instant, as Pulumi takes it. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

/** SQS queue, SNS topic or S3 bucket. */
const DESTINATION =
  /^arn:aws:(sqs:[^:]*:\d{12}:[\w.-]+|sns:[^:]*:\d{12}:[\w.-]+|s3:::[a-z0-9.-]+)$/;

const notModelled = (what: string) => z.never({ error: `${what}: leave it out` }).optional();

/** The properties that mappings of every kind of source have. */
const common = {
  eventSourceArn: z.string(),
  functionName: z.string().min(1),
  enabled: z.boolean().default(true),
  functionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).max(1).default([]),
  maximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  filterCriteria: notModelled("event filtering is not modelled yet"),
  metricsConfig: harmless("metrics only"),
  ...harmlessEverywhere,
};

const streamProperties = {
  batchSize: z.int().min(1).max(10_000).default(100),
  bisectBatchOnFunctionError: z.boolean().default(false),
  destinationConfig: z
    .strictObject({ onFailure: z.strictObject({ destinationArn: z.string() }).optional() })
    .optional(),
  maximumRecordAgeInSeconds: z
    .int()
    .refine((age) => age === -1 || (age >= 60 && age <= 604_800), {
      error: ({ input }) => `expected -1 (infinite) or 60 to 604800, got ${String(input)}`,
    })
    .default(-1),
  maximumRetryAttempts: z.int().min(-1).max(10_000).default(-1),
  parallelizationFactor: z.int().min(1).max(10).default(1),
  startingPosition: z.enum(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]).optional(),
  startingPositionTimestamp: z.string().regex(INSTANT, "expected an RFC 3339 instant").optional(),
  tumblingWindowInSeconds: z
    .literal(0, { error: "tumbling windows are not modelled yet: leave it out" })
    .optional(),
};

/**
 * An event source mapping of a stream. Queues will have properties and rules of their own beside
 * `streamProperties`; until then their ARNs are refused.
 */
export const mappingSchema = z
  .strictObject({ ...common, ...streamProperties })
  .superRefine((mapping, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (!sourceKindOf(mapping.eventSourceArn)) {
      problem(
        "eventSourceArn",
        "only Kinesis streams and streams of DynamoDB tables are modelled; expected the ARN of one, " +
          `got ${mapping.eventSourceArn}`,
      );
    }
    const { startingPosition, startingPositionTimestamp } = mapping;
    if (startingPosition === undefined) {
      problem("startingPosition", "required when the event source is a stream");
    }
    if (startingPosition === "AT_TIMESTAMP" && startingPositionTimestamp === undefined) {
      problem("startingPositionTimestamp", "required when startingPosition is AT_TIMESTAMP");
    }
    if (startingPosition !== "AT_TIMESTAMP" && startingPositionTimestamp !== undefined) {
      problem("startingPositionTimestamp", "only with startingPosition AT_TIMESTAMP");
    }
    const destination = mapping.destinationConfig?.onFailure?.destinationArn;
    if (destination !== undefined) {
      const message = problemWithDestination(destination);
      if (message) problem("destinationConfig", message);
    }
  });

export type MappingInputs = z.infer<typeof mappingSchema>;

function problemWithDestination(arn: string): string | undefined {
  if (!DESTINATION.test(arn)) {
    return `onFailure.destinationArn: expected the ARN of an SQS queue, an SNS topic or an S3 bucket, got ${arn}`;
  }
  if (!arn.endsWith(".fifo")) return undefined;
  return `onFailure.destinationArn: a FIFO queue or topic cannot take failed batches of a stream, got ${arn}`;
}
