import type { Account } from "../../account";
import { ServiceError } from "../../errors";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../../service";
import type { StreamSource } from "../../stream-source";
import { type MappingInputs, mappingSchema } from "./mapping-schema";
import { QueueMapping } from "./queue-mapping";
import type { QueueMappingSettings } from "./queue-settings";
import type { StreamMappingSettings } from "./settings";
import { isQueueArn, sourceKindOf } from "./source-permissions";
import { StreamMapping } from "./stream-mapping";

export { missingSourcePermissions } from "./source-permissions";

const mappingResource: ResourceDefinition<MappingInputs> = {
  type: "aws:lambda/eventSourceMapping:EventSourceMapping",
  schema: mappingSchema,
  replaceOn: ["eventSourceArn", "startingPosition", "startingPositionTimestamp"],
  plan: (inputs, identity) => {
    const { accountId, region, uuid } = identity;
    const outputs = {
      ...inputs,
      uuid,
      arn: `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`,
      functionArn: functionArnOf(inputs.functionName, identity),
      lastProcessingResult: "No records processed",
      state: inputs.enabled ? "Enabled" : "Disabled",
      stateTransitionReason: "User action",
    };
    return { id: uuid, outputs };
  },
  create: (resource, account) => {
    const { lambda } = account.services;
    lambda.get(functionArnOf(resource.inputs.functionName, resource));
    const mapping = isQueueArn(resource.inputs.eventSourceArn)
      ? createQueueMapping(resource, account)
      : createStreamMapping(resource, account);
    lambda.mappings.set(resource.uuid, mapping);
    if (resource.inputs.enabled) mapping.enable();
    else mapping.disable();
  },
  update: (resource, _previous, account) => {
    const { inputs, uuid } = resource;
    const { lambda } = account.services;
    lambda.get(functionArnOf(inputs.functionName, resource));
    const mapping = lambda.mappings.get(uuid);
    if (!mapping) throw notFound(`The resource you requested does not exist: ${uuid}`);
    if (mapping instanceof QueueMapping) checkVisibility(resource, account);
    // In this order nothing is sent by a mapping that is being disabled, or with outdated settings.
    if (!inputs.enabled) mapping.disable();
    if (mapping instanceof QueueMapping) mapping.update(queueSettingsOf(resource));
    else mapping.update(streamSettingsOf(resource));
    if (inputs.enabled) mapping.enable();
  },
  delete: ({ uuid }, { services: { lambda } }) => {
    lambda.mappings.get(uuid)?.delete();
    lambda.mappings.delete(uuid);
  },
};

export const streamMappingResources: ResourceDefinition[] = [mappingResource];

function createStreamMapping(resource: Resource<MappingInputs>, account: Account): StreamMapping {
  const settings = streamSettingsOf(resource);
  const source = sourceOf(resource.inputs, account);
  checkStart(resource.inputs, settings, account);
  checkUnique(settings, source, account);
  return new StreamMapping(account, settings, source);
}

function createQueueMapping(resource: Resource<MappingInputs>, account: Account): QueueMapping {
  const settings = queueSettingsOf(resource);
  const arn = resource.inputs.eventSourceArn;
  checkVisibility(resource, account);
  checkUnique(settings, { arn }, account);
  return new QueueMapping(account, settings, arn);
}

/** The settings that mappings of every kind of source have. */
function commonSettingsOf(resource: Resource<MappingInputs>) {
  const { inputs } = resource;
  return {
    name: resource.name,
    uuid: resource.uuid,
    functionArn: functionArnOf(inputs.functionName, resource),
    batchSize: inputs.batchSize,
    maximumBatchingWindowInSeconds: inputs.maximumBatchingWindowInSeconds,
    reportBatchItemFailures: inputs.functionResponseTypes.length > 0,
    filterPatterns: inputs.filterCriteria?.filters.map(({ pattern }) => pattern),
  };
}

function queueSettingsOf(resource: Resource<MappingInputs>): QueueMappingSettings {
  const { scalingConfig } = resource.inputs;
  return {
    ...commonSettingsOf(resource),
    maximumConcurrency: scalingConfig?.maximumConcurrency,
  };
}

// The schema fills in, or requires, what streams have.
function streamSettingsOf(resource: Resource<MappingInputs>): StreamMappingSettings {
  const { inputs } = resource;
  const { startingPositionTimestamp: start } = inputs;
  return {
    ...commonSettingsOf(resource),
    parallelizationFactor: inputs.parallelizationFactor!,
    maximumRetryAttempts: inputs.maximumRetryAttempts!,
    maximumRecordAgeInSeconds: inputs.maximumRecordAgeInSeconds!,
    bisectBatchOnFunctionError: inputs.bisectBatchOnFunctionError!,
    tumblingWindowInSeconds: inputs.tumblingWindowInSeconds!,
    startingPosition: inputs.startingPosition!,
    startingPositionMs: start === undefined ? undefined : Date.parse(start),
    onFailureArn: inputs.destinationConfig?.onFailure?.destinationArn,
  };
}

function functionArnOf(name: string, { accountId, region }: ResourceIdentity): string {
  return name.startsWith("arn:") ? name : `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

function sourceOf({ eventSourceArn }: MappingInputs, { services }: Account): StreamSource {
  const owner = sourceKindOf(eventSourceArn) === "dynamodb" ? services.dynamodb : services.kinesis;
  const source = owner.streamSource(eventSourceArn);
  if (source) return source;
  throw notFound(`Stream not found: ${eventSourceArn}`);
}

/** @throws `InvalidParameterValueException` */
function checkStart(
  { eventSourceArn, startingPosition }: MappingInputs,
  { startingPositionMs }: StreamMappingSettings,
  { kernel: { now } }: Account,
): void {
  if (startingPosition !== "AT_TIMESTAMP") return;
  if (sourceKindOf(eventSourceArn) === "dynamodb") {
    throw invalid(`Unsupported starting position for arn type: ${eventSourceArn}`);
  }
  if (startingPositionMs === undefined || startingPositionMs > now) {
    throw invalid("StartingPositionTimestamp must not be in the future.");
  }
}

/**
 * Lambda checks this when a mapping is created or changed, not when its function or queue is.
 *
 * @throws `InvalidParameterValueException`
 */
function checkVisibility(
  { inputs }: Resource<MappingInputs>,
  { services: { lambda, sqs } }: Account,
): void {
  const queue = sqs.findByArn(inputs.eventSourceArn);
  if (!queue) {
    throw invalid(
      "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. " +
        "SQS Error Message: The specified queue does not exist.",
    );
  }
  const { visibilityTimeout } = queue.settings;
  const timeoutSeconds = lambda.get(inputs.functionName).settings.timeoutMs / 1000;
  if (timeoutSeconds <= visibilityTimeout) return;
  throw invalid(
    `Queue visibility timeout: ${visibilityTimeout} seconds is less than Function timeout: ` +
      `${timeoutSeconds} seconds`,
  );
}

/** @throws `ResourceConflictException` for a second mapping of the same source and function */
function checkUnique(
  { functionArn }: { readonly functionArn: string },
  source: { readonly arn: string },
  { services: { lambda } }: Account,
): void {
  for (const other of lambda.mappings.values()) {
    if (other.source.arn !== source.arn || other.settings.functionArn !== functionArn) continue;
    const functionName = functionArn.split(":").slice(6).join(":");
    throw new ServiceError(
      "ResourceConflictException",
      `The event source arn (" ${source.arn} ") and function (" ${functionName} ") provided mapping ` +
        "already exists. Please update or delete the existing mapping with UUID " +
        other.settings.uuid,
      { statusCode: 409 },
    );
  }
}

const notFound = (message: string) =>
  new ServiceError("ResourceNotFoundException", message, { statusCode: 404 });

const invalid = (message: string) => new ServiceError("InvalidParameterValueException", message);
