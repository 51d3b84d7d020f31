import { z } from "zod";
import type { Account } from "../account";
import { policySchema } from "../iam/policy";
import { ServiceError } from "../errors";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import { compileFilterPolicy } from "./filter-policy";
import type { Subscription } from "./subscription";

const NO_FEEDBACK = "delivery status logging is not modelled; nothing reads it";

const feedback = Object.fromEntries(
  ["application", "firehose", "http", "lambda", "sqs"].flatMap((protocol) =>
    ["FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate"].map(
      (property) => [protocol + property, harmless(NO_FEEDBACK)],
    ),
  ),
);

const topicSchema = z.strictObject({
  ...harmlessEverywhere,
  ...feedback,
  name: z.string().regex(/^[\w-]{1,256}$/, {
    error: "must be 1 to 256 letters, digits, hyphens or underscores",
  }),
  namePrefix: z.string().optional(),
  policy: policySchema("resource").optional(),
  fifoTopic: z.literal(false, { error: "FIFO topics are not modelled" }).optional(),
  displayName: harmless("text only"),
  signatureVersion: harmless("nothing is signed here"),
  tracingConfig: harmless("nothing is traced by X-Ray here"),
  kmsMasterKeyId: z
    .literal("alias/aws/sns", { error: "must be alias/aws/sns: other keys are not modelled" })
    .optional(),
});
type TopicInputs = z.infer<typeof topicSchema>;

const topic: ResourceDefinition<TopicInputs> = {
  type: "aws:sns/topic:Topic",
  schema: topicSchema,
  nameProperty: "name",
  replaceOn: ["name", "namePrefix", "fifoTopic"],
  plan: (inputs, { accountId, region }) => {
    const arn = `arn:aws:sns:${region}:${accountId}:${inputs.name}`;
    return { id: arn, outputs: { ...inputs, arn, owner: accountId } };
  },
  create: ({ id, inputs }, account) => account.services.sns.createTopic(id, inputs.policy),
  update: ({ id, inputs }, previous, account) => {
    if (JSON.stringify(inputs.policy) === JSON.stringify(previous.inputs.policy)) return;
    account.services.sns.setPolicy(id, inputs.policy);
  },
  delete: ({ id }, account) => account.services.sns.deleteTopic(id),
};

const topicPolicySchema = z.strictObject({ arn: z.string(), policy: policySchema("resource") });
type TopicPolicyInputs = z.infer<typeof topicPolicySchema>;

const setPolicy = ({ inputs }: Resource<TopicPolicyInputs>, account: Account): void =>
  account.services.sns.setPolicy(inputs.arn, inputs.policy);

const topicPolicy: ResourceDefinition<TopicPolicyInputs> = {
  type: "aws:sns/topicPolicy:TopicPolicy",
  schema: topicPolicySchema,
  replaceOn: ["arn"],
  plan: (inputs, { accountId }) => ({
    id: inputs.arn,
    outputs: { ...inputs, owner: accountId },
  }),
  create: setPolicy,
  update: (resource, _previous, account) => setPolicy(resource, account),
  delete: ({ inputs }, account) => account.services.sns.setPolicy(inputs.arn, undefined),
};

const redrivePolicy = z.string().superRefine((json, context) => {
  if (deadLetterTarget(json) !== undefined) return;
  const message = 'must be JSON: {"deadLetterTargetArn":"<ARN of a queue>"}';
  context.addIssue({ code: "custom", message });
});

function deadLetterTarget(json: string): string | undefined {
  try {
    const { deadLetterTargetArn } = JSON.parse(json) as { deadLetterTargetArn?: string };
    return deadLetterTargetArn?.startsWith("arn:aws:sqs:") ? deadLetterTargetArn : undefined;
  } catch {
    return undefined;
  }
}

const subscriptionSchema = z
  .strictObject({
    topic: z.string(),
    protocol: z.enum(["sqs", "lambda"], {
      error: "must be sqs or lambda: other protocols are not modelled",
    }),
    endpoint: z.string(),
    rawMessageDelivery: z.boolean().default(false),
    redrivePolicy: redrivePolicy.optional(),
    filterPolicy: z.string().optional(),
    filterPolicyScope: z.enum(["MessageAttributes", "MessageBody"]).default("MessageAttributes"),
    confirmationTimeoutInMinutes: harmless("queues and functions need no confirmation"),
    endpointAutoConfirms: harmless("queues and functions need no confirmation"),
  })
  .superRefine((inputs, context) => {
    const { endpoint, protocol, rawMessageDelivery } = inputs;
    const problem = filterPolicyProblem(inputs);
    if (problem !== undefined) {
      context.addIssue({ code: "custom", path: ["filterPolicy"], message: problem });
    }
    if (!endpoint.startsWith(`arn:aws:${protocol}:`)) {
      const message = `must be the ARN of a ${protocol === "sqs" ? "queue" : "function"}`;
      context.addIssue({ code: "custom", path: ["endpoint"], message });
    }
    if (protocol === "lambda" && rawMessageDelivery) {
      const message = "functions always get SNS's event; leave it out";
      context.addIssue({ code: "custom", path: ["rawMessageDelivery"], message });
    }
  });
type SubscriptionInputs = z.infer<typeof subscriptionSchema>;

function filterPolicyProblem(
  inputs: Pick<SubscriptionInputs, "filterPolicy" | "filterPolicyScope">,
): string | undefined {
  try {
    filterPolicyOf(inputs);
    return undefined;
  } catch (cause) {
    if (cause instanceof ServiceError) return cause.message;
    throw cause;
  }
}

function filterPolicyOf({
  filterPolicy,
  filterPolicyScope,
}: Pick<SubscriptionInputs, "filterPolicy" | "filterPolicyScope">) {
  return filterPolicy ? compileFilterPolicy(filterPolicy, filterPolicyScope) : undefined;
}

const toSubscription = ({ id, inputs }: Resource<SubscriptionInputs>): Subscription => ({
  arn: id,
  topicArn: inputs.topic,
  protocol: inputs.protocol,
  endpoint: inputs.endpoint,
  rawMessageDelivery: inputs.rawMessageDelivery,
  deadLetterTargetArn: inputs.redrivePolicy ? deadLetterTarget(inputs.redrivePolicy) : undefined,
  filterPolicy: filterPolicyOf(inputs),
});

const topicSubscription: ResourceDefinition<SubscriptionInputs> = {
  type: "aws:sns/topicSubscription:TopicSubscription",
  schema: subscriptionSchema,
  replaceOn: ["topic", "protocol", "endpoint"],
  plan: (inputs, { accountId, uuid }) => {
    const arn = `${inputs.topic}:${uuid}`;
    const confirmed = { confirmationWasAuthenticated: true, pendingConfirmation: false };
    return { id: arn, outputs: { ...inputs, ...confirmed, arn, ownerId: accountId } };
  },
  create: (resource, account) => account.services.sns.subscribe(toSubscription(resource)),
  update: (resource, _previous, account) =>
    account.services.sns.subscribe(toSubscription(resource)),
  delete: ({ id }, account) => account.services.sns.unsubscribe(id),
};

/** Standard topics. FIFO topics and e-mail, HTTP or mobile endpoints are not modelled. */
export const snsResources: ResourceDefinition[] = [topic, topicPolicy, topicSubscription];
