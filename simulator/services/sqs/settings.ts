import { z } from "zod";
import { ServiceError } from "../errors";
import type { PolicySource } from "../iam/policy";
import { checkRange, invalidValue } from "./errors";

/** Attributes of a queue, in the units of the API. */
export interface QueueSettings {
  readonly fifo: boolean;
  visibilityTimeout: number;
  messageRetentionPeriod: number;
  delaySeconds: number;
  receiveMessageWaitTimeSeconds: number;
  /** Bytes. */
  maximumMessageSize: number;
  contentBasedDeduplication: boolean;
  deduplicationScope: "queue" | "messageGroup";
  fifoThroughputLimit: "perQueue" | "perMessageGroupId";
  sqsManagedSseEnabled: boolean;
  policy?: PolicySource;
  /** JSON, as given. */
  redrivePolicy?: string;
  redriveAllowPolicy?: string;
}

/** AWS's ranges. (AWS page: SetQueueAttributes.) */
export const RANGES = {
  visibilityTimeout: [0, 43_200],
  messageRetentionPeriod: [60, 1_209_600],
  delaySeconds: [0, 900],
  receiveMessageWaitTimeSeconds: [0, 20],
  maximumMessageSize: [1024, 1_048_576],
} as const;

export const DEFAULT_SETTINGS: QueueSettings = {
  fifo: false,
  visibilityTimeout: 30,
  messageRetentionPeriod: 345_600,
  delaySeconds: 0,
  receiveMessageWaitTimeSeconds: 0,
  maximumMessageSize: 1_048_576,
  contentBasedDeduplication: false,
  deduplicationScope: "queue",
  fifoThroughputLimit: "perQueue",
  sqsManagedSseEnabled: true,
};

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  readonly redrivePermission: "allowAll" | "denyAll" | "byQueue";
  readonly sourceQueueArns?: readonly string[];
}

const redrivePolicySchema = z.strictObject({
  deadLetterTargetArn: z.string().startsWith("arn:aws:sqs:", { error: "must be a queue's ARN" }),
  maxReceiveCount: z.coerce.number().int().min(1).max(1000),
});

const redriveAllowPolicySchema = z
  .strictObject({
    redrivePermission: z.enum(["allowAll", "denyAll", "byQueue"]),
    sourceQueueArns: z.array(z.string()).min(1).max(10).optional(),
  })
  .refine((policy) => (policy.redrivePermission === "byQueue") === !!policy.sourceQueueArns, {
    error: "sourceQueueArns goes with byQueue, and only with it",
  });

/** @throws InvalidParameterValue */
export function parseRedrivePolicy(json: string | undefined): RedrivePolicy | undefined {
  return json ? parse(json, "RedrivePolicy", redrivePolicySchema) : undefined;
}

/** @throws InvalidParameterValue */
export function parseRedriveAllowPolicy(json: string | undefined): RedriveAllowPolicy | undefined {
  return json ? parse(json, "RedriveAllowPolicy", redriveAllowPolicySchema) : undefined;
}

function parse<Output>(json: string, parameter: string, schema: z.ZodType<Output>): Output {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    throw invalidValue(json, parameter, "Redrive policy is not a valid JSON map.");
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ message, path }) => `${path.join(".")} ${message}`);
  throw invalidValue(json, parameter, `${reasons.join("; ").trim()}.`);
}

const NUMBERS: Readonly<Record<string, keyof typeof RANGES>> = {
  VisibilityTimeout: "visibilityTimeout",
  MessageRetentionPeriod: "messageRetentionPeriod",
  DelaySeconds: "delaySeconds",
  ReceiveMessageWaitTimeSeconds: "receiveMessageWaitTimeSeconds",
  MaximumMessageSize: "maximumMessageSize",
};

/**
 * What `SetQueueAttributes` changes, from the API's texts.
 *
 * @throws InvalidAttributeName, InvalidParameterValue
 */
export function parseAttributes(
  attributes: Readonly<Record<string, string | undefined>>,
): Partial<QueueSettings> {
  const changes: Partial<QueueSettings> = {};
  for (const [name, text] of Object.entries(attributes)) {
    if (text === undefined) continue;
    const number = NUMBERS[name];
    if (number) {
      checkRange(Number(text), name, RANGES[number]);
      changes[number] = Number(text);
    } else if (name === "Policy") changes.policy = text;
    else if (name === "RedrivePolicy") changes.redrivePolicy = text;
    else if (name === "RedriveAllowPolicy") changes.redriveAllowPolicy = text;
    else if (name === "ContentBasedDeduplication") {
      changes.contentBasedDeduplication = text === "true";
    } else if (name === "SqsManagedSseEnabled") changes.sqsManagedSseEnabled = text === "true";
    else if (name === "DeduplicationScope") {
      changes.deduplicationScope = oneOf(name, text, ["queue", "messageGroup"] as const);
    } else if (name === "FifoThroughputLimit") {
      changes.fifoThroughputLimit = oneOf(name, text, ["perQueue", "perMessageGroupId"] as const);
    } else throw new ServiceError("InvalidAttributeName", `Unknown Attribute ${name}.`);
  }
  return changes;
}

function oneOf<Value extends string>(name: string, text: string, values: readonly Value[]): Value {
  const value = values.find((known) => known === text);
  if (value) return value;
  throw invalidValue(text, name, `Must be ${values.join(" or ")}.`);
}
