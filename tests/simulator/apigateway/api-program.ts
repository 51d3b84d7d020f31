import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { HttpResponse, SimulatedAws } from "../../../simulator";
import { allowing, lambdaFunction } from "../face/lambda-function";

export const ORDER_SCHEMA = {
  $schema: "http://json-schema.org/draft-04/schema#",
  title: "Order",
  type: "object",
  required: ["quantity"],
  properties: { quantity: { type: "integer", minimum: 0, exclusiveMinimum: true } },
};

export interface MethodArgs {
  readonly authorization?: string;
  readonly integrationHttpMethod?: string;
  readonly timeoutMilliseconds?: number;
  readonly requestModels?: Record<string, pulumi.Input<string>>;
  readonly requestParameters?: Record<string, boolean>;
  readonly validates?: { readonly body?: boolean; readonly parameters?: boolean };
  /** Whether the function lets the API invoke it. @default true */
  readonly permitted?: boolean;
}

export interface ApiArgs {
  /** `POST /orders/{id}` → what is special about it. */
  readonly methods: Readonly<Record<string, MethodArgs>>;
  readonly throttling?: Readonly<Record<string, { readonly rate: number; readonly burst: number }>>;
  readonly variables?: Record<string, string>;
  /** The format of the access log. */
  readonly logFormat?: string;
  /** Names the state of the API that the deployment is of. @default "1" */
  readonly deployment?: string;
  readonly reservedConcurrentExecutions?: number;
}

interface Wish {
  readonly answer?: unknown;
  readonly throw?: string;
  readonly sleepMs?: number;
}

/** Does what the request's body asks for; otherwise answers with the event it got. */
const answerFactory = () => async (event: { body: string | null }) => {
  let wish: Wish = {};
  try {
    wish = (JSON.parse(event.body ?? "{}") ?? {}) as Wish;
  } catch {
    // Not a wish: echoed as it is.
  }
  const { sleepMs } = wish;
  if (sleepMs !== undefined) await new Promise((resolve) => setTimeout(resolve, sleepMs));
  if (wish.throw !== undefined) throw new Error(wish.throw);
  return "answer" in wish ? wish.answer : { statusCode: 200, body: JSON.stringify(event) };
};

/** A stage `dev` of an API `shop`, with a function `answer` behind every method. */
export function apiProgram(args: ApiArgs): () => Record<string, unknown> {
  return () => {
    const { reservedConcurrentExecutions } = args;
    const { lambda } = lambdaFunction("answer", answerFactory, { reservedConcurrentExecutions });
    const api = new aws.apigateway.RestApi("shop", {
      endpointConfiguration: { types: "REGIONAL" },
    });
    const model = new aws.apigateway.Model("order", {
      restApi: api,
      name: "Order",
      contentType: "application/json",
      schema: JSON.stringify(ORDER_SCHEMA),
    });
    const resourceIds = new Map<string, pulumi.Output<string>>([["", api.rootResourceId]]);
    for (const [key, method] of Object.entries(args.methods)) {
      addMethod(api, lambda, model, resourceIds, key, method);
    }
    const logs = args.logFormat ? accessLog(args.logFormat) : {};
    const deployment = new aws.apigateway.Deployment("deployment", {
      restApi: api.id,
      triggers: { state: args.deployment ?? "1" },
    });
    const stage = new aws.apigateway.Stage("stage", {
      restApi: api.id,
      deployment: deployment.id,
      stageName: "dev",
      variables: args.variables,
      ...logs,
    });
    for (const [methodPath, { burst, rate }] of Object.entries(args.throttling ?? {})) {
      new aws.apigateway.MethodSettings(`settings-${methodPath.replace(/\W/g, "")}`, {
        restApi: api.id,
        stageName: stage.stageName,
        methodPath,
        settings: { throttlingBurstLimit: burst, throttlingRateLimit: rate },
      });
    }
    const client = caller(api);
    return { url: stage.invokeUrl, apiId: api.id, ...client };
  };
}

function addMethod(
  api: aws.apigateway.RestApi,
  lambda: aws.lambda.Function,
  model: aws.apigateway.Model,
  resourceIds: Map<string, pulumi.Output<string>>,
  key: string,
  args: MethodArgs,
): void {
  const [httpMethod = "", path = ""] = key.split(" ");
  const name = key.replace(/[^\w]+/g, "-");
  const { validates } = args;
  const validator =
    validates &&
    new aws.apigateway.RequestValidator(`${name}-validator`, {
      restApi: api.id,
      validateRequestBody: validates.body,
      validateRequestParameters: validates.parameters,
    });
  const method = new aws.apigateway.Method(name, {
    restApi: api.id,
    resourceId: resourceAt(api, resourceIds, path.replace(/\/$/, "")),
    httpMethod,
    authorization: args.authorization ?? "NONE",
    requestModels: args.requestModels ?? { "application/json": model.name },
    requestParameters: args.requestParameters,
    requestValidatorId: validator?.id,
  });
  new aws.apigateway.Integration(`${name}-integration`, {
    restApi: api.id,
    resourceId: method.resourceId,
    httpMethod: method.httpMethod,
    type: "AWS_PROXY",
    integrationHttpMethod: args.integrationHttpMethod ?? "POST",
    uri: lambda.invokeArn,
    timeoutMilliseconds: args.timeoutMilliseconds,
  });
  if (args.permitted === false) return;
  new aws.lambda.Permission(`${name}-permission`, {
    action: "lambda:InvokeFunction",
    function: lambda.name,
    principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate`${api.executionArn}/dev/${httpMethod}${path}`,
  });
}

function resourceAt(
  api: aws.apigateway.RestApi,
  known: Map<string, pulumi.Output<string>>,
  path: string,
): pulumi.Output<string> {
  const found = known.get(path);
  if (found) return found;
  const slash = path.lastIndexOf("/");
  const resource = new aws.apigateway.Resource(`at${path.replace(/\W+/g, "-")}`, {
    restApi: api.id,
    parentId: resourceAt(api, known, path.slice(0, slash)),
    pathPart: path.slice(slash + 1),
  });
  known.set(path, resource.id);
  return resource.id;
}

function trusting(service: string): string {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** A log group `access`, and the role that API Gateway writes it with. */
function accessLog(format: string): Partial<aws.apigateway.StageArgs> {
  const group = new aws.cloudwatch.LogGroup("access", { name: "access" });
  const role = new aws.iam.Role("zz-logging", {
    assumeRolePolicy: trusting("apigateway.amazonaws.com"),
    managedPolicyArns: [
      "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    ],
  });
  new aws.apigateway.Account("account", { cloudwatchRoleArn: role.arn });
  return { accessLogSettings: { destinationArn: group.arn, format } };
}

/** A role `client` that may POST to /secure/…, and one that may do nothing. */
function caller(api: aws.apigateway.RestApi): Record<string, unknown> {
  const role = new aws.iam.Role("client", {
    name: "client",
    assumeRolePolicy: trusting("lambda.amazonaws.com"),
  });
  new aws.iam.RolePolicy("client-policy", {
    role: role.name,
    policy: allowing([
      {
        actions: ["execute-api:Invoke"],
        resources: [pulumi.interpolate`${api.executionArn}/dev/POST/secure/*`],
      },
    ]),
  });
  const stranger = new aws.iam.Role("stranger", {
    name: "stranger",
    assumeRolePolicy: trusting("lambda.amazonaws.com"),
  });
  return { clientArn: role.arn, strangerArn: stranger.arn };
}

export interface SendOptions {
  readonly headers?: Record<string, string | readonly string[]>;
  readonly as?: string;
}

/** `send(account, "POST /orders", body)`; a body that is no text is sent as JSON. */
export function send(
  account: SimulatedAws,
  what: string,
  body?: unknown,
  options: SendOptions = {},
): Promise<HttpResponse> {
  const [method = "", path = ""] = what.split(" ");
  return account.http({
    method,
    url: `${String(account.outputs.url)}${path}`,
    body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
    ...options,
  });
}

/** Status and body: `403 {"message":"Forbidden"}`. */
export const said = ({ body, status }: HttpResponse): string => `${status} ${body}`;
