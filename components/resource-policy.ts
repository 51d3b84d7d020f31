import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** A queue's policy: what is given, and nothing in plain text. */
export function queuePolicy(
  name: string,
  queue: aws.sqs.Queue,
  statements: readonly object[],
  opts: pulumi.CustomResourceOptions,
): aws.sqs.QueuePolicy {
  const policy = policyDocument([...statements, denyInsecureTransport("sqs:*", [queue.arn])]);
  return new aws.sqs.QueuePolicy(name, { queueUrl: queue.url, policy }, opts);
}

/** Lets a service send to a queue, for one resource: without it, for anybody's. */
export function mayBeSentBy(
  service: string,
  sourceArn: pulumi.Input<string>,
  queueArn: pulumi.Input<string>,
): object {
  return {
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sqs:SendMessage",
    Resource: queueArn,
    Condition: { ArnEquals: { "aws:SourceArn": sourceArn } },
  };
}

export function denyInsecureTransport(action: string, resources: pulumi.Input<string>[]): object {
  return {
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resources,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

export function policyDocument(statements: readonly object[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}
