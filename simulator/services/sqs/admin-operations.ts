import type {
  DeleteQueueCommandInput,
  GetQueueAttributesCommandInput,
  GetQueueUrlCommandInput,
  ListDeadLetterSourceQueuesCommandInput,
  ListQueuesCommandInput,
  PurgeQueueCommandInput,
  SetQueueAttributesCommandInput,
} from "@aws-sdk/client-sqs";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Operation } from "../service";
import { invalidValue, missingParameter, notForThisQueueType, queueDoesNotExist } from "./errors";
import type { Queue } from "./queue";
import type { Sqs } from "./service";
import { parseAttributes } from "./settings";

const PURGE_INTERVAL_MS = 60_000;
const LIST_MAX = 1000;
const FIFO_ATTRIBUTES = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];

export function adminOperations(sqs: Sqs): Record<string, Operation> {
  const onQueue =
    (action: string) =>
    ({ QueueUrl }: { QueueUrl: string | undefined }) => [
      { action, resource: sqs.arnOfUrl(QueueUrl) },
    ];
  return {
    GetQueueAttributes: {
      permissions: onQueue("sqs:GetQueueAttributes"),
      execute: (input: GetQueueAttributesCommandInput) => getAttributes(sqs, input),
    },
    SetQueueAttributes: {
      permissions: onQueue("sqs:SetQueueAttributes"),
      execute: (input: SetQueueAttributesCommandInput) => setAttributes(sqs, input),
    },
    GetQueueUrl: {
      permissions: ({ QueueName }: GetQueueUrlCommandInput) => [
        { action: "sqs:GetQueueUrl", resource: sqs.arnOf(QueueName ?? "") },
      ],
      execute: (input: GetQueueUrlCommandInput) => {
        refuseUnmodelled("sqs:GetQueueUrl", input, ["QueueName", "QueueOwnerAWSAccountId"]);
        sqs.meter(undefined, 0);
        if (!input.QueueName) throw missingParameter("QueueName");
        const owner = input.QueueOwnerAWSAccountId ?? sqs.account.accountId;
        const queue = sqs.findByArn(sqs.arnOf(input.QueueName));
        if (!queue || owner !== sqs.account.accountId) throw queueDoesNotExist();
        return { QueueUrl: queue.url };
      },
    },
    ListQueues: {
      permissions: () => [{ action: "sqs:ListQueues", resource: "*" }],
      execute: (input: ListQueuesCommandInput) => {
        sqs.meter(undefined, 0);
        const prefix = input.QueueNamePrefix ?? "";
        const urls = sqs.queues().filter(({ name }) => name.startsWith(prefix));
        return page(urls, input, "QueueUrls");
      },
    },
    ListDeadLetterSourceQueues: {
      permissions: onQueue("sqs:ListDeadLetterSourceQueues"),
      execute: (input: ListDeadLetterSourceQueuesCommandInput) => {
        const queue = sqs.byUrl(input.QueueUrl);
        sqs.meter(queue, 0);
        const isSource = (other: Queue): boolean =>
          other.redrivePolicy?.deadLetterTargetArn === queue.arn;
        return page(sqs.queues().filter(isSource), input, "queueUrls");
      },
    },
    DeleteQueue: {
      permissions: onQueue("sqs:DeleteQueue"),
      execute: (input: DeleteQueueCommandInput) => {
        const queue = sqs.byUrl(input.QueueUrl);
        sqs.meter(queue, 0);
        sqs.deleteQueue(queue);
        return {};
      },
    },
    PurgeQueue: {
      permissions: onQueue("sqs:PurgeQueue"),
      execute: (input: PurgeQueueCommandInput) => purge(sqs, input),
    },
  };
}

function getAttributes(sqs: Sqs, input: GetQueueAttributesCommandInput): object {
  refuseUnmodelled("sqs:GetQueueAttributes", input, ["QueueUrl", "AttributeNames"]);
  const queue = sqs.byUrl(input.QueueUrl);
  sqs.meter(queue, 0);
  const names: readonly string[] = input.AttributeNames ?? [];
  if (names.length === 0) return {};
  const all = attributesOf(queue);
  for (const name of names) {
    if (name === "All" || name in all || FIFO_ATTRIBUTES.includes(name)) continue;
    if (["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "FifoQueue"].includes(name)) continue;
    throw new ServiceError("InvalidAttributeName", `Unknown Attribute ${name}.`);
  }
  const chosen = Object.entries(all).filter(
    ([name, value]) => value !== undefined && (names.includes("All") || names.includes(name)),
  );
  return { Attributes: Object.fromEntries(chosen) };
}

function attributesOf(queue: Queue): Record<string, string | undefined> {
  const { settings } = queue;
  const { delayed, inFlight, visible } = queue.counts();
  const { policy } = settings;
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1000)),
    VisibilityTimeout: String(settings.visibilityTimeout),
    MaximumMessageSize: String(settings.maximumMessageSize),
    MessageRetentionPeriod: String(settings.messageRetentionPeriod),
    DelaySeconds: String(settings.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(settings.receiveMessageWaitTimeSeconds),
    SqsManagedSseEnabled: String(settings.sqsManagedSseEnabled),
    Policy: typeof policy === "object" ? JSON.stringify(policy) : policy,
    RedrivePolicy: settings.redrivePolicy || undefined,
    RedriveAllowPolicy: settings.redriveAllowPolicy || undefined,
    ...(settings.fifo && {
      FifoQueue: "true",
      ContentBasedDeduplication: String(settings.contentBasedDeduplication),
      DeduplicationScope: settings.deduplicationScope,
      FifoThroughputLimit: settings.fifoThroughputLimit,
    }),
  };
}

function setAttributes(sqs: Sqs, input: SetQueueAttributesCommandInput): object {
  const queue = sqs.byUrl(input.QueueUrl);
  sqs.meter(queue, 0);
  const attributes: Record<string, string | undefined> = input.Attributes ?? {};
  for (const name of FIFO_ATTRIBUTES) {
    if (queue.settings.fifo || attributes[name] === undefined) continue;
    throw notForThisQueueType(attributes[name], name);
  }
  refuseUnmodelled(
    "sqs:SetQueueAttributes",
    {
      KmsMasterKeyId: attributes["KmsMasterKeyId"] || undefined,
      KmsDataKeyReusePeriodSeconds: attributes["KmsDataKeyReusePeriodSeconds"],
    },
    [],
  );
  sqs.changeQueue(queue, parseAttributes(attributes));
  return {};
}

function purge(sqs: Sqs, { QueueUrl }: PurgeQueueCommandInput): object {
  const queue = sqs.byUrl(QueueUrl);
  sqs.meter(queue, 0);
  const { now } = sqs.account.kernel;
  if (now - queue.purgedAtMs < PURGE_INTERVAL_MS) {
    throw new ServiceError(
      "PurgeQueueInProgress",
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
      { statusCode: 403 },
    );
  }
  queue.purgedAtMs = now;
  queue.purge();
  return {};
}

function page(
  queues: readonly Queue[],
  { MaxResults, NextToken }: { MaxResults?: number; NextToken?: string },
  property: string,
): object {
  const start = NextToken ? Number(Buffer.from(NextToken, "base64").toString("utf8")) : 0;
  if (!Number.isInteger(start)) throw invalidValue(NextToken, "NextToken", "Invalid token.");
  const end = start + (MaxResults ?? LIST_MAX);
  const more = MaxResults !== undefined && end < queues.length;
  const sorted = [...queues].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    [property]: sorted.slice(start, end).map(({ url }) => url),
    ...(more && { NextToken: Buffer.from(String(end)).toString("base64") }),
  };
}
