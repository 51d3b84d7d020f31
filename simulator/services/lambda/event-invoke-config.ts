import { z } from "zod";
import type { Account } from "../account";
import type { Resource, ResourceDefinition } from "../service";
import { qualifies } from "./alias-resource";
import { withQualifier } from "./function-name";

/** How a function's asynchronous events are retried, and who hears of their end. */
export interface EventInvokeSettings {
  /** After a function error, 0 to 2. */
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMs: number;
  readonly onSuccessArn?: string;
  readonly onFailureArn?: string;
}

/** Source: "Configuring error handling settings for Lambda asynchronous invocations". */
const RETRY_ATTEMPTS_MAX = 2;
const EVENT_AGE_SECONDS = { min: 60, max: 21_600 };

/** What holds without a configuration. */
export const DEFAULT_EVENT_INVOKE_SETTINGS: EventInvokeSettings = {
  maximumRetryAttempts: RETRY_ATTEMPTS_MAX,
  maximumEventAgeMs: EVENT_AGE_SECONDS.max * 1000,
};

const destination = (services: readonly string[]) =>
  z.strictObject({
    destination: z.string().regex(new RegExp(`^arn:aws:(${services.join("|")}):`), {
      error: `must be the ARN of a destination: ${services.join(", ")}`,
    }),
  });

const EITHER = ["sqs", "sns", "lambda", "events"];

const configSchema = z.strictObject({
  functionName: z.string(),
  qualifier: z.string().optional(),
  maximumRetryAttempts: z.number().int().min(0).max(RETRY_ATTEMPTS_MAX).optional(),
  maximumEventAgeInSeconds: z
    .number()
    .int()
    .min(EVENT_AGE_SECONDS.min)
    .max(EVENT_AGE_SECONDS.max)
    .optional(),
  destinationConfig: z
    .strictObject({
      // Buckets take failures alone.
      onSuccess: destination(EITHER).optional(),
      onFailure: destination([...EITHER, "s3"]).optional(),
    })
    .optional(),
});
type ConfigInputs = z.infer<typeof configSchema>;

const targetOf = ({ functionName, qualifier }: ConfigInputs): string =>
  withQualifier(functionName, qualifier);

const put = ({ inputs }: Resource<ConfigInputs>, { services: { lambda } }: Account): void => {
  const { destinationConfig, maximumEventAgeInSeconds, maximumRetryAttempts } = inputs;
  const standard = DEFAULT_EVENT_INVOKE_SETTINGS;
  lambda.putEventInvokeSettings(targetOf(inputs), {
    maximumRetryAttempts: maximumRetryAttempts ?? standard.maximumRetryAttempts,
    maximumEventAgeMs: maximumEventAgeInSeconds
      ? maximumEventAgeInSeconds * 1000
      : standard.maximumEventAgeMs,
    onSuccessArn: destinationConfig?.onSuccess?.destination,
    onFailureArn: destinationConfig?.onFailure?.destination,
  });
};

/** The configuration of `$LATEST`, or of the version or alias that `qualifier` names. */
export const eventInvokeConfigDefinition: ResourceDefinition<ConfigInputs> = {
  type: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
  schema: configSchema,
  replaceOn: ["functionName", "qualifier"],
  follows: ({ inputs }, other) => qualifies(inputs.functionName, inputs.qualifier, other),
  plan: (inputs) => {
    const { functionName, qualifier } = inputs;
    return { id: qualifier ? `${functionName}:${qualifier}` : functionName, outputs: inputs };
  },
  create: put,
  update: (resource, _previous, account) => put(resource, account),
  delete: ({ inputs }, account) =>
    account.services.lambda.putEventInvokeSettings(targetOf(inputs), undefined),
  exists: ({ inputs }, { services: { lambda } }) => lambda.find(targetOf(inputs)) !== undefined,
};
