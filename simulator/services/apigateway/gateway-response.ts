import type { HttpResponse } from "./http";

/** What API Gateway answers by itself. (AWS page: Gateway response types.) */
export interface GatewayError {
  readonly status: number;
  /** `BAD_REQUEST_BODY`, …: `$context.error.responseType`. */
  readonly responseType: string;
  /** The header `x-amzn-ErrorType`. */
  readonly errorType: string;
  readonly message: string;
  /** What the body calls the message: IAM's refusals write it with a capital. */
  readonly member?: "message" | "Message";
}

const error = (
  status: number,
  responseType: string,
  errorType: string,
  message: string,
): GatewayError => ({ status, responseType, errorType, message });

export const MISSING_AUTHENTICATION_TOKEN = error(
  403,
  "MISSING_AUTHENTICATION_TOKEN",
  "MissingAuthenticationTokenException",
  "Missing Authentication Token",
);

/** The API has no such stage. */
export const FORBIDDEN = error(403, "DEFAULT_4XX", "ForbiddenException", "Forbidden");

export const INVALID_TOKEN = error(
  403,
  "DEFAULT_4XX",
  "UnrecognizedClientException",
  "The security token included in the request is invalid.",
);

export const THROTTLED = error(429, "THROTTLED", "TooManyRequestsException", "Too Many Requests");

export const REQUEST_TOO_LARGE = error(
  413,
  "REQUEST_TOO_LARGE",
  "RequestTooLargeException",
  "Request Too Long",
);

/** The integration cannot be called: no permission, no such function, not POST. */
export const CONFIGURATION_ERROR = error(
  500,
  "API_CONFIGURATION_ERROR",
  "InternalServerErrorException",
  "Internal server error",
);

/** The function was called and did not answer as a proxy integration must. */
export const BAD_GATEWAY = error(
  502,
  "DEFAULT_5XX",
  "InternalServerErrorException",
  "Internal server error",
);

export const INTEGRATION_TIMEOUT = error(
  504,
  "INTEGRATION_TIMEOUT",
  "InternalServerErrorException",
  "Endpoint request timed out",
);

export const accessDenied = (message: string): GatewayError => ({
  ...error(403, "ACCESS_DENIED", "AccessDeniedException", message),
  member: "Message",
});

export const badRequestParameters = (names: readonly string[]): GatewayError =>
  error(
    400,
    "BAD_REQUEST_PARAMETERS",
    "BadRequestException",
    `Missing required request parameters: [${names.join(", ")}]`,
  );

export const badRequestBody = (): GatewayError =>
  error(400, "BAD_REQUEST_BODY", "BadRequestException", "Invalid request body");

export function toResponse({ errorType, member, message, status }: GatewayError): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": errorType },
    body: JSON.stringify({ [member ?? "message"]: message }),
  };
}
