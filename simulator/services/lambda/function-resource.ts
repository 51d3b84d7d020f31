import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Account } from "../account";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import { artifactSchema } from "./artifact-schema";
import { LATEST } from "./function-name";
import { invokeArnOf } from "./invoke-arn";
import type { FunctionSettings } from "./running-invocation";

/** Source: "Lambda quotas". */
const LAYERS_MAX = 5;

const functionSchema = z.strictObject({
  name: z.string().max(64),
  code: artifactSchema,
  handler: z.string(),
  role: z.string(),
  runtime: z.string().regex(/^nodejs/, "only Node.js runtimes are modelled"),
  timeout: z.number().int().min(1).max(900).default(3),
  memorySize: z.number().int().min(128).max(10_240).default(128),
  reservedConcurrentExecutions: z.number().int().min(-1).default(-1),
  environment: z
    .strictObject({ variables: z.record(z.string(), z.string()).optional() })
    .optional(),
  deadLetterConfig: z
    .strictObject({
      targetArn: z.string().regex(/^arn:aws:(sqs|sns):/, {
        error: "must be the ARN of a queue or a topic",
      }),
    })
    .optional(),
  layers: z
    .array(z.string().regex(/^arn:aws:lambda:.*:layer:.*:\d+$/, { error: "must be a layer's ARN" }))
    .max(LAYERS_MAX, { error: `must be ${LAYERS_MAX} layers at most` })
    .optional(),
  architectures: harmless("the artifact is the same on both"),
  packageType: z.literal("Zip").optional(),
  publish: z.boolean().optional(),
  tracingConfig: harmless("traces are not part of the account"),
  loggingConfig: z
    .strictObject({
      logFormat: z.literal("Text").default("Text"),
      logGroup: z.string().optional(),
    })
    .optional(),
  sourceCodeHash: harmless("made from the code"),
  skipDestroy: z.literal(false).optional(),
  ...harmlessEverywhere,
});

type FunctionInputs = z.infer<typeof functionSchema>;
type FunctionResource = Resource<FunctionInputs>;

export const functionDefinition: ResourceDefinition<FunctionInputs> = {
  type: "aws:lambda/function:Function",
  schema: functionSchema,
  nameProperty: "name",
  replaceOn: ["name", "packageType"],
  plan(inputs, identity, previous) {
    const arn = functionArn(inputs.name, identity);
    const { accountId, region } = identity;
    const version = plannedVersion(inputs, previous);
    const qualifiedArn = `${arn}:${version}`;
    const outputs = {
      ...inputs,
      arn,
      qualifiedArn,
      invokeArn: invokeArnOf(arn, region),
      qualifiedInvokeArn: invokeArnOf(qualifiedArn, region),
      version,
      codeSha256: inputs.code.sha256,
      accountId,
    };
    return { id: inputs.name, outputs };
  },
  create(resource, account) {
    const { inputs, outputs } = resource;
    const version = inputs.publish ? String(outputs.version) : undefined;
    account.services.lambda.createFunction(settingsOf(resource, account), version);
  },
  update(resource, previous, account) {
    const { lambda } = account.services;
    lambda.updateFunction(resource.id, settingsOf(resource, account));
    const { fn } = lambda.get(resource.id);
    const version = String(resource.outputs.version);
    if (resource.inputs.publish && !fn.version(version)) lambda.publish(fn, version);
    // A deployment that failed is taken back, and what it published with it.
    if (versionNumber(previous) > versionNumber(resource)) {
      lambda.unpublish(resource.id, String(previous.outputs.version));
    }
  },
  delete: (resource, account) => account.services.lambda.deleteFunction(resource.id),
  exists: ({ id }, { services: { lambda } }) => lambda.find(id) !== undefined,
  refresh(resource, { services: { lambda } }) {
    const fn = lambda.find(resource.id)?.fn;
    if (!fn) return resource;
    const version = fn.lastVersion > 0 ? String(fn.lastVersion) : LATEST;
    const { isPublished } = fn;
    return { ...resource, outputs: { ...resource.outputs, version, isPublished } };
  },
};

/** What may change without making another version. */
const UNVERSIONED = ["publish", "reservedConcurrentExecutions", "skipDestroy", "tags", "tagsAll"];

/**
 * The newest version, once the function is deployed: only `publish` makes one, and only of something new.
 *
 * @param previous what is deployed, refreshed
 */
function plannedVersion(inputs: FunctionInputs, previous: FunctionResource | undefined): string {
  const deployed = previous?.inputs.name === inputs.name ? previous : undefined;
  const last = deployed ? versionNumber(deployed) : 0;
  const isPublished =
    deployed?.outputs.isPublished === true &&
    isDeepStrictEqual(versioned(inputs), versioned(deployed.inputs));
  if (inputs.publish && !isPublished) return String(last + 1);
  return last > 0 ? String(last) : LATEST;
}

const versionNumber = ({ outputs }: FunctionResource): number => Number(outputs.version) || 0;

function versioned(inputs: FunctionInputs): object {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !UNVERSIONED.includes(name)));
}

function settingsOf(resource: FunctionResource, account: Account): FunctionSettings {
  const { inputs } = resource;
  const reserved = inputs.reservedConcurrentExecutions;
  return {
    functionName: inputs.name,
    version: LATEST,
    arn: functionArn(inputs.name, resource),
    logicalName: resource.name,
    roleArn: inputs.role,
    artifact: inputs.code,
    handler: inputs.handler,
    environment: inputs.environment?.variables ?? {},
    memoryMb: inputs.memorySize,
    timeoutMs: inputs.timeout * 1000,
    reservedConcurrency: reserved >= 0 ? reserved : undefined,
    deadLetterTargetArn: inputs.deadLetterConfig?.targetArn,
    logGroup: inputs.loggingConfig?.logGroup ?? `/aws/lambda/${inputs.name}`,
    ...layersOf(inputs, account),
  };
}

/** @throws InvalidParameterValueException */
function layersOf({ layers = [], name }: FunctionInputs, { services: { lambda } }: Account) {
  if (layers.length === 0) return {};
  const inUse = lambda.find(name)?.fn.layersSeen ?? [];
  return { layerArns: layers, layerFiles: lambda.layers.filesOf(layers, inUse) };
}

function functionArn(name: string, { accountId, region }: ResourceIdentity): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}
