import { z } from "zod";
import type { Account } from "../account";
import { harmless } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import { problemWithModel } from "./models";
import { idOf, pathOf } from "./resource-ids";

const HTTP_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"] as const;
const PARAMETER = /^method\.request\.(header|path|querystring)\.[\w.-]+$/;

const onMethod = {
  restApi: z.string(),
  resourceId: z.string().refine((id) => pathOf(id) !== undefined, {
    error: "must be the id of a resource of the API, or its rootResourceId",
  }),
  httpMethod: z.enum(HTTP_METHODS),
};

const methodSchema = z.strictObject({
  ...onMethod,
  authorization: z.enum(["NONE", "AWS_IAM"], {
    error: "must be NONE or AWS_IAM: authorizers are not modelled",
  }),
  apiKeyRequired: z.literal(false, { error: "API keys are not modelled" }).optional(),
  operationName: harmless("text only"),
  requestModels: z.record(z.string(), z.string()).default({}),
  requestParameters: z
    .record(z.string(), z.boolean())
    .refine((parameters) => Object.keys(parameters).every((key) => PARAMETER.test(key)), {
      error: "may name method.request.header.X, method.request.path.X and .querystring.X alone",
    })
    .default({}),
  requestValidatorId: z.string().optional(),
});

type MethodInputs = z.infer<typeof methodSchema>;

/** In the order of creation, for nothing in their inputs names it. */
const ofSameApi =
  (...types: readonly string[]) =>
  (own: Resource<{ restApi: string }>, other: Resource): boolean =>
    types.includes(other.type) && other.inputs["restApi"] === own.inputs.restApi;

const METHOD = "aws:apigateway/method:Method";

const method: ResourceDefinition<MethodInputs> = {
  type: METHOD,
  schema: methodSchema,
  replaceOn: ["restApi", "resourceId", "httpMethod"],
  plan: (inputs) => ({
    id: `agm-${inputs.restApi}-${inputs.resourceId}-${inputs.httpMethod}`,
    outputs: { ...inputs },
  }),
  create: putMethod,
  update: (resource, _previous, account) => putMethod(resource, account),
  delete: ({ inputs }, { services }) =>
    services.apigateway.findApi(inputs.restApi)?.deleteMethod(inputs.resourceId, inputs.httpMethod),
};

function putMethod({ inputs }: Resource<MethodInputs>, { services }: Account): void {
  const { authorization, httpMethod, requestModels, requestParameters, resourceId } = inputs;
  services.apigateway.api(inputs.restApi).putMethod({
    ...{ authorization, httpMethod, requestModels, requestParameters, resourceId },
    resourcePath: pathOf(resourceId)!,
    requestValidatorId: inputs.requestValidatorId,
  });
}

/** What a function's `invokeArn` holds between these is its ARN, with or without a qualifier. */
const INVOKE_ARN =
  /^arn:aws:apigateway:[a-z0-9-]+:lambda:path\/+2015-03-31\/functions\/(arn:aws:lambda:[^/$]+)\/invocations$/;

const integrationSchema = z.strictObject({
  ...onMethod,
  type: z.literal("AWS_PROXY", {
    error: "must be AWS_PROXY: only Lambda proxy integrations are modelled",
  }),
  integrationHttpMethod: z.enum(HTTP_METHODS),
  uri: z.string().regex(INVOKE_ARN, { error: "must be the invokeArn of a function" }),
  timeoutMilliseconds: z
    .number()
    .int()
    .min(50)
    .max(29_000, {
      error: "must be at most 29000: more takes a raised quota, which is not modelled",
    })
    .default(29_000),
  passthroughBehavior: harmless("proxy integrations pass everything"),
  connectionType: z.literal("INTERNET").optional(),
  cacheNamespace: harmless("caches are not modelled, and there is none"),
  responseTransferMode: z.literal("BUFFERED").optional(),
});

type IntegrationInputs = z.infer<typeof integrationSchema>;

const integration: ResourceDefinition<IntegrationInputs> = {
  type: "aws:apigateway/integration:Integration",
  schema: integrationSchema,
  replaceOn: ["restApi", "resourceId", "httpMethod"],
  follows: ofSameApi(METHOD),
  plan: (inputs) => ({
    id: `agi-${inputs.restApi}-${inputs.resourceId}-${inputs.httpMethod}`,
    outputs: { ...inputs },
  }),
  create: putIntegration,
  update: (resource, _previous, account) => putIntegration(resource, account),
  delete: ({ inputs }, { services }) =>
    services.apigateway
      .findApi(inputs.restApi)
      ?.deleteIntegration(inputs.resourceId, inputs.httpMethod),
};

function putIntegration({ inputs }: Resource<IntegrationInputs>, { services }: Account): void {
  const { httpMethod, integrationHttpMethod, resourceId, timeoutMilliseconds, uri } = inputs;
  services.apigateway.api(inputs.restApi).putIntegration(resourceId, httpMethod, {
    functionArn: INVOKE_ARN.exec(uri)![1]!,
    httpMethod: integrationHttpMethod,
    timeoutMs: timeoutMilliseconds,
  });
}

const modelSchema = z.strictObject({
  restApi: z.string(),
  name: z.string().regex(/^[A-Za-z0-9]+$/, { error: "must be letters and digits" }),
  description: harmless("text only"),
  contentType: z.string(),
  schema: z
    .string()
    .superRefine((schema, context) => {
      const problem = problemWithModel(schema);
      if (problem) context.addIssue({ code: "custom", message: `is no usable model: ${problem}` });
    })
    .default("{}"),
});

type ModelInputs = z.infer<typeof modelSchema>;

const model: ResourceDefinition<ModelInputs> = {
  type: "aws:apigateway/model:Model",
  schema: modelSchema,
  replaceOn: ["restApi", "name", "contentType"],
  plan: ({ ...inputs }, identity) => ({ id: idOf(identity), outputs: inputs }),
  create: ({ inputs }, { services }) =>
    services.apigateway.api(inputs.restApi).createModel(inputs.name, inputs.schema),
  update: ({ inputs }, _previous, { services }) =>
    services.apigateway.api(inputs.restApi).updateModel(inputs.name, inputs.schema),
  delete: ({ inputs }, { services }) =>
    services.apigateway.findApi(inputs.restApi)?.deleteModel(inputs.name),
};

const validatorSchema = z.strictObject({
  restApi: z.string(),
  name: z.string(),
  validateRequestBody: z.boolean().default(false),
  validateRequestParameters: z.boolean().default(false),
});

type ValidatorInputs = z.infer<typeof validatorSchema>;

const requestValidator: ResourceDefinition<ValidatorInputs> = {
  type: "aws:apigateway/requestValidator:RequestValidator",
  schema: validatorSchema,
  nameProperty: "name",
  replaceOn: ["restApi"],
  plan: (inputs, identity) => ({ id: idOf(identity), outputs: { ...inputs } }),
  create: putValidator,
  update: (resource, _previous, account) => putValidator(resource, account),
  delete: ({ id, inputs }, { services }) =>
    services.apigateway.findApi(inputs.restApi)?.deleteValidator(id),
};

function putValidator({ id, inputs }: Resource<ValidatorInputs>, { services }: Account): void {
  services.apigateway.api(inputs.restApi).putValidator(id, {
    parameters: inputs.validateRequestParameters,
    body: inputs.validateRequestBody,
  });
}

export const methodResources = [
  method,
  integration,
  model,
  requestValidator,
] as unknown as ResourceDefinition[];
