import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AliasSettings, FunctionSettings, Settings } from "../config";

/** What invokes a function names: its alias, if it has one, or else the function itself. */
export interface FunctionEntry {
  readonly arn: pulumi.Output<string>;
  /** As `Invoke` takes it. */
  readonly name: pulumi.Output<string>;
  /** For an API's integration. */
  readonly invokeArn: pulumi.Output<string>;
  /** For resources that name function and alias apart: an alias has a policy and asynchronous settings of its own. */
  readonly qualifying: {
    readonly function: pulumi.Output<string>;
    readonly qualifier?: string;
  };
}

/** A function's entry, and its alias if the stack has one. */
export function functionEntry(
  name: string,
  fn: aws.lambda.Function,
  { alias, publishVersions }: Settings,
  settings: FunctionSettings,
  opts: pulumi.CustomResourceOptions,
): FunctionEntry {
  const { arn, invokeArn, name: functionName, version } = fn;
  const qualifier = alias.name;
  if (qualifier === undefined) {
    return { arn, name: functionName, invokeArn, qualifying: { function: functionName } };
  }
  const previous = settings.previousVersion || alias.previousVersion;
  const made = new aws.lambda.Alias(
    `${name}-alias`,
    {
      name: qualifier,
      functionName,
      ...(publishVersions
        ? {
            functionVersion: version.apply((newest) => stableOf(Number(newest), previous)),
            ...(alias.canaryWeight > 0 && {
              routingConfig: version.apply((newest) => routing(Number(newest), previous, alias)),
            }),
          }
        : { functionVersion: "$LATEST" }),
    },
    opts,
  );
  return {
    arn: made.arn,
    name: pulumi.interpolate`${functionName}:${qualifier}`,
    invokeArn: made.invokeArn,
    qualifying: { function: functionName, qualifier },
  };
}

/** The version that gets what a canary does not. */
function stableOf(newest: number, previous: number): string {
  return String(previous > 0 && previous < newest ? previous : newest);
}

/** A function that this deployment did not change has nothing newer than `previous`, and no canary. */
function routing(newest: number, previous: number, { canaryWeight }: AliasSettings) {
  const isRouted = previous > 0 && previous < newest;
  return { additionalVersionWeights: isRouted ? { [String(newest)]: canaryWeight } : {} };
}
