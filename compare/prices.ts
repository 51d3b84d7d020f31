/** One price, and what is bought for it. */
export interface Price {
  /** US dollars for `per` units. */
  readonly usd: number;
  readonly per: number;
  readonly unit: string;
  readonly source: string;
}

/**
 * List prices without free tiers or discounts, as the pages named had them in that year. They have not been
 * read since: look at the pages before you rely on a figure.
 */
export const PRICES_AS_OF = "2025";
export const PRICES_REGION = "us-east-1";

const MILLION = 1_000_000;
const THOUSAND = 1_000;

/** By meter of the simulated account (after unit conversion, see cost.ts). */
export const USAGE_PRICES = {
  "lambda.requests": {
    usd: 0.2,
    per: MILLION,
    unit: "requests",
    source: "https://aws.amazon.com/lambda/pricing/",
  },
  "lambda.gbSeconds": {
    usd: 0.0000166667,
    per: 1,
    unit: "GB-seconds, x86",
    source: "https://aws.amazon.com/lambda/pricing/",
  },
  "kinesis.putUnits": {
    usd: 0.014,
    per: MILLION,
    unit: "PUT payload units of 25 KB",
    source: "https://aws.amazon.com/kinesis/data-streams/pricing/",
  },
  "dynamodb.writeUnits": {
    usd: 0.625,
    per: MILLION,
    unit: "write request units",
    source: "https://aws.amazon.com/dynamodb/pricing/on-demand/ (since November 2024)",
  },
  "dynamodb.readUnits": {
    usd: 0.125,
    per: MILLION,
    unit: "read request units",
    source: "https://aws.amazon.com/dynamodb/pricing/on-demand/ (since November 2024)",
  },
  "sqs.requests": {
    usd: 0.4,
    per: MILLION,
    unit: "requests of up to 64 KB, standard queue",
    source: "https://aws.amazon.com/sqs/pricing/",
  },
  "sqs.fifoRequests": {
    usd: 0.5,
    per: MILLION,
    unit: "requests of up to 64 KB, FIFO queue",
    source: "https://aws.amazon.com/sqs/pricing/",
  },
  "sqs.emptyReceives": {
    usd: 0.4,
    per: MILLION,
    unit: "requests that find nothing, standard queue",
    source: "https://aws.amazon.com/sqs/pricing/",
  },
  "sqs.fifoEmptyReceives": {
    usd: 0.5,
    per: MILLION,
    unit: "requests that find nothing, FIFO queue",
    source: "https://aws.amazon.com/sqs/pricing/",
  },
  "apigateway.requests": {
    usd: 3.5,
    per: MILLION,
    unit: "REST API calls, first 333 million a month",
    source: "https://aws.amazon.com/api-gateway/pricing/",
  },
  "eventbridge.events": {
    usd: 1,
    per: MILLION,
    unit: "custom events published, 64 KB each",
    source: "https://aws.amazon.com/eventbridge/pricing/",
  },
  "eventbridge.replayedEvents": {
    usd: 1,
    per: MILLION,
    unit: "events replayed, as custom events",
    source: "https://aws.amazon.com/eventbridge/pricing/",
  },
  "eventbridge.archivedGb": {
    usd: 0.1,
    per: 1,
    unit: "GB processed into an archive",
    source: "https://aws.amazon.com/eventbridge/pricing/",
  },
  "sns.publishes": {
    usd: 0.5,
    per: MILLION,
    unit: "publishes of up to 64 KB, standard topic",
    source: "https://aws.amazon.com/sns/pricing/",
  },
  "s3.puts": {
    usd: 0.005,
    per: THOUSAND,
    unit: "PUT and LIST requests, S3 Standard",
    source: "https://aws.amazon.com/s3/pricing/",
  },
  "s3.gets": {
    usd: 0.0004,
    per: THOUSAND,
    unit: "GET requests, S3 Standard",
    source: "https://aws.amazon.com/s3/pricing/",
  },
  "logs.gb": {
    usd: 0.5,
    per: 1,
    unit: "GB ingested by CloudWatch Logs",
    source: "https://aws.amazon.com/cloudwatch/pricing/",
  },
} as const satisfies Record<string, Price>;

/** What exists costs, used or not. */
export const PROVISIONED_PRICES = {
  shardHour: {
    usd: 0.015,
    per: 1,
    unit: "shard-hour, provisioned mode",
    source: "https://aws.amazon.com/kinesis/data-streams/pricing/",
  },
  onDemandStreamHour: {
    usd: 0.04,
    per: 1,
    unit: "stream-hour, on-demand mode",
    source: "https://aws.amazon.com/kinesis/data-streams/pricing/",
  },
} as const satisfies Record<string, Price>;
