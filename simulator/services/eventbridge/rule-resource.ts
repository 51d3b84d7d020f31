import { z } from "zod";
import { harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import { busNameOf, DEFAULT_BUS } from "./bus-name";
import { isBus } from "./bus-resources";
import type { RuleSettings } from "./rule";
import { eventPattern } from "./schemas";

const RATE = /^rate\((\d+) (minute|hour|day)(s?)\)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

const ruleSchema = z
  .strictObject({
    ...harmlessEverywhere,
    description: z.string().max(512).optional(),
    name: z.string().regex(/^[.\w-]{1,64}$/, {
      error: "must be 1 to 64 letters, digits or . - _",
    }),
    namePrefix: z.string().optional(),
    eventPattern: eventPattern.optional(),
    scheduleExpression: z
      .string()
      .refine(isRate, {
        error: "must be rate(1 minute), rate(5 hours), …: cron expressions are not modelled",
      })
      .optional(),
    state: z
      .enum(["ENABLED", "DISABLED"], { error: "must be ENABLED or DISABLED" })
      .default("ENABLED"),
    isEnabled: z.boolean().optional(),
    eventBusName: z.string().default(DEFAULT_BUS),
    forceDestroy: z.boolean().default(false),
  })
  .superRefine((inputs, context) => {
    const { eventBusName, eventPattern: pattern, scheduleExpression } = inputs;
    const refuse = (property: string, message: string): void =>
      context.addIssue({ code: "custom", path: [property], message });
    if (pattern === undefined && scheduleExpression === undefined) {
      refuse("eventPattern", "is needed, or scheduleExpression");
    }
    if (scheduleExpression !== undefined && busNameOf(eventBusName) !== DEFAULT_BUS) {
      refuse("scheduleExpression", "is supported on the default event bus only");
    }
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

export const rule: ResourceDefinition<RuleInputs> = {
  type: "aws:cloudwatch/eventRule:EventRule",
  schema: ruleSchema,
  nameProperty: "name",
  replaceOn: ["name", "eventBusName"],
  follows: ({ inputs }, other) => isBus(other, inputs.eventBusName),
  plan: (inputs, identity) => ({
    id: inputs.eventBusName === DEFAULT_BUS ? inputs.name : `${inputs.eventBusName}/${inputs.name}`,
    outputs: { ...inputs, arn: ruleArn(inputs, identity) },
  }),
  create: (resource, { services }) => services.eventbridge.createRule(settingsOf(resource)),
  update: (resource, _previous, { services }) =>
    services.eventbridge.updateRule(settingsOf(resource)),
  delete: ({ inputs }, { services }) =>
    services.eventbridge.deleteRule(inputs.name, inputs.eventBusName, inputs.forceDestroy),
};

function settingsOf(resource: Resource<RuleInputs>): RuleSettings {
  const { description, eventBusName, eventPattern: pattern, name, state } = resource.inputs;
  const { scheduleExpression: expression } = resource.inputs;
  return {
    ...{ name, description, pattern },
    logicalName: resource.name,
    arn: ruleArn(resource.inputs, resource),
    busName: busNameOf(eventBusName),
    enabled: state === "ENABLED",
    schedule: expression === undefined ? undefined : { expression, periodMs: periodOf(expression) },
  };
}

function periodOf(expression: string): number {
  const [, count, unit] = RATE.exec(expression)!;
  return Number(count) * UNIT_MS[unit!]!;
}

function ruleArn(
  { eventBusName, name }: RuleInputs,
  { accountId, region }: ResourceIdentity,
): string {
  const bus = busNameOf(eventBusName);
  const path = bus === DEFAULT_BUS ? name : `${bus}/${name}`;
  return `arn:aws:events:${region}:${accountId}:rule/${path}`;
}
