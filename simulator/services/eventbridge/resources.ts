import { z } from "zod";
import { harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import type { RuleSettings } from "./service";

const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

const ruleSchema = z.strictObject({
  name: z.string().max(64),
  namePrefix: z.string().optional(),
  scheduleExpression: z
    .string()
    .regex(RATE, "only rate(N minutes|hours|days) is modelled, no cron and no event pattern"),
  state: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  eventBusName: z.literal("default").optional(),
  ...harmlessEverywhere,
});

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
  delete: ({ id }, { services }) => services.eventbridge.deleteRule(id),
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
  arn: z.string().regex(/:lambda:/, "only Lambda targets are modelled"),
  targetId: z.string().max(64).optional(),
  input: z.string().optional(),
  eventBusName: z.literal("default").optional(),
});

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

function putTarget(
  { inputs, outputs }: Resource<TargetInputs>,
  { services }: Parameters<typeof target.create>[1],
): void {
  const { arn, input, rule: ruleName } = inputs;
  services.eventbridge.putTarget(ruleName, { id: String(outputs.targetId), arn, input });
}

export const eventBridgeResources = [rule, target] as unknown as ResourceDefinition[];
