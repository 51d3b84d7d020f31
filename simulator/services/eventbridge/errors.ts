import { ServiceError } from "../errors";

/** The bus by its name, whatever it was asked for by. */
export const busDoesNotExist = (name: string): ServiceError =>
  new ServiceError("ResourceNotFoundException", `Event bus ${name} does not exist.`);

export const validation = (message: string): ServiceError =>
  new ServiceError("ValidationException", message);

export const invalidParameter = (parameter: string, reason: string): ServiceError =>
  validation(`Parameter ${parameter} is not valid. Reason: ${reason}`);

export const limitExceeded = (): ServiceError =>
  new ServiceError(
    "LimitExceededException",
    "The requested resource exceeds the maximum number allowed.",
  );
