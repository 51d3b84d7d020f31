import { NotModelledError, ServiceError } from "../errors";

/** What DynamoDB answers to a request that can never succeed. */
export const validation = (message: string): ServiceError =>
  new ServiceError("ValidationException", message);

/** The message of a request whose parameter breaks the API model. */
export const constraint = (
  at: string,
  value: string | number | undefined,
  failed: string,
): ServiceError =>
  validation(
    `1 validation error detected: Value ${value === undefined ? "null" : `'${String(value)}'`} at '${at}' ` +
      `failed to satisfy constraint: ${failed}`,
  );

export const tableNotFound = (): ServiceError =>
  new ServiceError("ResourceNotFoundException", "Requested resource not found");

/** `item` is what ReturnValuesOnConditionCheckFailure asked for. */
export const conditionFailed = (item?: object): ServiceError =>
  new ServiceError("ConditionalCheckFailedException", "The conditional request failed", {
    members: item ? { Item: item } : {},
  });

export const transactionConflict = (): ServiceError =>
  new ServiceError("TransactionConflictException", "Transaction is ongoing for the item");

export const notModelled = (operation: string, parameter: string, instead: string): Error =>
  new NotModelledError(`DynamoDB ${operation}: ${parameter} is not modelled; ${instead}`);

const LEGACY: Readonly<Record<string, string>> = {
  AttributesToGet: "use ProjectionExpression",
  AttributeUpdates: "use UpdateExpression",
  ConditionalOperator: "use ConditionExpression",
  Expected: "use ConditionExpression",
  KeyConditions: "use KeyConditionExpression",
  QueryFilter: "use FilterExpression",
  ScanFilter: "use FilterExpression",
};

/** Refuses what the simulated service does not model: the parameters that expressions replaced. */
export function refuseLegacyParameters(operation: string, input: object): void {
  for (const parameter in input) {
    const instead = LEGACY[parameter];
    if (instead !== undefined && (input as Record<string, unknown>)[parameter] !== undefined) {
      throw notModelled(operation, parameter, instead);
    }
  }
  const { ReturnConsumedCapacity: capacity, ReturnItemCollectionMetrics: metrics } = input as {
    ReturnConsumedCapacity?: string;
    ReturnItemCollectionMetrics?: string;
  };
  if (capacity === "INDEXES") {
    throw notModelled(operation, "ReturnConsumedCapacity INDEXES", "use TOTAL");
  }
  if (metrics !== undefined && metrics !== "NONE") {
    throw notModelled(operation, "ReturnItemCollectionMetrics", "leave it out");
  }
}
