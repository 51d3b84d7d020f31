import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** What a role may do. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

export interface CourseFunctionArgs {
  readonly statements: readonly Statement[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly reservedConcurrentExecutions?: number;
  readonly publish?: boolean;
}

const TRUST_LAMBDA = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});

/** The function `consumer`, with a role that allows `statements` and nothing else. */
export function courseFunction<Event>(
  callbackFactory: () => aws.lambda.Callback<Event, unknown>,
  { environment = {}, statements, ...rest }: CourseFunctionArgs,
): { readonly consumer: aws.lambda.Function; readonly policy: aws.iam.RolePolicy } {
  const role = new aws.iam.Role("consumer-role", { assumeRolePolicy: TRUST_LAMBDA });
  const policy = new aws.iam.RolePolicy("consumer-policy", {
    role: role.name,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: statements.map(({ actions, resources }) => ({
        Effect: "Allow",
        Action: actions,
        Resource: resources,
      })),
    }),
  });
  const consumer = new aws.lambda.CallbackFunction<Event, unknown>(
    "consumer",
    {
      callbackFactory,
      role: role.arn,
      runtime: "nodejs22.x",
      timeout: 3,
      memorySize: 128,
      environment: { variables: environment },
      ...rest,
    },
    { dependsOn: [policy] },
  );
  return { consumer, policy };
}

/**
 * The alias `live` of two versions of `consumer`, half of the invocations each; of the first one alone, as long as there
 * is no other.
 */
export function halfAndHalf(consumer: aws.lambda.Function, isFirst: boolean): aws.lambda.Alias {
  return new aws.lambda.Alias("live", {
    name: "live",
    functionName: consumer.name,
    functionVersion: "1",
    routingConfig: { additionalVersionWeights: isFirst ? {} : { "2": 0.5 } },
  });
}

/** Lets a service send to a queue on behalf of one of its resources. */
export function allowSending(
  name: string,
  queue: aws.sqs.Queue,
  service: string,
  sourceArn: pulumi.Input<string>,
): void {
  new aws.sqs.QueuePolicy(name, {
    queueUrl: queue.url,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: service },
          Action: "sqs:SendMessage",
          Resource: queue.arn,
          Condition: { ArnEquals: { "aws:SourceArn": sourceArn } },
        },
      ],
    }),
  });
}
