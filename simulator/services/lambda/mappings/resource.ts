import type { Account } from "../../account";
import { ServiceError } from "../../errors";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../../service";
import type { StreamSource } from "../../stream-source";
import { type MappingInputs, mappingSchema } from "./mapping-schema";
import type { StreamMappingSettings } from "./settings";
import { sourceKindOf } from "./source-permissions";
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
    const settings = settingsOf(resource);
    const { lambda } = account.services;
    lambda.get(settings.functionArn);
    const source = sourceOf(resource.inputs, account);
    checkStart(resource.inputs, settings, account);
    checkUnique(settings, source, account);
    const mapping = new StreamMapping(account, settings, source);
    lambda.mappings.set(settings.uuid, mapping);
    if (resource.inputs.enabled) mapping.enable();
    else mapping.disable();
  },
  update: (resource, _previous, { services: { lambda } }) => {
    const settings = settingsOf(resource);
    lambda.get(settings.functionArn);
    const mapping = lambda.mappings.get(settings.uuid);
    if (!mapping) throw notFound(`The resource you requested does not exist: ${settings.uuid}`);
    // In this order nothing is sent by a mapping that is being disabled, or with outdated settings.
    if (!resource.inputs.enabled) mapping.disable();
    mapping.update(settings);
    if (resource.inputs.enabled) mapping.enable();
  },
  delete: ({ uuid }, { services: { lambda } }) => {
    lambda.mappings.get(uuid)?.delete();
    lambda.mappings.delete(uuid);
  },
};

export const streamMappingResources: ResourceDefinition[] = [mappingResource];

function settingsOf(resource: Resource<MappingInputs>): StreamMappingSettings {
  const { inputs } = resource;
  const { startingPositionTimestamp: start } = inputs;
  return {
    name: resource.name,
    uuid: resource.uuid,
    functionArn: functionArnOf(inputs.functionName, resource),
    batchSize: inputs.batchSize,
    maximumBatchingWindowInSeconds: inputs.maximumBatchingWindowInSeconds,
    parallelizationFactor: inputs.parallelizationFactor,
    maximumRetryAttempts: inputs.maximumRetryAttempts,
    maximumRecordAgeInSeconds: inputs.maximumRecordAgeInSeconds,
    bisectBatchOnFunctionError: inputs.bisectBatchOnFunctionError,
    reportBatchItemFailures: inputs.functionResponseTypes.length > 0,
    // The schema requires it for streams.
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

/** @throws `ResourceConflictException` for a second mapping of the same source and function */
function checkUnique(
  { functionArn }: StreamMappingSettings,
  source: StreamSource,
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
