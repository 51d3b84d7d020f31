import { z } from "zod";
import type { Account } from "../account";
import { policySchema } from "../iam/policy";
import { harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import {
  DEFAULT_SETTINGS,
  parseRedriveAllowPolicy,
  parseRedrivePolicy,
  RANGES,
  type QueueSettings,
} from "./settings";

const within = ([min, max]: readonly [number, number]) => z.number().int().min(min).max(max);

/** A text that one of the parsers takes. */
const parsedBy = (parse: (json: string) => unknown) =>
  z.string().superRefine((json, context) => {
    try {
      parse(json);
    } catch (cause) {
      context.addIssue({ code: "custom", message: (cause as Error).message });
    }
  });

const redrivePolicy = parsedBy(parseRedrivePolicy);
const redriveAllowPolicy = parsedBy(parseRedriveAllowPolicy);

const queueSchema = z
  .strictObject({
    ...harmlessEverywhere,
    name: z.string().regex(/^[\w-]{1,80}$|^[\w-]{1,75}\.fifo$/, {
      error: "must be 1 to 80 letters, digits, hyphens or underscores (with .fifo for FIFO queues)",
    }),
    namePrefix: z.string().optional(),
    fifoQueue: z.boolean().default(false),
    contentBasedDeduplication: z.boolean().default(false),
    deduplicationScope: z.enum(["queue", "messageGroup"]).optional(),
    fifoThroughputLimit: z.enum(["perQueue", "perMessageGroupId"]).optional(),
    delaySeconds: within(RANGES.delaySeconds).default(0),
    // The provider's default, which is less than what the queue could take.
    maxMessageSize: within(RANGES.maximumMessageSize).default(262_144),
    messageRetentionSeconds: within(RANGES.messageRetentionPeriod).default(345_600),
    receiveWaitTimeSeconds: within(RANGES.receiveMessageWaitTimeSeconds).default(0),
    visibilityTimeoutSeconds: within(RANGES.visibilityTimeout).default(30),
    sqsManagedSseEnabled: z.boolean().default(true),
    policy: policySchema("resource").optional(),
    redrivePolicy: redrivePolicy.optional(),
    redriveAllowPolicy: redriveAllowPolicy.optional(),
  })
  .superRefine((inputs, context) => {
    const refuse = (property: string, message: string): void =>
      context.addIssue({ code: "custom", path: [property], message });
    if (inputs.fifoQueue !== inputs.name.endsWith(".fifo")) {
      refuse("name", "must end in .fifo if fifoQueue is on, and only then");
    }
    if (inputs.fifoQueue) return;
    if (inputs.contentBasedDeduplication) {
      refuse("contentBasedDeduplication", "can only be on for a FIFO queue");
    }
    if (inputs.deduplicationScope) refuse("deduplicationScope", "is for FIFO queues");
    if (inputs.fifoThroughputLimit) refuse("fifoThroughputLimit", "is for FIFO queues");
  });
type QueueInputs = z.infer<typeof queueSchema>;

function toSettings(inputs: QueueInputs): QueueSettings {
  return {
    fifo: inputs.fifoQueue,
    visibilityTimeout: inputs.visibilityTimeoutSeconds,
    messageRetentionPeriod: inputs.messageRetentionSeconds,
    delaySeconds: inputs.delaySeconds,
    receiveMessageWaitTimeSeconds: inputs.receiveWaitTimeSeconds,
    maximumMessageSize: inputs.maxMessageSize,
    contentBasedDeduplication: inputs.contentBasedDeduplication,
    deduplicationScope: inputs.deduplicationScope ?? DEFAULT_SETTINGS.deduplicationScope,
    fifoThroughputLimit: inputs.fifoThroughputLimit ?? DEFAULT_SETTINGS.fifoThroughputLimit,
    sqsManagedSseEnabled: inputs.sqsManagedSseEnabled,
    policy: inputs.policy,
    redrivePolicy: inputs.redrivePolicy,
    redriveAllowPolicy: inputs.redriveAllowPolicy,
  };
}

const queue: ResourceDefinition<QueueInputs> = {
  type: "aws:sqs/queue:Queue",
  schema: queueSchema,
  nameProperty: "name",
  replaceOn: ["name", "namePrefix", "fifoQueue"],
  plan: (inputs, { accountId, region }) => {
    const url = `https://sqs.${region}.amazonaws.com/${accountId}/${inputs.name}`;
    const arn = `arn:aws:sqs:${region}:${accountId}:${inputs.name}`;
    return { id: url, outputs: { ...inputs, arn, url } };
  },
  create: ({ id, inputs }, account) =>
    account.services.sqs.createQueue(inputs.name, id, toSettings(inputs)),
  update: ({ id, inputs }, previous, account) => {
    const { sqs } = account.services;
    const before = toSettings(previous.inputs);
    // Only what the program changed: policies may belong to resources of their own.
    const changes = Object.entries(toSettings(inputs)).filter(
      ([name, value]) =>
        JSON.stringify(value) !== JSON.stringify(before[name as keyof QueueSettings]),
    );
    sqs.changeQueue(sqs.byUrl(id), Object.fromEntries(changes));
  },
  delete: ({ id }, account) => {
    const { sqs } = account.services;
    sqs.deleteQueue(sqs.byUrl(id));
  },
  exists: ({ id }, { services: { sqs } }) => sqs.exists(id),
};

/** The resource types that hold one attribute of a queue. */
function attributeResource<Property extends "policy" | "redrivePolicy" | "redriveAllowPolicy">(
  type: string,
  property: Property,
  schema: z.ZodType,
): ResourceDefinition {
  type Inputs = { queueUrl: string } & Record<Property, string>;
  const set = ({ inputs }: Resource<Inputs>, account: Account, value?: string): void => {
    const { sqs } = account.services;
    // A queue that has gone took its attributes with it.
    if (value === undefined && !sqs.exists(inputs.queueUrl)) return;
    sqs.changeQueue(sqs.byUrl(inputs.queueUrl), { [property]: value });
  };
  const definition: ResourceDefinition<Inputs> = {
    type,
    schema: z.strictObject({ queueUrl: z.string(), [property]: schema }),
    replaceOn: ["queueUrl"],
    plan: (inputs) => ({ id: inputs.queueUrl, outputs: { ...inputs } }),
    create: (resource, account) => set(resource, account, resource.inputs[property]),
    update: (resource, _previous, account) => set(resource, account, resource.inputs[property]),
    delete: (resource, account) => set(resource, account),
    exists: ({ inputs }, { services: { sqs } }) => sqs.exists(inputs.queueUrl),
  };
  return definition;
}

/** Queues, their policies and their redrive policies. Encryption with a KMS key is not modelled. */
export const sqsResources: ResourceDefinition[] = [
  queue,
  attributeResource("aws:sqs/queuePolicy:QueuePolicy", "policy", policySchema("resource")),
  attributeResource("aws:sqs/redrivePolicy:RedrivePolicy", "redrivePolicy", redrivePolicy),
  attributeResource(
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
    "redriveAllowPolicy",
    redriveAllowPolicy,
  ),
];
