import { z } from "zod";
import { harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import type { AliasSettings } from "./alias";
import { parseFunctionName } from "./function-name";
import { invokeArnOf } from "./invoke-arn";

/** What the numbers mean, and which go together, is checked as the API does. */
const aliasSchema = z.strictObject({
  name: z.string(),
  functionName: z.string(),
  functionVersion: z.string(),
  routingConfig: z
    .strictObject({ additionalVersionWeights: z.record(z.string(), z.number()).optional() })
    .optional(),
  ...harmlessEverywhere,
});

type AliasInputs = z.infer<typeof aliasSchema>;

export const aliasDefinition: ResourceDefinition<AliasInputs> = {
  type: "aws:lambda/alias:Alias",
  schema: aliasSchema,
  replaceOn: ["name", "functionName"],
  // Its name may be too short to be seen as a reference.
  follows: ({ inputs }, other) => isFunction(other, inputs.functionName),
  plan(inputs, identity) {
    const arn = aliasArn(inputs, identity);
    const outputs = { ...inputs, arn, invokeArn: invokeArnOf(arn, identity.region) };
    return { id: arn, outputs };
  },
  create: ({ inputs }, { services: { lambda } }) =>
    lambda.createAlias(inputs.functionName, settingsOf(inputs)),
  update: ({ inputs }, _previous, { services: { lambda } }) =>
    lambda.updateAlias(inputs.functionName, settingsOf(inputs)),
  delete: ({ inputs }, { services: { lambda } }) =>
    lambda.deleteAlias(inputs.functionName, inputs.name),
  exists: ({ id }, { services: { lambda } }) => lambda.find(id) !== undefined,
};

/** Whether a resource is the function, or the alias of it, that a name and a qualifier mean. */
export function qualifies(
  functionName: string,
  qualifier: string | undefined,
  other: Resource,
): boolean {
  if (isFunction(other, functionName)) return true;
  if (other.type !== aliasDefinition.type) return false;
  const { functionName: ofAlias, name } = other.inputs as AliasInputs;
  return name === qualifier && isSame(ofAlias, functionName);
}

function isFunction({ inputs, type }: Resource, functionName: string): boolean {
  return type === "aws:lambda/function:Function" && isSame(String(inputs.name), functionName);
}

function isSame(one: string, other: string): boolean {
  return parseFunctionName(one).name === parseFunctionName(other).name;
}

function settingsOf({ functionVersion, name, routingConfig }: AliasInputs): AliasSettings {
  const additionalVersionWeights = routingConfig?.additionalVersionWeights ?? {};
  return { name, functionVersion, additionalVersionWeights };
}

function aliasArn({ functionName, name }: AliasInputs, { accountId, region }: ResourceIdentity) {
  const physical = parseFunctionName(functionName).name;
  return `arn:aws:lambda:${region}:${accountId}:function:${physical}:${name}`;
}
