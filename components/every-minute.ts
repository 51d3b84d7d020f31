import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RestrictedFunction } from "./restricted-function";

/** Invokes a function every minute. */
export function everyMinute(
  name: string,
  target: RestrictedFunction,
  opts: pulumi.CustomResourceOptions,
): void {
  const rule = new aws.cloudwatch.EventRule(
    `${name}-schedule`,
    { scheduleExpression: "rate(1 minute)" },
    opts,
  );
  const permission = new aws.lambda.Permission(
    `${name}-permission`,
    {
      action: "lambda:InvokeFunction",
      ...target.entry.qualifying,
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    },
    opts,
  );
  new aws.cloudwatch.EventTarget(
    `${name}-target`,
    { rule: rule.name, arn: target.entry.arn },
    { ...opts, dependsOn: [permission, target.policy] },
  );
}
