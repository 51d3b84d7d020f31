import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export const RUNTIME = "nodejs22.x";

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

export interface FunctionArgs {
  readonly statements?: readonly Statement[];
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Seconds. @default 3 */
  readonly timeout?: number;
  readonly reservedConcurrentExecutions?: number;
  readonly publish?: boolean;
}

export interface DeployedFunction {
  readonly lambda: aws.lambda.CallbackFunction<unknown, unknown>;
  readonly role: aws.iam.Role;
  readonly policy: aws.iam.RolePolicy;
}

export const TRUST_LAMBDA = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});

export function allowing(statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources }) => ({
      Effect: "Allow",
      Action: actions,
      Resource: resources,
    })),
  });
}

/** A function with a role that allows `statements` and nothing else. */
export function lambdaFunction(
  name: string,
  // Each test's handler has an event and an answer of its own.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  callbackFactory: () => aws.lambda.Callback<any, any>,
  { environment = {}, statements = [], timeout = 3, ...rest }: FunctionArgs = {},
): DeployedFunction {
  const role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: TRUST_LAMBDA });
  const none: Statement = { actions: ["sts:GetCallerIdentity"], resources: ["*"] };
  const policy = new aws.iam.RolePolicy(`${name}-policy`, {
    role: role.name,
    policy: allowing(statements.length > 0 ? statements : [none]),
  });
  const lambda = new aws.lambda.CallbackFunction<unknown, unknown>(
    name,
    {
      callbackFactory,
      role: role.arn,
      runtime: RUNTIME,
      timeout,
      memorySize: 128,
      environment: { variables: environment },
      ...rest,
    },
    { dependsOn: [policy] },
  );
  return { lambda, role, policy };
}

/** What a role needs to be fed from a Kinesis stream. */
export function readsStream(stream: aws.kinesis.Stream): Statement {
  const actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListShards"];
  return { actions: actions.map((action) => `kinesis:${action}`), resources: [stream.arn] };
}
