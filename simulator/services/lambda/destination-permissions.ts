import type { Account } from "../account";
import type { Resource } from "../service";
import { withQualifier } from "./function-name";

/** What a function's role needs for each kind of destination. Source: "Adding a destination". */
export const DESTINATION_ACTIONS = {
  sqs: "sqs:SendMessage",
  sns: "sns:Publish",
  lambda: "lambda:InvokeFunction",
  events: "events:PutEvents",
  s3: "s3:PutObject",
} as const;

const SERVICES: Readonly<Record<string, string>> = {
  sqs: "SQS",
  sns: "SNS",
  lambda: "Lambda",
  events: "EventBridge",
  s3: "S3",
};

/** The part of an ARN that names its service: `sqs`, `events`, … */
export const destinationKind = (arn: string): string => arn.split(":")[2] ?? "";

interface DestinationInputs {
  readonly deadLetterConfig?: { readonly targetArn: string };
  readonly functionName?: string;
  readonly qualifier?: string;
  readonly destinationConfig?: {
    readonly onSuccess?: { readonly destination: string };
    readonly onFailure?: { readonly destination: string };
  };
}

/**
 * What roles lack to write to the dead-letter queues and destinations that these resources name, in AWS's words: a
 * line each. AWS asks when a function or its configuration is made or changed, and never again.
 */
export function missingDestinationPermissions(
  account: Account,
  resources: readonly Resource[],
): string[] {
  const { lambda } = account.services;
  return resources.flatMap(({ inputs, name, type }) => {
    if (!type.startsWith("aws:lambda/function")) return [];
    const { deadLetterConfig, destinationConfig, ...named } = inputs as DestinationInputs;
    const functionName = withQualifier(named.functionName ?? String(inputs.name), named.qualifier);
    const role = lambda.find(functionName)?.settings.roleArn ?? "";
    const { onFailure, onSuccess } = destinationConfig ?? {};
    const arns = [deadLetterConfig?.targetArn, onSuccess?.destination, onFailure?.destination];
    return arns.flatMap((arn) => {
      const problem = arn && missing(account, role, arn);
      return problem ? [`${name} (${type}): ${problem} (${arn})`] : [];
    });
  });
}

function missing({ services: { iam } }: Account, role: string, arn: string): string | undefined {
  const kind = destinationKind(arn) as keyof typeof DESTINATION_ACTIONS;
  const action = DESTINATION_ACTIONS[kind];
  // Objects have names of their own; whether any may be put is told by the folder they go to.
  const resource = kind === "s3" ? `${arn}/aws/lambda/async/` : arn;
  if (iam.allows(role, action, resource)) return undefined;
  const operation = action.slice(action.indexOf(":") + 1).replace("InvokeFunction", "Invoke");
  return (
    "InvalidParameterValueException: The provided execution role does not have permissions to " +
    `call ${operation} on ${SERVICES[kind]}`
  );
}
