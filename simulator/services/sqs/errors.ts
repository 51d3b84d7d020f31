import { ServiceError } from "../errors";

export const queueDoesNotExist = (): ServiceError =>
  new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");

/** AWS's sentence for a value it does not take. */
export const invalidValue = (value: unknown, parameter: string, reason: string): ServiceError =>
  new ServiceError(
    "InvalidParameterValue",
    `Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );

export const missingParameter = (parameter: string): ServiceError =>
  new ServiceError("MissingParameter", `The request must contain the parameter ${parameter}.`);

export const notForThisQueueType = (value: unknown, parameter: string): ServiceError =>
  invalidValue(
    value,
    parameter,
    "The request include parameter that is not valid for this queue type.",
  );

/** A whole number within AWS's range. */
export function checkRange(
  value: number,
  parameter: string,
  [min, max]: readonly [number, number],
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalidValue(value, parameter, `Must be an integer from ${min} to ${max}.`);
}
