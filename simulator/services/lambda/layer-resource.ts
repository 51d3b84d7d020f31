import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { harmless, harmlessEverywhere } from "../schema";
import type { ResourceDefinition } from "../service";
import { artifactSchema } from "./artifact-schema";

const layerSchema = z.strictObject({
  layerName: z.string().regex(/^[\w-]{1,140}$/, { error: "must be 1 to 140 of A–Z a–z 0–9 _ -" }),
  code: artifactSchema,
  compatibleRuntimes: harmless("a label: functions of other runtimes may use it"),
  compatibleArchitectures: harmless("a label: functions on others may use it"),
  licenseInfo: harmless("text only"),
  skipDestroy: z.literal(false).optional(),
  sourceCodeHash: harmless("made from the code"),
  ...harmlessEverywhere,
});

type LayerInputs = z.infer<typeof layerSchema>;

/** A change of any of these makes another version. */
const VERSIONED = [
  "layerName",
  "code",
  "compatibleRuntimes",
  "compatibleArchitectures",
  "licenseInfo",
  "description",
] as const;

export const layerVersionDefinition: ResourceDefinition<LayerInputs> = {
  type: "aws:lambda/layerVersion:LayerVersion",
  schema: layerSchema,
  replaceOn: VERSIONED,
  plan(inputs, { accountId, region }, previous) {
    const layerArn = `arn:aws:lambda:${region}:${accountId}:layer:${inputs.layerName}`;
    const isSameLayer = previous?.inputs.layerName === inputs.layerName;
    const last = isSameLayer ? Number(previous.outputs.version) : 0;
    const isSame =
      isSameLayer &&
      VERSIONED.every((name) => isDeepStrictEqual(inputs[name], previous.inputs[name]));
    const version = String(isSame ? last : last + 1);
    const arn = `${layerArn}:${version}`;
    const outputs = { ...inputs, arn, layerArn, version, codeSha256: inputs.code.sha256 };
    return { id: arn, outputs };
  },
  create: ({ id, inputs }, { services: { lambda } }) =>
    lambda.layers.publish(id, inputs.code.files),
  update: () => {},
  delete: ({ id }, { services: { lambda } }) => lambda.layers.delete(id),
};
