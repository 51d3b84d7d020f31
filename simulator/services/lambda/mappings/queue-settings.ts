/**
 * One event source mapping of a queue. Names, ranges and defaults are AWS's ("Lambda parameters for Amazon
 * SQS event source mappings"); the resource's schema checks them.
 */
export interface QueueMappingSettings {
  /** The name in the program: what traces and decisions call the mapping. */
  readonly name: string;
  readonly uuid: string;
  /** As configured, qualifier included. */
  readonly functionArn: string;
  /** 1 to 10,000; for a FIFO queue, to 10. */
  readonly batchSize: number;
  /** 0 to 300; at least 1 if `batchSize` is above 10; 0 for a FIFO queue. */
  readonly maximumBatchingWindowInSeconds: number;
  /** `FunctionResponseTypes: ["ReportBatchItemFailures"]`. */
  readonly reportBatchItemFailures: boolean;
  /** 2 to 1,000. Absent: AWS's own limit. */
  readonly maximumConcurrency?: number;
  /** Messages that none of these patterns takes are deleted. Absent or empty: all pass. At most 5. */
  readonly filterPatterns?: readonly string[];
}
