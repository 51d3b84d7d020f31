import { z } from "zod";
import { harmless, harmlessEverywhere } from "../schema";
import type { ResourceDefinition } from "../service";
import { childPath, idOf, pathOf, resourceIdOf } from "./resource-ids";

const restApiSchema = z.strictObject({
  ...harmlessEverywhere,
  name: z.string().min(1).max(1024),
  endpointConfiguration: z
    .strictObject({
      types: z
        .enum(["REGIONAL", "EDGE"], {
          error: "must be REGIONAL or EDGE: private APIs are not modelled",
        })
        .default("EDGE"),
      ipAddressType: harmless("addresses are not part of the account"),
    })
    .optional(),
  apiKeySource: z.literal("HEADER").optional(),
  disableExecuteApiEndpoint: z.literal(false).optional(),
  securityPolicy: harmless("nothing is encrypted on its way here"),
  failOnWarnings: harmless("concerns OpenAPI bodies"),
});

type RestApiInputs = z.infer<typeof restApiSchema>;

const restApi: ResourceDefinition<RestApiInputs> = {
  type: "aws:apigateway/restApi:RestApi",
  schema: restApiSchema,
  nameProperty: "name",
  replaceOn: [],
  plan(inputs, identity) {
    const { accountId, region } = identity;
    const id = idOf(identity);
    const outputs = {
      ...inputs,
      arn: `arn:aws:apigateway:${region}::/restapis/${id}`,
      executionArn: `arn:aws:execute-api:${region}:${accountId}:${id}`,
      rootResourceId: resourceIdOf(identity, "/"),
      binaryMediaTypes: [],
    };
    return { id, outputs };
  },
  create: ({ id, name }, { services }) => services.apigateway.createApi(id, name),
  update: () => {},
  delete: ({ id }, { services }) => services.apigateway.deleteApi(id),
};

const resourceSchema = z.strictObject({
  restApi: z.string(),
  parentId: z.string().refine((id) => pathOf(id) !== undefined, {
    error: "must be the id of a resource of the API, or its rootResourceId",
  }),
  pathPart: z.string().regex(/^([\w.~:$!'()*,;=@%-]+|\{[\w.:-]+\+?\})$/, {
    error: "must be one segment of a path, {parameter} or {greedy+}",
  }),
});

type ResourceInputs = z.infer<typeof resourceSchema>;

/** A resource is but a path: methods record it, and requests meet methods alone. */
const resource: ResourceDefinition<ResourceInputs> = {
  type: "aws:apigateway/resource:Resource",
  schema: resourceSchema,
  replaceOn: ["restApi", "parentId", "pathPart"],
  plan(inputs, identity) {
    const path = childPath(inputs.parentId, inputs.pathPart);
    return { id: resourceIdOf(identity, path), outputs: { ...inputs, path } };
  },
  create: ({ inputs }, { services }) => void services.apigateway.api(inputs.restApi),
  update: () => {},
  delete: () => {},
};

const accountSchema = z.strictObject({
  cloudwatchRoleArn: z.string().optional(),
  resetOnDelete: harmless("here the settings go with the resource in any case"),
});

type AccountInputs = z.infer<typeof accountSchema>;

const account: ResourceDefinition<AccountInputs> = {
  type: "aws:apigateway/account:Account",
  schema: accountSchema,
  replaceOn: [],
  plan: (inputs) => ({
    id: "api-gateway-account",
    outputs: {
      ...inputs,
      throttleSettings: [{ burstLimit: 5_000, rateLimit: 10_000 }],
    },
  }),
  create: ({ inputs }, { services }) =>
    services.apigateway.setCloudWatchRole(inputs.cloudwatchRoleArn),
  update: ({ inputs }, _previous, { services }) =>
    services.apigateway.setCloudWatchRole(inputs.cloudwatchRoleArn),
  delete: (_resource, { services }) => services.apigateway.setCloudWatchRole(undefined),
};

export const apiResources = [restApi, resource, account] as unknown as ResourceDefinition[];
