import type { GetAliasCommandInput, UpdateAliasCommandInput } from "@aws-sdk/client-lambda";
import { uuidOf } from "../../kernel/random";
import { refuseUnmodelled } from "../request-input";
import type { Operation, RequiredPermission } from "../service";
import type { AliasSettings } from "./alias";
import type { LambdaFunction } from "./function";
import type { Lambda } from "./service";

export function aliasOperations(lambda: Lambda): Readonly<Record<string, Operation>> {
  const on =
    (action: string) =>
    ({ FunctionName = "" }: GetAliasCommandInput): RequiredPermission[] => [
      { action, resource: lambda.arnOf(FunctionName) },
    ];
  return {
    GetAlias: {
      permissions: on("lambda:GetAlias"),
      execute: (input: GetAliasCommandInput) => {
        refuseUnmodelled("Lambda.GetAlias", input, ["FunctionName", "Name"]);
        const { fn } = lambda.get(input.FunctionName ?? "");
        return answerOf(fn, lambda.alias(fn, input.Name ?? "").settings);
      },
    },
    UpdateAlias: {
      permissions: on("lambda:UpdateAlias"),
      execute: (input: UpdateAliasCommandInput) => updateAlias(lambda, input),
    },
  };
}

/** What is left out stays as it is. */
function updateAlias(lambda: Lambda, input: UpdateAliasCommandInput): object {
  const modelled = ["FunctionName", "Name", "FunctionVersion", "RoutingConfig", "Description"];
  refuseUnmodelled("Lambda.UpdateAlias", input, modelled);
  const { fn } = lambda.get(input.FunctionName ?? "");
  const previous = lambda.alias(fn, input.Name ?? "").settings;
  const { FunctionVersion, RoutingConfig } = input;
  const weights = RoutingConfig && (RoutingConfig.AdditionalVersionWeights ?? {});
  const settings = {
    name: previous.name,
    functionVersion: FunctionVersion ?? previous.functionVersion,
    additionalVersionWeights: weights ?? previous.additionalVersionWeights,
  };
  lambda.updateAlias(fn.settings.functionName, settings);
  return answerOf(fn, settings);
}

function answerOf(fn: LambdaFunction, settings: AliasSettings): object {
  const { additionalVersionWeights, functionVersion, name } = settings;
  const isWeighted = Object.keys(additionalVersionWeights).length > 0;
  return {
    AliasArn: `${fn.settings.arn}:${name}`,
    Name: name,
    FunctionVersion: functionVersion,
    Description: "",
    RevisionId: uuidOf(JSON.stringify([fn.settings.arn, settings])),
    ...(isWeighted && { RoutingConfig: { AdditionalVersionWeights: additionalVersionWeights } }),
  };
}
