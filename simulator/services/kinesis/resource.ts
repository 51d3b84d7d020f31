import { z } from "zod";
import { NotModelledError } from "../errors";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import { RETENTION_HOURS_MAX, RETENTION_HOURS_MIN } from "./retention-operations";
import type { StreamSettings } from "./stream";
import { streamArn } from "./stream-target";

/** What an on-demand stream begins with; that it grows with its traffic is not modelled. */
const ON_DEMAND_SHARDS = 4;

/** The key that AWS manages: every principal of the account may use it through Kinesis. */
const MANAGED_KEY = "alias/aws/kinesis";

const schema = z
  .strictObject({
    ...harmlessEverywhere,
    name: z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/, "expected 1 to 128 of a-z A-Z 0-9 _ . -"),
    shardCount: z.int().min(1).max(20_000).optional(),
    retentionPeriod: z
      .int()
      .min(RETENTION_HOURS_MIN)
      .max(RETENTION_HOURS_MAX)
      .default(RETENTION_HOURS_MIN),
    streamModeDetails: z
      .strictObject({ streamMode: z.enum(["PROVISIONED", "ON_DEMAND"]) })
      .default({ streamMode: "PROVISIONED" }),
    encryptionType: z.enum(["NONE", "KMS"]).default("NONE"),
    kmsKeyId: z
      .literal(MANAGED_KEY, { error: `only ${MANAGED_KEY} is modelled: use it, or none` })
      .optional(),
    // Larger records borrow from the shard's write limits of later seconds.
    maxRecordSizeInKib: z
      .literal(1024, { error: "records of more than 1 MiB are not modelled: leave it out" })
      .optional(),
    enforceConsumerDeletion: z.boolean().default(false),
    shardLevelMetrics: harmless("metrics only"),
  })
  .superRefine((stream, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const onDemand = stream.streamModeDetails.streamMode === "ON_DEMAND";
    if (!onDemand && stream.shardCount === undefined) {
      problem("shardCount", "required when streamMode is PROVISIONED");
    }
    if (onDemand && stream.shardCount !== undefined) {
      problem("shardCount", "must not be set when streamMode is ON_DEMAND");
    }
    if (stream.encryptionType === "KMS" && stream.kmsKeyId === undefined) {
      problem("kmsKeyId", "required when encryptionType is KMS");
    }
    if (stream.encryptionType === "NONE" && stream.kmsKeyId !== undefined) {
      problem("kmsKeyId", "must not be set when encryptionType is NONE");
    }
  });

type StreamInputs = z.infer<typeof schema>;

const streamResource: ResourceDefinition<StreamInputs> = {
  type: "aws:kinesis/stream:Stream",
  schema,
  nameProperty: "name",
  replaceOn: ["name"],
  plan: (inputs, identity) => {
    const arn = streamArn(identity, inputs.name);
    return { id: arn, outputs: { ...inputs, arn } };
  },
  create: (stream, { services }) => {
    services.kinesis.createStream(settingsOf(stream));
  },
  update: (stream, previous, { services }) => {
    const before = settingsOf(previous);
    const { shardCount, ...changes } = settingsOf(stream);
    if (shardCount !== before.shardCount || changes.streamMode !== before.streamMode) {
      throw new NotModelledError(
        `${stream.name}: shardCount: a change from ${before.shardCount} to ${shardCount} shards, or of ` +
          "streamMode, is not modelled; keep it, or give the stream another name to replace it",
      );
    }
    services.kinesis.requireStream(changes.name).configure(changes);
  },
  delete: ({ inputs }, { services }) => services.kinesis.deleteStream(inputs.name),
  exists: ({ outputs }, { services }) =>
    services.kinesis.streamSource(String(outputs.arn)) !== undefined,
};

export const kinesisResources: ResourceDefinition[] = [streamResource];

function settingsOf({ inputs, region, accountId }: Resource<StreamInputs>): StreamSettings {
  return {
    name: inputs.name,
    arn: streamArn({ region, accountId }, inputs.name),
    region,
    accountId,
    shardCount: inputs.shardCount ?? ON_DEMAND_SHARDS,
    streamMode: inputs.streamModeDetails.streamMode,
    retentionHours: inputs.retentionPeriod,
    encryptionType: inputs.encryptionType,
    kmsKeyId: inputs.kmsKeyId,
  };
}
