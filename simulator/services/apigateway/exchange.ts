import type { SimEvent } from "../../kernel/kernel";
import { hash32 } from "../../kernel/random";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Invocation } from "../lambda/invocation";
import type { Caller } from "../service";
import { commonLogTime, writeAccessLog, type LogValues } from "./access-log";
import * as gateway from "./gateway-response";
import { headerOf, type HttpResponse, type ParsedRequest } from "./http";
import { identityOf, type Identity } from "./identity";
import { proxyEvent, traceIdOf, type RequestContext } from "./proxy-event";
import { fromProxyResponse } from "./proxy-response";
import type { RestApi } from "./rest-api";
import type { MatchedRoute } from "./routing";
import type { Stage } from "./stage";
import type { TokenBucket } from "./throttling";
import { validate } from "./validation";

/** Source: API Gateway quotas. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** The largest event of a synchronous invocation. Source: Lambda quotas. */
const EVENT_BYTES_MAX = 6 * 1024 * 1024;
/** Escaping makes a text at most six times as long: below this, no event can be too large. */
const EVENT_SURELY_FITS_BYTES = 512 * 1024;

/** Refused before they cost anything: failed authorisation and throttling. Source: API Gateway pricing. */
const NOT_BILLED = [403, 429];

/** What a request needs to know of the service it came to. */
export interface Surroundings {
  readonly accountBucket: TokenBucket;
  readonly cloudWatchRoleArn: string | undefined;
  /** Unique in the account. */
  readonly requestId: string;
}

interface IntegrationRecord {
  readonly startedAtMs: number;
  endedAtMs?: number;
  invocation?: Invocation;
}

/** One request at a stage, from its arrival to its answer. */
export class Exchange {
  readonly #arrivedAtMs: number;
  readonly #stageArn: string;
  #matched: MatchedRoute | undefined;
  #identity: Identity;
  #integration: IntegrationRecord | undefined;
  #timer: SimEvent | undefined;
  #answered = false;

  constructor(
    private readonly account: Account,
    private readonly api: RestApi,
    private readonly stage: Stage,
    private readonly request: ParsedRequest,
    private readonly caller: Caller | undefined,
    private readonly surroundings: Surroundings,
    private readonly answer: (response: HttpResponse) => void,
  ) {
    const { accountId, kernel, region } = account;
    this.#arrivedAtMs = kernel.now;
    this.#stageArn = `arn:aws:execute-api:${region}:${accountId}:${api.id}/${request.stageName}`;
    this.#identity = identityOf(account, undefined, headerOf(request, "user-agent"));
  }

  /** In AWS's order: who asks, how often, then what. */
  run(): void {
    const { method, path } = this.request;
    this.#matched = this.stage.snapshot.router.match(method, path);
    if (!this.#matched) return this.#refuse(gateway.MISSING_AUTHENTICATION_TOKEN);
    const refusal =
      this.#authorize(this.#matched) ??
      this.#throttle(this.#matched) ??
      this.#checkSize() ??
      validate(this.request, this.#matched, this.account.assumptions);
    if (refusal) this.#refuse(refusal);
    else this.#integrate(this.#matched);
  }

  #authorize({ route }: MatchedRoute): gateway.GatewayError | undefined {
    if (route.authorization === "NONE") return undefined;
    const { caller, request } = this;
    if (!caller) return gateway.MISSING_AUTHENTICATION_TOKEN;
    const { iam } = this.account.services;
    if (caller.kind === "role" && !iam.roles.byArn(caller.arn)) return gateway.INVALID_TOKEN;
    const resource = `${this.#stageArn}/${request.method}${request.path}`;
    try {
      iam.authorize(caller, { action: "execute-api:Invoke", resource });
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      return gateway.accessDenied(cause.message.replace(resource, maskAccount(resource)));
    }
    this.#identity = identityOf(this.account, caller, headerOf(request, "user-agent"));
    return undefined;
  }

  #throttle({ route }: MatchedRoute): gateway.GatewayError | undefined {
    const { faults, kernel } = this.account;
    if (faults.throttles(this.api.logicalName, kernel.now)) return gateway.THROTTLED;
    const { accountBucket } = this.surroundings;
    const ownBucket = this.stage.bucketOf(route, kernel.now);
    // Both are asked before either gives: what one refuses must not cost the other a token.
    const buckets = ownBucket ? [ownBucket, accountBucket] : [accountBucket];
    if (!buckets.every((bucket) => bucket.hasToken(kernel.now))) return gateway.THROTTLED;
    for (const bucket of buckets) bucket.take();
    return undefined;
  }

  #checkSize(): gateway.GatewayError | undefined {
    const tooLong = Buffer.byteLength(this.request.body ?? "") > BODY_BYTES_MAX;
    return tooLong ? gateway.REQUEST_TOO_LARGE : undefined;
  }

  #integrate(matched: MatchedRoute): void {
    const { integration, httpMethod, resourcePath } = matched.route;
    const { assumptions, kernel, services } = this.account;
    // Recorded in execution logs: the resource's path and method as declared, `ANY/{proxy+}`.
    const sourceArn = `${this.#stageArn}/${httpMethod}${resourcePath}`;
    const { functionArn, timeoutMs } = integration;
    const mayInvoke =
      integration.httpMethod === "POST" &&
      services.lambda.find(functionArn) !== undefined &&
      services.lambda.policyAllows(functionArn, "apigateway.amazonaws.com", sourceArn);
    if (!mayInvoke) return this.#refuse(gateway.CONFIGURATION_ERROR);
    const context = this.#context(matched.route);
    const event = (): object =>
      proxyEvent(this.request, matched, context, this.stage.settings.variables);
    if (this.#eventIsTooLarge(event)) {
      const status = assumptions.number("api.eventTooLarge");
      return this.#refuse(status === 413 ? gateway.REQUEST_TOO_LARGE : gateway.CONFIGURATION_ERROR);
    }
    this.#integration = { startedAtMs: kernel.now };
    this.#timer = kernel.after(timeoutMs, `api ${this.api.logicalName}: integration timeout`, () =>
      this.#refuse(gateway.INTEGRATION_TIMEOUT),
    );
    services.lambda.invoke({
      functionName: functionArn,
      event,
      recordCount: 1,
      identity: identityOfRequest(this.request),
      source: `api ${this.api.logicalName}`,
      onOutcome: (invocation) => this.#invoked(invocation),
    });
  }

  #eventIsTooLarge(event: () => object): boolean {
    if ((this.request.body ?? "").length < EVENT_SURELY_FITS_BYTES) return false;
    return Buffer.byteLength(JSON.stringify(event())) > EVENT_BYTES_MAX;
  }

  /** The function may have run on after the client was told of a timeout: nobody hears of that any more. */
  #invoked(invocation: Invocation): void {
    if (this.#answered) return;
    Object.assign(this.#integration!, { endedAtMs: this.account.kernel.now, invocation });
    if (invocation.outcome === "throttled") {
      const status = this.account.assumptions.number("api.lambdaThrottled");
      return this.#refuse(status === 500 ? gateway.CONFIGURATION_ERROR : gateway.BAD_GATEWAY);
    }
    const response =
      invocation.outcome === "ok" ? fromProxyResponse(invocation.response) : undefined;
    if (!response) return this.#refuse(gateway.BAD_GATEWAY);
    const traced = { ...response.headers, "x-amzn-trace-id": traceIdOf(this.#traced()) };
    this.#finish({ ...response, headers: traced }, undefined);
  }

  #refuse(error: gateway.GatewayError): void {
    this.#finish(gateway.toResponse(error), error);
  }

  #finish(response: HttpResponse, error: gateway.GatewayError | undefined): void {
    const { kernel, usage } = this.account;
    const { requestId } = this.surroundings;
    this.#answered = true;
    kernel.cancel(this.#timer);
    if (!error || !NOT_BILLED.includes(error.status)) usage.add("apigateway.requests", 1);
    const headers = {
      ...response.headers,
      date: new Date(kernel.now).toUTCString(),
      "x-amzn-requestid": requestId,
      "x-amz-apigw-id": extendedIdOf(requestId),
    };
    this.#log(response, error);
    this.answer({ ...response, headers });
  }

  #traced(): { requestId: string; requestTimeEpoch: number } {
    return { requestId: this.surroundings.requestId, requestTimeEpoch: this.#arrivedAtMs };
  }

  #context(route: { readonly resourceId: string; readonly resourcePath: string }): RequestContext {
    const { host, method, path, stageName } = this.request;
    const { requestId } = this.surroundings;
    return {
      accountId: this.account.accountId,
      apiId: this.api.id,
      deploymentId: this.stage.snapshot.deploymentId,
      domainName: host,
      domainPrefix: this.api.id,
      extendedRequestId: extendedIdOf(requestId),
      httpMethod: method,
      identity: this.#identity,
      path: `/${stageName}${path}`,
      protocol: "HTTP/1.1",
      requestId,
      requestTime: commonLogTime(this.#arrivedAtMs),
      requestTimeEpoch: this.#arrivedAtMs,
      resourceId: route.resourceId,
      resourcePath: route.resourcePath,
      stage: stageName,
    };
  }

  #log(response: HttpResponse, error: gateway.GatewayError | undefined): void {
    const { logFormat, settings } = this.stage;
    if (!logFormat || !settings.accessLog) return;
    const { cloudWatchRoleArn } = this.surroundings;
    const line = logFormat(this.#logValues(response, error));
    const { logGroup } = settings.accessLog;
    writeAccessLog(this.account, cloudWatchRoleArn, logGroup, this.#stageArn, line);
  }

  /** (AWS page: Variables for access logging for API Gateway.) */
  #logValues(response: HttpResponse, error: gateway.GatewayError | undefined): LogValues {
    const { identity, ...context } = this.#context(this.#matched?.route ?? NO_ROUTE);
    const values: Record<string, LogValue> = {
      ...context,
      ...this.#integrationValues(response, error),
      status: response.status,
      responseLatency: this.account.kernel.now - this.#arrivedAtMs,
      responseLength: Buffer.byteLength(response.body),
      "error.message": error?.message,
      "error.messageString": error && JSON.stringify(error.message),
      "error.responseType": error?.responseType,
    };
    const who = identity as unknown as Record<string, LogValue>;
    return (name) => (name.startsWith("identity.") ? who[name.slice(9)] : values[name]);
  }

  #integrationValues(
    response: HttpResponse,
    error: gateway.GatewayError | undefined,
  ): Record<string, LogValue> {
    const { endedAtMs, invocation, startedAtMs } = this.#integration ?? {};
    if (startedAtMs === undefined) return {};
    const latency = (endedAtMs ?? this.account.kernel.now) - startedAtMs;
    const lambdaStatus = invocation && (invocation.outcome === "throttled" ? 429 : 200);
    const problem = error && (invocation?.error?.errorMessage ?? error.message);
    return {
      awsEndpointRequestId: invocation?.requestId,
      "integration.requestId": invocation?.requestId,
      // Of the function's own answer, and of Lambda's.
      "integration.status": error ? undefined : response.status,
      "integration.integrationStatus": lambdaStatus,
      integrationStatus: lambdaStatus,
      integrationLatency: latency,
      "integration.latency": latency,
      integrationErrorMessage: problem,
      "integration.error": problem,
    };
  }
}

type LogValue = ReturnType<LogValues>;

/** Of a request that met no method. */
const NO_ROUTE = { resourceId: "", resourcePath: "" };

/** What a request is about, for the draws of faults: a client's retry is the same request again. */
export function identityOfRequest({ body, method, path }: ParsedRequest): string {
  return `${method} ${path} ${hash32(body ?? "").toString(16)}`;
}

/** AWS shows the last four digits of the account's number. */
function maskAccount(arn: string): string {
  return arn.replace(/:(\d{8})(\d{4}):/, (_, _hidden, shown: string) => `:********${shown}:`);
}

/** Sixteen characters that end in `=`, from another's digits. */
function extendedIdOf(requestId: string): string {
  const digits = Buffer.from(requestId.replaceAll("-", ""), "hex");
  return `${digits.toString("base64url").slice(0, 15)}=`;
}
