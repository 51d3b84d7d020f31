import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionSettings, Settings } from "../config";
import { functionEntry, type FunctionEntry } from "./function-entry";
import { packing, type PackageName } from "./packages";

/** The one place that names the runtime. AWS deprecates it on 30 April 2027. */
export const RUNTIME = "nodejs22.x";

/** Actions that a role allows, on exactly these resources. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

// Pulumi types a handler's event and answer as one pair per function; here they differ from function to function.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type HandlerFactory = () => aws.lambda.Callback<any, any>;

/** What all functions of a stack have in common. */
export interface StackParts {
  readonly settings: Settings;
  /** Holds the packages of all functions. Default: each has its own with it. */
  readonly sharedCode?: aws.lambda.LayerVersion;
}

export interface RestrictedFunctionArgs {
  /** The handler's factory itself: its text, and what it refers to, is what is uploaded. */
  readonly handler: HandlerFactory;
  /** The packages that the handler requires; no others are uploaded with it, and none that a layer has. */
  readonly packages: readonly PackageName[];
  readonly settings: FunctionSettings;
  readonly stack: StackParts;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly statements: readonly Statement[];
  /** Where asynchronous events go that are given up, and what the role needs for it. */
  readonly deadLetter?: {
    readonly arn: pulumi.Input<string>;
    readonly statements: readonly Statement[];
  };
}

/** A Lambda function with a role, a log group, and no right beyond what it is given here. */
export class RestrictedFunction extends pulumi.ComponentResource {
  readonly function: aws.lambda.CallbackFunction<unknown, unknown>;
  /** What everything that invokes it names. */
  readonly entry: FunctionEntry;
  /** What an event source or a schedule must wait for: before it, the function can do nothing. */
  readonly policy: aws.iam.RolePolicy;

  constructor(name: string, args: RestrictedFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redrive:index:RestrictedFunction", name, {}, opts);
    const child = { parent: this };
    const { memorySize, timeout, reservedConcurrentExecutions } = args.settings;
    const { settings: stack, sharedCode } = args.stack;

    const role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: TRUST_LAMBDA }, child);
    // AWS asks before it makes the function; the rest of the policy needs the function's name.
    const before = args.deadLetter && [
      new aws.iam.RolePolicy(
        `${name}-dead-letter-policy`,
        { role: role.name, policy: allowing(args.deadLetter.statements) },
        child,
      ),
    ];
    this.function = new aws.lambda.CallbackFunction(
      name,
      {
        callbackFactory: args.handler,
        role: role.arn,
        runtime: RUNTIME,
        timeout,
        memorySize,
        ...(reservedConcurrentExecutions >= 0 && { reservedConcurrentExecutions }),
        environment: { variables: args.environment },
        codePathOptions: packing(sharedCode ? [] : args.packages),
        ...(sharedCode && { layers: [sharedCode.arn] }),
        ...(stack.publishVersions && { publish: true }),
        ...(args.deadLetter && { deadLetterConfig: { targetArn: args.deadLetter.arn } }),
      },
      { ...child, ...(before && { dependsOn: before }) },
    );
    this.entry = functionEntry(name, this.function, stack, args.settings, child);
    // The group takes the function's name, and the role may not create groups: none is left behind.
    const logs = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      {
        name: pulumi.interpolate`/aws/lambda/${this.function.name}`,
        retentionInDays: stack.logRetentionDays,
      },
      child,
    );
    const mayLog: Statement = {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [pulumi.interpolate`${logs.arn}:*`],
    };
    this.policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      { role: role.name, policy: allowing([...args.statements, mayLog]) },
      child,
    );
    this.registerOutputs({ functionName: this.function.name });
  }
}

const TRUST_LAMBDA = JSON.stringify({
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
