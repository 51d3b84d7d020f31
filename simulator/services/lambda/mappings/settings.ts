/** Where a mapping begins to read a stream that it has not read before. */
export type StartingPosition = "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";

/**
 * One event source mapping of a stream. Names, ranges and defaults are AWS's ("Amazon Kinesis Data
 * Streams parameters for Lambda event source mappings"); the resource's schema checks them.
 */
export interface StreamMappingSettings {
  /** The name in the program: what traces and decisions call the mapping. */
  readonly name: string;
  readonly uuid: string;
  /** As configured, qualifier included. */
  readonly functionArn: string;
  /** 1 to 10,000. */
  readonly batchSize: number;
  /** 0 to 300. */
  readonly maximumBatchingWindowInSeconds: number;
  /** 1 to 10: lanes per shard. */
  readonly parallelizationFactor: number;
  /** −1 (without end) or 0 to 10,000. */
  readonly maximumRetryAttempts: number;
  /** −1 (without end) or 60 to 604,800. */
  readonly maximumRecordAgeInSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** `FunctionResponseTypes: ["ReportBatchItemFailures"]`. */
  readonly reportBatchItemFailures: boolean;
  readonly startingPosition: StartingPosition;
  /** With `AT_TIMESTAMP`: virtual milliseconds since the epoch. */
  readonly startingPositionMs?: number;
  /** 0 (no windows) to 900. With windows the parallelization factor is 1. */
  readonly tumblingWindowInSeconds: number;
  /** The `Pattern` of each of its `FilterCriteria`: a record is delivered if one of them takes it. */
  readonly filterPatterns?: readonly string[];
  /** Where the metadata of discarded batches goes. */
  readonly onFailureArn?: string;
}
