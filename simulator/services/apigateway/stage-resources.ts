import { z } from "zod";
import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import { problemWithFormat } from "./access-log";
import { EVERY_METHOD, type StageSettings } from "./stage";
import { ACCOUNT_LIMITS } from "./throttling";

const deploymentSchema = z.strictObject({
  restApi: z.string(),
  description: harmless("text only"),
  triggers: z.record(z.string(), z.string()).optional(),
});

type DeploymentInputs = z.infer<typeof deploymentSchema>;

/** What a snapshot holds must be there when it is taken. */
const IN_SNAPSHOT = [
  "aws:apigateway/integration:Integration",
  "aws:apigateway/method:Method",
  "aws:apigateway/model:Model",
  "aws:apigateway/requestValidator:RequestValidator",
  "aws:apigateway/resource:Resource",
];

const isOfApi = (other: Resource, restApi: string, types: readonly string[]): boolean =>
  types.includes(other.type) && other.inputs["restApi"] === restApi;

const deployment: ResourceDefinition<DeploymentInputs> = {
  type: "aws:apigateway/deployment:Deployment",
  schema: deploymentSchema,
  replaceOn: ["restApi", "triggers"],
  follows: ({ inputs }, other) => isOfApi(other, inputs.restApi, IN_SNAPSHOT),
  plan(inputs, { urn }) {
    // Another deployment has another id, so that the stages which refer to it change, too.
    const id = uuidOf(`${urn} ${JSON.stringify(inputs)}`)
      .replaceAll("-", "")
      .slice(0, 10);
    return { id, outputs: { ...inputs } };
  },
  create: ({ id, inputs }, { services }) => services.apigateway.api(inputs.restApi).deploy(id),
  update: () => {},
  delete: () => {},
};

/** A log group's ARN may end in `:*`. */
const LOG_GROUP_ARN = /^arn:aws:logs:[^:]+:[^:]+:log-group:([^:]+)(?::\*)?$/;

const stageSchema = z.strictObject({
  ...harmlessEverywhere,
  restApi: z.string(),
  stageName: z.string().regex(/^\w{1,128}$/, {
    error: "must be 1 to 128 letters, digits or underscores",
  }),
  deployment: z.string(),
  accessLogSettings: z
    .strictObject({
      destinationArn: z.string().regex(LOG_GROUP_ARN, {
        error: "must be the ARN of a log group: other destinations are not modelled",
      }),
      format: z.string().superRefine((format, context) => {
        const message = problemWithFormat(format);
        if (message) context.addIssue({ code: "custom", message });
      }),
    })
    .optional(),
  variables: z.record(z.string().regex(/^\w+$/), z.string().regex(/^[\w\-.~:/?#&=,]+$/)).optional(),
  xrayTracingEnabled: harmless("traces are not part of the account"),
  cacheClusterEnabled: z.literal(false, { error: "caches are not modelled" }).optional(),
  documentationVersion: harmless("text only"),
});

type StageInputs = z.infer<typeof stageSchema>;

const stage: ResourceDefinition<StageInputs> = {
  type: "aws:apigateway/stage:Stage",
  schema: stageSchema,
  replaceOn: ["restApi", "stageName"],
  // Access logs need the role that the account's settings name.
  follows: (_own, other) => other.type === "aws:apigateway/account:Account",
  plan(inputs, { accountId, region }) {
    const { restApi, stageName } = inputs;
    const outputs = {
      ...inputs,
      arn: `arn:aws:apigateway:${region}::/restapis/${restApi}/stages/${stageName}`,
      executionArn: `arn:aws:execute-api:${region}:${accountId}:${restApi}/${stageName}`,
      invokeUrl: `https://${restApi}.execute-api.${region}.amazonaws.com/${stageName}`,
    };
    return { id: `ags-${restApi}-${stageName}`, outputs };
  },
  create: ({ inputs }, { services }) =>
    services.apigateway.createStage(inputs.restApi, settingsOf(inputs)),
  update: ({ inputs }, _previous, { services }) =>
    services.apigateway.updateStage(inputs.restApi, settingsOf(inputs)),
  delete: ({ inputs }, { services }) =>
    void services.apigateway.findApi(inputs.restApi)?.stages.delete(inputs.stageName),
};

function settingsOf({
  accessLogSettings,
  deployment: deploymentId,
  stageName,
  variables,
}: StageInputs): StageSettings {
  const accessLog = accessLogSettings && {
    logGroup: LOG_GROUP_ARN.exec(accessLogSettings.destinationArn)![1]!,
    format: accessLogSettings.format,
  };
  return { accessLog, deploymentId, stageName, variables };
}

/** -1: no limit of its own. */
const limit = z.number().min(-1).default(-1);

const methodSettingsSchema = z.strictObject({
  restApi: z.string(),
  stageName: z.string(),
  methodPath: z.string().regex(/^(\*\/\*|[^*]*\/[A-Z]+)$/, {
    error: "must be */* or the path of a method, orders/POST",
  }),
  settings: z.strictObject({
    throttlingBurstLimit: limit,
    throttlingRateLimit: limit,
    loggingLevel: z
      .literal("OFF", { error: "must be OFF: execution logs are not modelled" })
      .optional(),
    dataTraceEnabled: z.literal(false, { error: "execution logs are not modelled" }).optional(),
    metricsEnabled: harmless("metrics are not part of the account"),
    cachingEnabled: z.literal(false, { error: "caches are not modelled" }).optional(),
  }),
});

type MethodSettingsInputs = z.infer<typeof methodSettingsSchema>;

const methodSettings: ResourceDefinition<MethodSettingsInputs> = {
  type: "aws:apigateway/methodSettings:MethodSettings",
  schema: methodSettingsSchema,
  replaceOn: ["restApi", "stageName", "methodPath"],
  follows: ({ inputs }, other) =>
    isOfApi(other, inputs.restApi, ["aws:apigateway/stage:Stage"]) &&
    other.inputs["stageName"] === inputs.stageName,
  plan: (inputs) => ({
    id: `${inputs.restApi}-${inputs.stageName}-${inputs.methodPath}`,
    outputs: { ...inputs },
  }),
  create: putLimits,
  update: (resource, _previous, account) => putLimits(resource, account),
  delete: ({ inputs }, { services }) =>
    services.apigateway
      .findApi(inputs.restApi)
      ?.stages.get(inputs.stageName)
      ?.limit(methodOf(inputs.methodPath), undefined),
};

function putLimits({ inputs }: Resource<MethodSettingsInputs>, { services }: Account): void {
  const { throttlingBurstLimit: burst, throttlingRateLimit: rate } = inputs.settings;
  const limits = {
    burstLimit: burst >= 0 ? burst : ACCOUNT_LIMITS.burstLimit,
    rateLimit: rate >= 0 ? rate : ACCOUNT_LIMITS.rateLimit,
  };
  services.apigateway
    .stage(inputs.restApi, inputs.stageName)
    .limit(methodOf(inputs.methodPath), burst >= 0 || rate >= 0 ? limits : undefined);
}

/** The API writes slashes within a path as `~1`; the path's first slash may stand or not. */
function methodOf(methodPath: string): string {
  if (methodPath === EVERY_METHOD) return methodPath;
  return methodPath
    .replaceAll("~1", "/")
    .replace(/^\/+/, "/")
    .replace(/^\/(?=[^/]*\/)/, "");
}

export const stageResources = [
  deployment,
  stage,
  methodSettings,
] as unknown as ResourceDefinition[];
