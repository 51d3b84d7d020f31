import { z } from "zod";
import { harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import type { ArchiveSettings } from "./archive";
import { isBus } from "./bus-resources";
import { eventPattern } from "./schemas";

const archiveSchema = z.strictObject({
  ...harmlessEverywhere,
  description: z.string().max(512).optional(),
  name: z.string().regex(/^[.\w-]{1,48}$/, {
    error: "must be 1 to 48 letters, digits or . - _",
  }),
  eventSourceArn: z.string().regex(/^arn:aws:events:[^:]*:\d{12}:event-bus\//, {
    error: "must be the ARN of an event bus",
  }),
  eventPattern: eventPattern.optional(),
  retentionDays: z.number().int().min(0).default(0),
});
type ArchiveInputs = z.infer<typeof archiveSchema>;

export const archive: ResourceDefinition<ArchiveInputs> = {
  type: "aws:cloudwatch/eventArchive:EventArchive",
  schema: archiveSchema,
  nameProperty: "name",
  replaceOn: ["name", "eventSourceArn"],
  follows: ({ inputs }, other) => isBus(other, inputs.eventSourceArn),
  plan: (inputs, identity) => ({
    id: inputs.name,
    outputs: { ...inputs, arn: archiveArn(inputs.name, identity) },
  }),
  create: (resource, { services }) => services.eventbridge.createArchive(settingsOf(resource)),
  update: (resource, _previous, { services }) =>
    services.eventbridge.archive(resource.id).update(settingsOf(resource)),
  delete: ({ id }, { services }) => services.eventbridge.deleteArchive(id),
};

function settingsOf(resource: Resource<ArchiveInputs>): ArchiveSettings {
  const {
    description,
    eventPattern: pattern,
    eventSourceArn,
    name,
    retentionDays,
  } = resource.inputs;
  const arn = archiveArn(name, resource);
  return { name, arn, busArn: eventSourceArn, pattern, retentionDays, description };
}

function archiveArn(name: string, { accountId, region }: ResourceIdentity): string {
  return `arn:aws:events:${region}:${accountId}:archive/${name}`;
}
