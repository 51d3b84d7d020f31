import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OrderSettings, Settings } from "../config";
import { allowing, type RestrictedFunction } from "./restricted-function";

const STAGE = "dev";
const METHOD = "POST";
const PATH = "orders";

/** The body that the gateway lets through, as JSON Schema draft 4. */
const CREATE_ORDER = {
  $schema: "http://json-schema.org/draft-04/schema#",
  title: "CreateOrderModel",
  type: "object",
  required: ["customerId", "items"],
  properties: {
    customerId: { type: "string", minLength: 1 },
    items: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["productId", "quantity"],
        properties: {
          productId: { type: "string" },
          quantity: { type: "integer", minimum: 1 },
        },
      },
    },
  },
} as const;

/** One line a request: who is answered how, and nothing of what was sent. */
const ACCESS_LOG = {
  requestId: "$context.requestId",
  requestTime: "$context.requestTime",
  httpMethod: "$context.httpMethod",
  resourcePath: "$context.resourcePath",
  status: "$context.status",
  errorType: "$context.error.responseType",
  responseLatency: "$context.responseLatency",
  responseLength: "$context.responseLength",
};

export interface OrderApiArgs {
  readonly settings: Settings;
  readonly publish: RestrictedFunction;
}

/** `POST /orders`: a regional REST API that checks, throttles and logs before PublishOrder is invoked. */
export class OrderApi extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  /** May call the API; with `authorization` AWS_IAM, nobody else may by default. */
  readonly clientRole?: aws.iam.Role;

  constructor(
    name: string,
    { publish, settings }: OrderApiArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:OrderApi", name, {}, opts);
    const child = { parent: this };
    const { authorization } = settings.orders;

    const api = new aws.apigateway.RestApi(
      name,
      {
        name: `OrdersAPI-${pulumi.getStack()}`,
        endpointConfiguration: { types: "REGIONAL" },
      },
      child,
    );
    const parts = method(name, api, authorization, publish, child);
    const methodArn = pulumi.interpolate`${api.executionArn}/${STAGE}/${METHOD}/${PATH}`;
    const permission = new aws.lambda.Permission(
      `${name}-permission`,
      {
        action: "lambda:InvokeFunction",
        ...publish.entry.qualifying,
        principal: "apigateway.amazonaws.com",
        sourceArn: methodArn,
      },
      child,
    );
    const deployment = new aws.apigateway.Deployment(
      `${name}-deployment`,
      {
        restApi: api.id,
        // A stage serves what a deployment found: another method needs another deployment.
        triggers: { method: JSON.stringify({ authorization, model: CREATE_ORDER }) },
      },
      { ...child, dependsOn: parts },
    );
    const stage = this.stage(name, api, deployment, settings, [permission, publish.policy]);

    this.url = pulumi.interpolate`${stage.invokeUrl}/${PATH}`;
    if (authorization === "AWS_IAM") {
      this.clientRole = clientRole(`${name}-client`, api, methodArn, child);
    }
    this.registerOutputs({ url: this.url });
  }

  private stage(
    name: string,
    api: aws.apigateway.RestApi,
    deployment: aws.apigateway.Deployment,
    { logRetentionDays, orders }: Settings,
    dependsOn: pulumi.Resource[],
  ): aws.apigateway.Stage {
    const child = { parent: this };
    const logs = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      { retentionInDays: logRetentionDays },
      child,
    );
    const account = orders.accountLogRole ? [accountLogRole(`${name}-account`, child)] : [];
    const stage = new aws.apigateway.Stage(
      `${name}-stage`,
      {
        restApi: api.id,
        stageName: STAGE,
        deployment: deployment.id,
        accessLogSettings: { destinationArn: logs.arn, format: JSON.stringify(ACCESS_LOG) },
      },
      { ...child, dependsOn: [...dependsOn, ...account] },
    );
    new aws.apigateway.MethodSettings(
      `${name}-limits`,
      {
        restApi: api.id,
        stageName: stage.stageName,
        methodPath: "*/*",
        settings: {
          throttlingRateLimit: orders.throttlingRateLimit,
          throttlingBurstLimit: orders.throttlingBurstLimit,
          loggingLevel: "OFF",
          dataTraceEnabled: false,
        },
      },
      child,
    );
    return stage;
  }
}

/** The method, its check of the body, and the function behind it. */
function method(
  name: string,
  api: aws.apigateway.RestApi,
  authorization: OrderSettings["authorization"],
  publish: RestrictedFunction,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const restApi = api.id;
  const resource = new aws.apigateway.Resource(
    `${name}-resource`,
    { restApi, parentId: api.rootResourceId, pathPart: PATH },
    opts,
  );
  const model = new aws.apigateway.Model(
    `${name}-model`,
    {
      restApi,
      name: "CreateOrderModel",
      contentType: "application/json",
      schema: JSON.stringify(CREATE_ORDER),
    },
    opts,
  );
  const validator = new aws.apigateway.RequestValidator(
    `${name}-validator`,
    { restApi, validateRequestBody: true, validateRequestParameters: false },
    opts,
  );
  const place = new aws.apigateway.Method(
    `${name}-method`,
    {
      restApi,
      resourceId: resource.id,
      httpMethod: METHOD,
      authorization,
      requestModels: { "application/json": model.name },
      requestValidatorId: validator.id,
    },
    opts,
  );
  const integration = new aws.apigateway.Integration(
    `${name}-integration`,
    {
      restApi,
      resourceId: resource.id,
      httpMethod: place.httpMethod,
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: publish.entry.invokeArn,
    },
    opts,
  );
  return [place, integration];
}

/** What API Gateway writes access logs with. An account has one per Region, whoever sets it. */
function accountLogRole(name: string, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const trust = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "apigateway.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  };
  const role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: JSON.stringify(trust) }, opts);
  const policy = new aws.iam.RolePolicy(
    `${name}-policy`,
    {
      role: role.name,
      // API Gateway asks for all of it before it takes the role, and for all groups: the setting is the account's.
      policy: allowing([
        {
          actions: [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "logs:GetLogEvents",
            "logs:FilterLogEvents",
          ],
          resources: ["*"],
        },
      ]),
    },
    opts,
  );
  return new aws.apigateway.Account(
    name,
    { cloudwatchRoleArn: role.arn },
    { ...opts, dependsOn: [policy] },
  );
}

/** A role that may place orders and do nothing else, for whom the account lets assume it. */
function clientRole(
  name: string,
  api: aws.apigateway.RestApi,
  methodArn: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): aws.iam.Role {
  const accountId = api.executionArn.apply((arn) => arn.split(":")[4]);
  const trust = pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: pulumi.interpolate`arn:aws:iam::${accountId}:root` },
        Action: "sts:AssumeRole",
      },
    ],
  });
  const role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: trust }, opts);
  const mayCall = { actions: ["execute-api:Invoke"], resources: [methodArn] };
  new aws.iam.RolePolicy(`${name}-policy`, { role: role.name, policy: allowing([mayCall]) }, opts);
  return role;
}
