import { SOURCE_IP, type Identity } from "./identity";
import type { ParsedRequest } from "./http";
import type { MatchedRoute } from "./routing";

/** `requestContext`. (AWS page: Lambda proxy integrations, input format.) */
export interface RequestContext {
  readonly accountId: string;
  readonly apiId: string;
  readonly deploymentId: string;
  readonly domainName: string;
  readonly domainPrefix: string;
  readonly extendedRequestId: string;
  readonly httpMethod: string;
  readonly identity: Identity;
  /** With the stage. */
  readonly path: string;
  readonly protocol: "HTTP/1.1";
  readonly requestId: string;
  readonly requestTime: string;
  readonly requestTimeEpoch: number;
  readonly resourceId: string;
  readonly resourcePath: string;
  readonly stage: string;
}

/** Hop by hop, or made anew: these do not reach the function. */
const NOT_PASSED_ON = ["connection", "content-length", "transfer-encoding"];

/** The event that the function gets; made anew for each that looks at it. */
export function proxyEvent(
  request: ParsedRequest,
  { pathParameters, route }: MatchedRoute,
  requestContext: RequestContext,
  stageVariables: Readonly<Record<string, string>> | undefined,
): object {
  const headers = headersFor(request, requestContext);
  const query = [...request.query];
  return {
    resource: route.resourcePath,
    path: request.path,
    httpMethod: request.method,
    headers: lastOfEach(headers),
    multiValueHeaders: allOfEach(headers),
    queryStringParameters: query.length > 0 ? lastOfEach(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? allOfEach(query) : null,
    pathParameters: Object.keys(pathParameters).length > 0 ? { ...pathParameters } : null,
    stageVariables: (stageVariables && { ...stageVariables }) || null,
    requestContext: { ...requestContext, identity: { ...requestContext.identity } },
    body: request.body ?? null,
    isBase64Encoded: false,
  };
}

type Values = readonly (readonly [string, readonly string[]])[];

/** What the client sent, and what a regional endpoint adds. */
function headersFor({ headers, host }: ParsedRequest, context: RequestContext): Values {
  const passed = headers.filter(([name]) => !NOT_PASSED_ON.includes(name.toLowerCase()));
  const added: [string, string[]][] = [
    ["Host", [host]],
    ["X-Amzn-Trace-Id", [traceIdOf(context)]],
    ["X-Forwarded-For", [SOURCE_IP]],
    ["X-Forwarded-Port", ["443"]],
    ["X-Forwarded-Proto", ["https"]],
  ];
  const names = added.map(([name]) => name.toLowerCase());
  return [...passed.filter(([name]) => !names.includes(name.toLowerCase())), ...added];
}

/** `Root=1-<seconds>-<24 digits>`, from the request's id. */
export function traceIdOf(context: { requestId: string; requestTimeEpoch: number }): string {
  const seconds = Math.floor(context.requestTimeEpoch / 1000);
  const digits = context.requestId.replaceAll("-", "").slice(0, 24);
  return `Root=1-${seconds.toString(16).padStart(8, "0")}-${digits}`;
}

const lastOfEach = (values: Values): Record<string, string> =>
  Object.fromEntries(values.map(([name, list]) => [name, list.at(-1) ?? ""]));

const allOfEach = (values: Values): Record<string, string[]> =>
  Object.fromEntries(values.map(([name, list]) => [name, [...list]]));
