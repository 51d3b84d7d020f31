import type { Assumptions } from "../../assumptions";
import { badRequestBody, badRequestParameters, type GatewayError } from "./gateway-response";
import { headerOf, type ParsedRequest } from "./http";
import type { MatchedRoute } from "./routing";

/** Where a required parameter is looked for, in the order in which the message names them. */
const PLACES = ["header", "path", "querystring"] as const;

const DEFAULT_CONTENT_TYPE = "application/json";

/**
 * Validates a request as its method's validator says. (AWS page: Request validation for REST APIs.)
 * What goes first when both are wrong is an assumption: `api.validationOrder`.
 */
export function validate(
  request: ParsedRequest,
  { pathParameters, route }: MatchedRoute,
  assumptions: Assumptions,
): GatewayError | undefined {
  const { body, parameters } = route.validates;
  const missing = parameters
    ? missingParameters(request, route.requestParameters, pathParameters)
    : [];
  const badParameters = missing.length > 0 ? badRequestParameters(missing) : undefined;
  const badBody = body && !bodyFits(request, route.models) ? badRequestBody() : undefined;
  if (!badParameters || !badBody) return badParameters ?? badBody;
  const parametersFirst = assumptions.choice("api.validationOrder") === "parameters-first";
  return parametersFirst ? badParameters : badBody;
}

function missingParameters(
  request: ParsedRequest,
  declared: Readonly<Record<string, boolean>>,
  pathParameters: Readonly<Record<string, string>>,
): string[] {
  const valueIn = {
    header: (name: string) => headerOf(request, name),
    path: (name: string) => pathParameters[name],
    querystring: (name: string) => request.query.get(name)?.at(-1),
  };
  return PLACES.flatMap((place) => {
    const prefix = `method.request.${place}.`;
    return Object.keys(declared)
      .filter((key) => key.startsWith(prefix) && declared[key])
      .map((key) => key.slice(prefix.length))
      .filter((name) => !valueIn[place](name)?.trim())
      .sort();
  });
}

/** A content type without a model is not validated; a body that is not there counts as `{}`. */
function bodyFits(request: ParsedRequest, models: MatchedRoute["route"]["models"]): boolean {
  const sent = headerOf(request, "content-type") ?? DEFAULT_CONTENT_TYPE;
  const contentType = sent.split(";")[0]!.trim().toLowerCase();
  const fits = models.get(contentType) ?? models.get("$default");
  if (!fits) return true;
  try {
    return fits(JSON.parse(request.body ?? "{}"));
  } catch {
    return false;
  }
}
