import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";

/** What a redrive works with: clients of one account and region, and time. */
export interface RedriveEnvironment {
  readonly kinesis: KinesisClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Lets time pass. */
  readonly wait: (seconds: number) => Promise<void>;
  /**
   * Resolves when what was replayed has come to its end: has had its effect, or is a dead letter again. Where nobody
   * can tell, this is a wait, longer than the retries of the stack take.
   */
  readonly settled: () => Promise<void>;
}
