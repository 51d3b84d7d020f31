import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createErrorLabHandler } from "../handlers/error-lab";
import { createFetchDeadLettersHandler } from "../handlers/fetch-dead-letters";
import { createReadBackHandler } from "../handlers/read-back-dead-letters";
import type { FailureDestinations } from "./failure-destinations";
import { on } from "./keyed-table";
import { queueSource } from "./order-queue";
import type { RestrictedFunctionArgs, StackParts, Statement } from "./restricted-function";
import { kinesisSource } from "./stream-mapping";

/** What the error lab's functions are made of. */
export interface ErrorLabParts extends StackParts {
  readonly stream: aws.kinesis.Stream;
  readonly things: aws.dynamodb.Table;
  readonly queues: Readonly<Record<"dlq" | "timeout" | "infra", aws.sqs.Queue>>;
  readonly destinations: FailureDestinations;
}

/** The consumer: its code and environment, and the least it may do. */
export function consumerFunction(parts: ErrorLabParts): RestrictedFunctionArgs {
  const { destinations, queues, settings, stream, things } = parts;
  const { errorlab } = settings;
  return {
    handler: createErrorLabHandler,
    packages: ["@aws-sdk/client-dynamodb", "@aws-sdk/client-sqs"],
    settings: errorlab,
    stack: parts,
    environment: {
      DLQ_URL: queues.dlq.url,
      TIMEOUT_QUEUE_URL: queues.timeout.url,
      INFRA_QUEUE_URL: queues.infra.url,
      THING_TABLE_NAME: things.name,
      IDEMPOTENCY: errorlab.idempotency,
      INFRASTRUCTURE: errorlab.infrastructure,
      INFRASTRUCTURE_ATTEMPTS: String(errorlab.infrastructureAttempts),
      INFRASTRUCTURE_RECOVERS_PERCENT: String(errorlab.infrastructureRecoversPercent),
      TIMEOUT_PERCENT: String(errorlab.timeoutPercent),
      DEPENDENCY_TIMEOUT_MS: String(errorlab.dependencyTimeoutMs),
      REPORT_BATCH_ITEM_FAILURES: String(errorlab.reportBatchItemFailures),
    },
    statements: [
      ...kinesisSource(stream),
      // Only with idempotency does it look before it acts.
      on(things, ...(errorlab.idempotency === "none" ? [] : ["GetItem"]), "UpdateItem"),
      maySend(queues.dlq, queues.timeout, queues.infra),
      ...destinations.statementsFor(errorlab.onFailure),
    ],
  };
}

/** The function that fetches the records of dead letters from the stream. */
export function fetchFunction(parts: ErrorLabParts): RestrictedFunctionArgs {
  const { destinations, queues, settings, stream } = parts;
  return {
    handler: createFetchDeadLettersHandler,
    packages: ["@aws-sdk/client-kinesis", "@aws-sdk/client-sqs"],
    settings: settings.errorlab.fetch,
    stack: parts,
    environment: delivering(parts),
    statements: [
      { actions: ["kinesis:GetRecords", "kinesis:GetShardIterator"], resources: [stream.arn] },
      ...queueSource(destinations.queue),
      ...queueSource(destinations.topicQueue),
      maySend(queues.dlq, queues.infra),
    ],
  };
}

/** The function that reads the records of dead letters from the bucket. */
export function readBackFunction(parts: ErrorLabParts): RestrictedFunctionArgs {
  const { destinations, queues, settings } = parts;
  const { bucket } = destinations;
  return {
    handler: createReadBackHandler,
    packages: ["@aws-sdk/client-s3", "@aws-sdk/client-sqs"],
    settings: settings.errorlab.fetch,
    stack: parts,
    environment: { ...delivering(parts), BUCKET_NAME: bucket.bucket },
    statements: [
      {
        actions: ["s3:GetObject", "s3:DeleteObject"],
        resources: [pulumi.interpolate`${bucket.arn}/aws/lambda/*`],
      },
      { actions: ["s3:ListBucket"], resources: [bucket.arn] },
      maySend(queues.dlq, queues.infra),
    ],
  };
}

const delivering = ({ queues }: ErrorLabParts): RestrictedFunctionArgs["environment"] => ({
  DLQ_URL: queues.dlq.url,
  INFRA_QUEUE_URL: queues.infra.url,
});

const maySend = (...queues: aws.sqs.Queue[]): Statement => ({
  actions: ["sqs:SendMessage"],
  resources: queues.map(({ arn }) => arn),
});
