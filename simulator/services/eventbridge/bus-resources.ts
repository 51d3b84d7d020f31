import { z } from "zod";
import { policySchema } from "../iam/policy";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import type { Account } from "../account";
import { busNameOf, DEFAULT_BUS } from "./bus-name";

const busSchema = z.strictObject({
  ...harmlessEverywhere,
  description: z.string().max(512).optional(),
  name: z
    .string()
    .regex(/^[.\w-]{1,256}$/, {
      error: "must be 1 to 256 letters, digits or . - _: partners' buses are not modelled",
    })
    .refine((name) => name !== DEFAULT_BUS, { error: "default is there already" }),
  deadLetterConfig: harmless("takes what cannot be decrypted; nothing is encrypted here"),
  logConfig: harmless("nothing reads a bus's logs"),
});
type BusInputs = z.infer<typeof busSchema>;

export const bus: ResourceDefinition<BusInputs> = {
  type: "aws:cloudwatch/eventBus:EventBus",
  schema: busSchema,
  nameProperty: "name",
  replaceOn: ["name"],
  plan: (inputs, { accountId, region }) => {
    const arn = `arn:aws:events:${region}:${accountId}:event-bus/${inputs.name}`;
    return { id: inputs.name, outputs: { ...inputs, arn } };
  },
  create: ({ inputs }, { services }) =>
    services.eventbridge.createBus(inputs.name, inputs.description),
  update: ({ inputs }, _previous, { services }) => {
    services.eventbridge.bus(inputs.name).description = inputs.description;
  },
  delete: ({ id }, { services }) => services.eventbridge.deleteBus(id),
};

const busPolicySchema = z.strictObject({
  eventBusName: z.string().default(DEFAULT_BUS),
  policy: policySchema("resource"),
});
type BusPolicyInputs = z.infer<typeof busPolicySchema>;

const putPolicy = ({ inputs }: Resource<BusPolicyInputs>, { services }: Account): void =>
  services.eventbridge.putPolicy(inputs.eventBusName, inputs.policy);

export const busPolicy: ResourceDefinition<BusPolicyInputs> = {
  type: "aws:cloudwatch/eventBusPolicy:EventBusPolicy",
  schema: busPolicySchema,
  replaceOn: ["eventBusName"],
  follows: ({ inputs }, other) => isBus(other, inputs.eventBusName),
  plan: (inputs) => ({ id: inputs.eventBusName, outputs: { ...inputs } }),
  create: putPolicy,
  update: (resource, _previous, account) => putPolicy(resource, account),
  delete: ({ inputs }, { services }) =>
    services.eventbridge.putPolicy(inputs.eventBusName, undefined),
};

/** Whether a resource is the bus of that name or ARN. */
export const isBus = (resource: Resource, nameOrArn: string | undefined): boolean =>
  resource.type === bus.type && resource.id === busNameOf(nameOrArn);
