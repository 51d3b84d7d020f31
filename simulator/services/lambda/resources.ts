import { z } from "zod";
import type { Account } from "../account";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import { harmless, harmlessEverywhere } from "../schema";
import type { FunctionSettings } from "./running-invocation";

const artifactSchema = z.object({
  files: z.record(z.string(), z.string()),
  packages: z.array(z.string()),
  root: z.string(),
  sha256: z.string(),
});

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
  architectures: harmless("the artifact is the same on both"),
  packageType: z.literal("Zip").optional(),
  publish: z.literal(false).optional(),
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

const functionDefinition: ResourceDefinition<FunctionInputs> = {
  type: "aws:lambda/function:Function",
  schema: functionSchema,
  nameProperty: "name",
  replaceOn: ["name", "packageType"],
  plan(inputs, identity) {
    const arn = functionArn(inputs.name, identity);
    const { accountId, region } = identity;
    const outputs = {
      ...inputs,
      arn,
      qualifiedArn: `${arn}:$LATEST`,
      invokeArn:
        `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/` + `${arn}/invocations`,
      version: "$LATEST",
      codeSha256: inputs.code.sha256,
      accountId,
    };
    return { id: inputs.name, outputs };
  },
  create: (resource, account) => account.services.lambda.createFunction(settingsOf(resource)),
  update: (resource, _previous, account) =>
    account.services.lambda.get(resource.id).update(settingsOf(resource)),
  delete: (resource, account) => account.services.lambda.deleteFunction(resource.id),
};

function settingsOf(resource: Resource<FunctionInputs>): FunctionSettings {
  const { inputs } = resource;
  const reserved = inputs.reservedConcurrentExecutions;
  return {
    functionName: inputs.name,
    arn: functionArn(inputs.name, resource),
    logicalName: resource.name,
    roleArn: inputs.role,
    artifact: inputs.code,
    handler: inputs.handler,
    environment: inputs.environment?.variables ?? {},
    memoryMb: inputs.memorySize,
    timeoutMs: inputs.timeout * 1000,
    reservedConcurrency: reserved >= 0 ? reserved : undefined,
    logGroup: inputs.loggingConfig?.logGroup ?? `/aws/lambda/${inputs.name}`,
  };
}

function functionArn(name: string, { accountId, region }: ResourceIdentity): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

const permissionSchema = z.strictObject({
  action: z.string(),
  function: z.string(),
  principal: z.string(),
  sourceArn: z.string().optional(),
  sourceAccount: z.string().optional(),
  statementId: z.string().optional(),
});

type PermissionInputs = z.infer<typeof permissionSchema>;

const permissionDefinition: ResourceDefinition<PermissionInputs> = {
  type: "aws:lambda/permission:Permission",
  schema: permissionSchema,
  replaceOn: ["action", "function", "principal", "sourceArn", "sourceAccount", "statementId"],
  plan(inputs, identity) {
    const id = inputs.statementId ?? `${identity.name}-${identity.suffix}`;
    return { id, outputs: { ...inputs, statementId: id } };
  },
  create: addPermission,
  update: (resource, _previous, account) => addPermission(resource, account),
  delete: ({ id, inputs }, account) =>
    account.services.lambda.removePermission(inputs.function, id),
};

function addPermission({ id, inputs }: Resource<PermissionInputs>, account: Account): void {
  account.services.lambda.addPermission(inputs.function, id, inputs);
}

export const lambdaResources = [
  functionDefinition,
  permissionDefinition,
] as unknown as ResourceDefinition[];
