import { z } from "zod";
import type { Account } from "../account";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import type { RuleSettings } from "./service";

const RATE = /^rate\((\d+) (minute|hour|day)(s?)\)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

const ruleSchema = z
  .strictObject({
    ...harmlessEverywhere,
    name: z.string().regex(/^[.\w-]{1,64}$/, {
      error: "must be 1 to 64 letters, digits or . - _",
    }),
    namePrefix: z.string().optional(),
    scheduleExpression: z
      .string({ error: "is needed: rules with an event pattern are not modelled" })
      .refine(isRate, {
        error: "must be rate(1 minute), rate(5 hours), …: cron expressions are not modelled",
      }),
    state: z
      .enum(["ENABLED", "DISABLED"], { error: "must be ENABLED or DISABLED" })
      .default("ENABLED"),
    isEnabled: z.boolean().optional(),
    eventBusName: z.literal("default", { error: "only the default bus is modelled" }).optional(),
    forceDestroy: z.boolean().default(false),
  })
  .transform(({ isEnabled, ...inputs }) => ({
    ...inputs,
    // The older name of the same setting.
    state: isEnabled === false ? ("DISABLED" as const) : inputs.state,
  }));

/** AWS wants the singular for one, and the plural for more. */
function isRate(expression: string): boolean {
  const [, count, unit, plural] = RATE.exec(expression) ?? [];
  return unit !== undefined && Number(count) > 0 && (Number(count) === 1) === (plural === "");
}

type RuleInputs = z.infer<typeof ruleSchema>;

const rule: ResourceDefinition<RuleInputs> = {
  type: "aws:cloudwatch/eventRule:EventRule",
  schema: ruleSchema,
  nameProperty: "name",
  replaceOn: ["name", "eventBusName"],
  plan: (inputs, identity) => ({
    id: inputs.name,
    outputs: { ...inputs, arn: ruleArn(inputs.name, identity) },
  }),
  create: (resource, { services }) => services.eventbridge.createRule(settingsOf(resource)),
  update: (resource, _previous, { services }) =>
    services.eventbridge.updateRule(settingsOf(resource)),
  delete: ({ id, inputs }, { services }) =>
    services.eventbridge.deleteRule(id, inputs.forceDestroy),
};

function settingsOf(resource: Resource<RuleInputs>): RuleSettings {
  const { name, scheduleExpression, state } = resource.inputs;
  const [, count, unit] = RATE.exec(scheduleExpression)!;
  return {
    name,
    arn: ruleArn(name, resource),
    periodMs: Number(count) * UNIT_MS[unit!]!,
    enabled: state === "ENABLED",
  };
}

function ruleArn(name: string, { accountId, region }: ResourceIdentity): string {
  return `arn:aws:events:${region}:${accountId}:rule/${name}`;
}

const targetSchema = z.strictObject({
  rule: z.string(),
  arn: z.string().regex(/^arn:aws:lambda:/, { error: "must be the ARN of a function" }),
  targetId: z
    .string()
    .regex(/^[.\w-]{1,64}$/)
    .optional(),
  input: z.string().refine(isJson, { error: "must be JSON" }).optional(),
  eventBusName: z.literal("default", { error: "only the default bus is modelled" }).optional(),
  retryPolicy: z
    .strictObject({
      maximumEventAgeInSeconds: z.number().int().min(60).max(86_400).default(86_400),
      maximumRetryAttempts: z.number().int().min(0).max(185).default(185),
    })
    .optional(),
  deadLetterConfig: z
    .strictObject({
      arn: z.string().regex(/^arn:aws:sqs:/, { error: "must be the ARN of a queue" }),
    })
    .optional(),
  forceDestroy: harmless("concerns rules that AWS services manage"),
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type TargetInputs = z.infer<typeof targetSchema>;

const target: ResourceDefinition<TargetInputs> = {
  type: "aws:cloudwatch/eventTarget:EventTarget",
  schema: targetSchema,
  replaceOn: ["rule", "targetId", "eventBusName"],
  plan(inputs, identity) {
    const targetId = inputs.targetId ?? `${identity.name}-${identity.suffix}`.slice(-64);
    return { id: `${inputs.rule}-${targetId}`, outputs: { ...inputs, targetId } };
  },
  create: putTarget,
  update: (resource, _previous, account) => putTarget(resource, account),
  delete: ({ inputs, outputs }, { services }) =>
    services.eventbridge.removeTarget(inputs.rule, String(outputs.targetId)),
};

function putTarget({ inputs, outputs }: Resource<TargetInputs>, { services }: Account): void {
  const { arn, deadLetterConfig, input, retryPolicy, rule: ruleName } = inputs;
  const id = String(outputs.targetId);
  services.eventbridge.putTarget(ruleName, {
    ...{ id, arn, input, retryPolicy },
    deadLetterArn: deadLetterConfig?.arn,
  });
}

/** Scheduled rules of the default bus. Event patterns, other buses and archives are not modelled. */
export const eventBridgeResources = [rule, target] as unknown as ResourceDefinition[];
