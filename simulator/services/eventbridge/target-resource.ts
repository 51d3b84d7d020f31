import { z } from "zod";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import { harmless } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import { busNameOf, DEFAULT_BUS } from "./bus-name";
import { rule } from "./rule-resource";
import {
  addTarget,
  compileTarget,
  EVENT_AGE_RANGE,
  RETRY_ATTEMPTS_RANGE,
  RETRY_POLICY_DEFAULT,
  type TargetSettings,
} from "./target";

const within = ([min, max]: readonly [number, number]) => z.number().int().min(min).max(max);

const targetSchema = z
  .strictObject({
    rule: z.string(),
    arn: z.string(),
    targetId: z.string().optional(),
    eventBusName: z.string().default(DEFAULT_BUS),
    roleArn: z.string().optional(),
    input: z.string().optional(),
    inputPath: z.string().optional(),
    inputTransformer: z
      .strictObject({
        inputPaths: z.record(z.string(), z.string()).default({}),
        inputTemplate: z.string(),
      })
      .optional(),
    sqsTarget: z.strictObject({ messageGroupId: z.string().optional() }).optional(),
    retryPolicy: z
      .strictObject({
        maximumEventAgeInSeconds: within(EVENT_AGE_RANGE).default(
          RETRY_POLICY_DEFAULT.maximumEventAgeInSeconds,
        ),
        maximumRetryAttempts: within(RETRY_ATTEMPTS_RANGE).default(
          RETRY_POLICY_DEFAULT.maximumRetryAttempts,
        ),
      })
      .optional(),
    deadLetterConfig: z.strictObject({ arn: z.string().optional() }).optional(),
    forceDestroy: harmless("concerns rules that AWS services manage"),
  })
  .superRefine((inputs, context) => {
    try {
      compileTarget(settingsOf(inputs, inputs.targetId ?? "target"));
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      context.addIssue({ code: "custom", path: ["arn"], message: cause.message });
    }
  });

type TargetInputs = z.infer<typeof targetSchema>;

export const target: ResourceDefinition<TargetInputs> = {
  type: "aws:cloudwatch/eventTarget:EventTarget",
  schema: targetSchema,
  replaceOn: ["rule", "targetId", "eventBusName"],
  follows: ({ inputs }, other) => isRule(other, inputs),
  plan(inputs, identity) {
    const targetId = inputs.targetId ?? `${identity.name}-${identity.suffix}`.slice(-64);
    const { eventBusName, rule: ruleName } = inputs;
    const bus = eventBusName === DEFAULT_BUS ? "" : `${eventBusName}-`;
    return { id: `${bus}${ruleName}-${targetId}`, outputs: { ...inputs, targetId } };
  },
  create: putTarget,
  update: (resource, _previous, account) => putTarget(resource, account),
  delete: ({ inputs, outputs }, { services: { eventbridge } }) => {
    const rules = eventbridge.findBus(inputs.eventBusName)?.rules;
    rules?.get(inputs.rule)?.targets.delete(String(outputs.targetId));
  },
  exists: ({ inputs, outputs }, { services: { eventbridge } }) => {
    const rules = eventbridge.findBus(inputs.eventBusName)?.rules;
    return rules?.get(inputs.rule)?.targets.has(String(outputs.targetId)) ?? false;
  },
};

function putTarget({ inputs, outputs }: Resource<TargetInputs>, { services }: Account): void {
  const { targets } = services.eventbridge.rule(inputs.rule, inputs.eventBusName);
  addTarget(targets, compileTarget(settingsOf(inputs, String(outputs.targetId))));
}

function settingsOf(inputs: TargetInputs, id: string): TargetSettings {
  const { arn, deadLetterConfig, input, inputPath, inputTransformer, retryPolicy, roleArn } =
    inputs;
  return {
    ...{ id, arn, roleArn, input, inputPath, retryPolicy },
    inputTransformer: inputTransformer && {
      paths: inputTransformer.inputPaths,
      template: inputTransformer.inputTemplate,
    },
    messageGroupId: inputs.sqsTarget?.messageGroupId,
    deadLetterArn: deadLetterConfig?.arn,
  };
}

/** Names are short, and may stand anywhere: both the rule's and the bus's must fit. */
const isRule = (resource: Resource, inputs: TargetInputs): boolean =>
  resource.type === rule.type &&
  resource.inputs.name === inputs.rule &&
  busNameOf(resource.inputs.eventBusName as string) === busNameOf(inputs.eventBusName);
