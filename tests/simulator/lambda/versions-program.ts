import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { lambdaFunction, readsStream, type Statement } from "../face/lambda-function";

/** Of the first version; settings of a later deployment go over it. */
export interface CanaryArgs {
  /** What sets one version apart from the other. */
  readonly color: string;
  /** The version of the alias. @default the newest */
  readonly stable?: string;
  /** The share of the newest version. @default none */
  readonly weight?: number;
}

interface StreamEvent {
  readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
}

/** Fails for every batch with a record `bad`; answers HTTP requests with its color. */
const consumerFactory = () => (event: Partial<StreamEvent>) => {
  const { Records = [] } = event;
  const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());
  if (texts.includes("bad")) return Promise.reject(new Error("cannot process bad"));
  return Promise.resolve({ statusCode: 200, body: process.env.COLOR });
};

/** A function behind an alias, which a stream, a rule and an API invoke. */
export function canaryProgram({ color, stable, weight }: CanaryArgs) {
  return (): Record<string, unknown> => {
    const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
    const letters = new aws.sqs.Queue("dead-letters", {});
    const sends: Statement = { actions: ["sqs:SendMessage"], resources: [letters.arn] };
    const { lambda, policy } = lambdaFunction("consumer", consumerFactory, {
      statements: [readsStream(stream), sends],
      environment: { COLOR: color },
      publish: true,
    });
    const share = weight === undefined ? {} : { [newest(stable)]: weight };
    const alias = new aws.lambda.Alias("live", {
      name: "live",
      functionName: lambda.name,
      functionVersion: stable ?? lambda.version,
      routingConfig: { additionalVersionWeights: share },
    });
    new aws.lambda.EventSourceMapping(
      "mapping",
      {
        eventSourceArn: stream.arn,
        functionName: alias.arn,
        startingPosition: "TRIM_HORIZON",
        maximumRetryAttempts: 12,
        bisectBatchOnFunctionError: true,
        destinationConfig: { onFailure: { destinationArn: letters.arn } },
      },
      { dependsOn: [policy] },
    );
    const { url } = api(lambda, alias);
    const bus = rule(lambda, alias);
    return {
      ...{ streamName: stream.name, queueUrl: letters.url, url, bus },
      ...{ version: lambda.version, qualifiedArn: lambda.qualifiedArn, aliasArn: alias.arn },
    };
  };
}

const newest = (stable: string | undefined): string => String(Number(stable) + 1);

type Function_ = aws.lambda.CallbackFunction<unknown, unknown>;

function permission(
  name: string,
  lambda: Function_,
  alias: aws.lambda.Alias,
  args: { principal: string; sourceArn: pulumi.Input<string> },
): aws.lambda.Permission {
  const [action, qualifier] = ["lambda:InvokeFunction", alias.name];
  return new aws.lambda.Permission(name, { ...args, action, function: lambda.name, qualifier });
}

function rule(lambda: Function_, alias: aws.lambda.Alias): pulumi.Output<string> {
  const bus = new aws.cloudwatch.EventBus("orders", {});
  const eventPattern = JSON.stringify({ source: ["shop"] });
  const all = new aws.cloudwatch.EventRule("all", { eventBusName: bus.name, eventPattern });
  const target = { rule: all.name, eventBusName: bus.name, arn: alias.arn };
  new aws.cloudwatch.EventTarget("all", target);
  permission("rule", lambda, alias, { principal: "events.amazonaws.com", sourceArn: all.arn });
  return bus.name;
}

function api(lambda: Function_, alias: aws.lambda.Alias): { url: pulumi.Output<string> } {
  const shop = new aws.apigateway.RestApi("shop", {});
  const on = { restApi: shop.id, resourceId: shop.rootResourceId, httpMethod: "GET" };
  const method = new aws.apigateway.Method("get", { ...on, authorization: "NONE" });
  const integration = new aws.apigateway.Integration(
    "get",
    { ...on, type: "AWS_PROXY", integrationHttpMethod: "POST", uri: alias.invokeArn },
    { dependsOn: [method] },
  );
  const deployment = new aws.apigateway.Deployment(
    "one",
    { restApi: shop.id },
    { dependsOn: [integration] },
  );
  const sourceArn = pulumi.interpolate`${shop.executionArn}/*`;
  permission("api", lambda, alias, { principal: "apigateway.amazonaws.com", sourceArn });
  const stage = { restApi: shop.id, deployment: deployment.id, stageName: "dev" };
  return { url: new aws.apigateway.Stage("dev", stage).invokeUrl };
}
