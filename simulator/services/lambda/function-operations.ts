import type {
  DeleteFunctionCommandInput,
  GetFunctionConfigurationCommandInput,
  ListVersionsByFunctionCommandInput,
  PublishVersionCommandInput,
  PutFunctionConcurrencyCommandInput,
} from "@aws-sdk/client-lambda";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Operation, RequiredPermission } from "../service";
import { withQualifier } from "./function-name";
import type { FunctionSettings } from "./running-invocation";
import type { Lambda } from "./service";

interface Named {
  readonly FunctionName?: string;
  readonly Qualifier?: string;
}

/** What can be asked about functions and their versions, and changed of them. */
export function functionOperations(lambda: Lambda): Readonly<Record<string, Operation>> {
  const on =
    (action: string) =>
    ({ FunctionName = "", Qualifier }: Named): RequiredPermission[] => [
      { action, resource: lambda.arnOf(withQualifier(FunctionName, Qualifier)) },
    ];
  return {
    DeleteFunction: {
      permissions: on("lambda:DeleteFunction"),
      execute: (input: DeleteFunctionCommandInput) => {
        // With a qualifier it would delete one version.
        refuseUnmodelled("Lambda.DeleteFunction", input, ["FunctionName"]);
        lambda.deleteFunction(lambda.get(input.FunctionName ?? "").fn.settings.functionName);
        return { StatusCode: 204 };
      },
    },
    GetFunctionConfiguration: {
      permissions: on("lambda:GetFunctionConfiguration"),
      execute: (input: GetFunctionConfigurationCommandInput) => {
        const operation = "Lambda.GetFunctionConfiguration";
        refuseUnmodelled(operation, input, ["FunctionName", "Qualifier"]);
        const target = lambda.get(withQualifier(input.FunctionName ?? "", input.Qualifier));
        return configurationOf(target.settings, target.arn);
      },
    },
    ListVersionsByFunction: {
      permissions: on("lambda:ListVersionsByFunction"),
      execute: (input: ListVersionsByFunctionCommandInput) => {
        refuseUnmodelled("Lambda.ListVersionsByFunction", input, ["FunctionName"]);
        const { fn } = lambda.get(input.FunctionName ?? "");
        return { Versions: [fn.latest, ...fn.versions].map((each) => versionOf(each.settings)) };
      },
    },
    PublishVersion: {
      permissions: on("lambda:PublishVersion"),
      execute: (input: PublishVersionCommandInput) => publishVersion(lambda, input),
    },
    PutFunctionConcurrency: {
      permissions: on("lambda:PutFunctionConcurrency"),
      execute: (input: PutFunctionConcurrencyCommandInput) => {
        const modelled = ["FunctionName", "ReservedConcurrentExecutions"];
        refuseUnmodelled("Lambda.PutFunctionConcurrency", input, modelled);
        const { fn } = lambda.get(input.FunctionName ?? "");
        const reserved = input.ReservedConcurrentExecutions ?? 0;
        lambda.checkReservation(fn.settings.functionName, reserved);
        fn.reservedConcurrency = reserved;
        return { ReservedConcurrentExecutions: reserved };
      },
    },
  };
}

/** Source: "PublishVersion": none is published if nothing has changed since the last one. */
function publishVersion(lambda: Lambda, input: PublishVersionCommandInput): object {
  const modelled = ["FunctionName", "CodeSha256", "Description"];
  refuseUnmodelled("Lambda.PublishVersion", input, modelled);
  const { fn } = lambda.get(input.FunctionName ?? "");
  const { sha256 } = fn.settings.artifact;
  if (input.CodeSha256 !== undefined && input.CodeSha256 !== sha256) {
    throw new ServiceError(
      "InvalidParameterValueException",
      `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST ` +
        `(${sha256}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  }
  const last = fn.lastVersion;
  const version = fn.isPublished ? fn.version(String(last))! : lambda.publish(fn, String(last + 1));
  return versionOf(version.settings);
}

const versionOf = (settings: FunctionSettings): object =>
  configurationOf(settings, `${settings.arn}:${settings.version}`);

function configurationOf(settings: FunctionSettings, arn: string): object {
  return {
    FunctionName: settings.functionName,
    FunctionArn: arn,
    Role: settings.roleArn,
    Handler: settings.handler,
    Timeout: settings.timeoutMs / 1000,
    MemorySize: settings.memoryMb,
    Environment: { Variables: { ...settings.environment } },
    CodeSha256: settings.artifact.sha256,
    Version: settings.version,
    State: "Active",
    ...(settings.deadLetterTargetArn && {
      DeadLetterConfig: { TargetArn: settings.deadLetterTargetArn },
    }),
    ...(settings.layerArns && { Layers: settings.layerArns.map((Arn) => ({ Arn })) }),
  };
}
