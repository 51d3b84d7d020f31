import { z } from "zod";
import { flag, oneOf, settingGroup, whole, type Problem, type Whole } from "./kinds";

/**
 * Error handling of one event source mapping; names and ranges are AWS's.
 * Source: AWS Lambda, "Lambda parameters for Amazon Kinesis Data Streams event source mappings".
 */
export const mappingKnobs = {
  /** Records per invocation, at most. */
  batchSize: whole(1, 10_000),
  /** How long to gather a batch, in seconds. */
  maximumBatchingWindowInSeconds: whole(0, 300),
  /** Batches of one shard that run at once; order is kept per partition key. */
  parallelizationFactor: whole(1, 10),
  /** Retries after the first attempt; function errors use them, throttles do not. */
  maximumRetryAttempts: whole(0, 10_000, { value: -1, means: "no limit" }),
  /** Records older than this are given up, in seconds. */
  maximumRecordAgeInSeconds: whole(60, 604_800, { value: -1, means: "no limit" }),
  /** Whether a failed batch is split in two. */
  bisectBatchOnFunctionError: flag,
  /** Whether the function's answer may name the record to go on from. */
  reportBatchItemFailures: flag,
  /** Where a new mapping begins to read. */
  startingPosition: oneOf(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]),
  /** For AT_TIMESTAMP: RFC 3339, in UTC. */
  startingPositionTimestamp: z.iso.datetime({
    error: 'a UTC time such as "2026-01-31T12:00:00Z" (quoted)',
  }),
  /** Where records go that are given up. Only `s3` keeps their payload. */
  onFailure: oneOf(["none", "sqs", "sns", "s3"]),
};

/** What a mapping is when a stack says nothing. */
export const mappingDefaults = {
  batchSize: 100,
  maximumBatchingWindowInSeconds: 0,
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeInSeconds: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  // AWS has no default here. LATEST can miss records that are written while the mapping comes up.
  startingPosition: "TRIM_HORIZON",
  onFailure: "none",
} as const;

export const mappingSchema = z.strictObject(mappingKnobs, settingGroup).partial();
export type MappingSettings = Whole<
  Omit<z.infer<typeof mappingSchema>, "startingPositionTimestamp">
> & { readonly startingPositionTimestamp?: string };

/** What a mapping reads, as far as its settings must fit it. */
export interface MappingSource {
  /** Of the mapping, for people: `state`. */
  readonly name: string;
  readonly isKinesis: boolean;
  readonly retentionS: number;
  /** Where a knob of this mapping was set. */
  readonly pathOf: (knob: keyof MappingSettings) => readonly string[];
}

/** Problems that lie between the settings of one mapping, and between them and its source. */
export function mappingProblems(mapping: MappingSettings, source: MappingSource): Problem[] {
  const { isKinesis, name, retentionS } = source;
  const problems: Problem[] = [];
  const add = (knob: keyof MappingSettings, expected: string, advice?: string) => {
    problems.push({ path: source.pathOf(knob), expected, came: mapping[knob], advice });
  };
  if (!isKinesis && mapping.startingPosition === "AT_TIMESTAMP") {
    add(
      "startingPosition",
      `TRIM_HORIZON or LATEST for ${name}, which reads a DynamoDB stream`,
      "Set AT_TIMESTAMP under redrive:state alone.",
    );
  } else if (mapping.startingPosition === "AT_TIMESTAMP" && !mapping.startingPositionTimestamp) {
    add("startingPositionTimestamp", "a UTC time with startingPosition AT_TIMESTAMP", "Add it.");
  }
  if (mapping.startingPosition !== "AT_TIMESTAMP" && mapping.startingPositionTimestamp) {
    add(
      "startingPositionTimestamp",
      `no time with startingPosition ${mapping.startingPosition}`,
      "Remove the line, or set startingPosition to AT_TIMESTAMP.",
    );
  }
  if (mapping.maximumRecordAgeInSeconds > retentionS) {
    add(
      "maximumRecordAgeInSeconds",
      `at most ${retentionS} for ${name}, whose source keeps records no longer`,
      `Lower it${isKinesis ? ", or raise redrive:retentionPeriodHours" : ""}.`,
    );
  }
  return problems;
}
