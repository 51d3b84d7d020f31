import { connectionReset, jittered } from "../../sdk/transport";
import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Caller, Operation, Service } from "../service";
import { Exchange, identityOfRequest } from "./exchange";
import { FORBIDDEN, toResponse } from "./gateway-response";
import { parseRequest, type HttpRequest, type HttpResponse, type ParsedRequest } from "./http";
import { badRequest, notFound, RestApi } from "./rest-api";
import { Stage, type StageSettings } from "./stage";
import { ACCOUNT_LIMITS, TokenBucket } from "./throttling";

export { apiGatewayResources } from "./resources";
export type { HttpRequest, HttpResponse };

/** Faults that can hit an API: of its own, before a method, and of its answer. */
const FAULT_KINDS = ["response-lost", "throttle"];

/** Amazon API Gateway: REST APIs with Lambda proxy integrations. */
export class ApiGateway implements Service {
  readonly serviceId = "API Gateway";
  /** APIs come from the program alone. */
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly #apis = new Map<string, RestApi>();
  readonly #accountBucket: TokenBucket;
  #cloudWatchRoleArn: string | undefined;
  #requests = 0;

  constructor(private readonly account: Account) {
    this.#accountBucket = new TokenBucket(ACCOUNT_LIMITS, account.kernel.now);
  }

  /**
   * Sends a request to a stage; resolves to its answer.
   *
   * @param caller who signed it; `undefined`: nobody
   * @throws NotModelledError for other URLs, an `Error` for an API that is not there or an answer that is lost
   */
  async request(sent: HttpRequest, caller: Caller | undefined): Promise<HttpResponse> {
    const request = parseRequest(sent);
    const api = this.#apis.get(request.apiId);
    if (!api) throw hostNotFound(request.host);
    return new Promise((resolve, reject) => this.#send(api, request, caller, resolve, reject));
  }

  #send(
    api: RestApi,
    request: ParsedRequest,
    caller: Caller | undefined,
    resolve: (response: HttpResponse) => void,
    reject: (error: Error) => void,
  ): void {
    const { assumptions, faults, kernel, random } = this.account;
    const roundTripMs = jittered(assumptions.number("latency.apiMs"), random.stream("api"));
    const outwardMs = Math.floor(roundTripMs / 2);
    const name = `api ${api.logicalName}`;
    const identity = identityOfRequest(request);
    const [lost] = faults.forInvocation(api.logicalName, identity, kernel.now).responsesLost;
    const answer = (response: HttpResponse): void => {
      kernel.after(roundTripMs - outwardMs, `${name}: ${response.status} answered`, () => {
        if (!lost) return resolve(response);
        lost.strike.hit();
        reject(connectionReset());
      });
    };
    kernel.after(outwardMs, `${name}: ${identity} arrives`, () => {
      const stage = api.stages.get(request.stageName);
      const requestId = uuidOf(`${random.seed} api request ${++this.#requests}`);
      if (!stage) return answer(toResponse(FORBIDDEN));
      new Exchange(
        this.account,
        api,
        stage,
        request,
        caller,
        {
          accountBucket: this.#accountBucket,
          cloudWatchRoleArn: this.#cloudWatchRoleArn,
          requestId,
        },
        answer,
      ).run();
    });
  }

  createApi(id: string, logicalName: string): void {
    this.#apis.set(id, new RestApi(id, logicalName));
  }

  deleteApi(id: string): void {
    this.#apis.delete(id);
  }

  /** @throws NotFoundException */
  api(id: string): RestApi {
    const api = this.#apis.get(id);
    if (!api) throw notFound("API");
    return api;
  }

  /** For deletions: what is gone already needs no deleting. */
  findApi(id: string): RestApi | undefined {
    return this.#apis.get(id);
  }

  /** @throws NotFoundException */
  stage(apiId: string, stageName: string): Stage {
    const stage = this.api(apiId).stages.get(stageName);
    if (!stage) throw notFound("stage");
    return stage;
  }

  /** @throws ConflictException, NotFoundException, BadRequestException */
  createStage(apiId: string, settings: StageSettings): void {
    const api = this.api(apiId);
    if (api.stages.has(settings.stageName)) {
      throw new ServiceError("ConflictException", "Stage already exists", { statusCode: 409 });
    }
    this.#checkLogging(settings);
    api.stages.set(settings.stageName, new Stage(settings, api.snapshot(settings.deploymentId)));
  }

  updateStage(apiId: string, settings: StageSettings): void {
    const api = this.api(apiId);
    const stage = this.stage(apiId, settings.stageName);
    this.#checkLogging(settings);
    // Another deployment may have the same id by now: only a change of the id changes what is served.
    const same = stage.settings.deploymentId === settings.deploymentId;
    stage.update(settings, same ? stage.snapshot : api.snapshot(settings.deploymentId));
  }

  /** @throws BadRequestException for a role that API Gateway cannot be */
  setCloudWatchRole(roleArn: string | undefined): void {
    if (roleArn && !this.account.services.iam.canAssume(roleArn, "apigateway.amazonaws.com")) {
      throw badRequest(
        "The role ARN does not have required permissions configured. Please grant trust permission for " +
          "API Gateway and add the required role policy.",
      );
    }
    this.#cloudWatchRoleArn = roleArn;
  }

  /** The names in the program: what faults call them by. */
  get logicalNames(): string[] {
    return [...this.#apis.values()].map(({ logicalName }) => logicalName);
  }

  /** Faults that hit functions only, though they name an API. */
  problemWithFault(fault: {
    readonly function: string;
    readonly kind: string;
  }): string | undefined {
    if (!this.logicalNames.includes(fault.function) || FAULT_KINDS.includes(fault.kind))
      return undefined;
    return `${fault.function} is an API: faults of an API are ${FAULT_KINDS.join(" or ")}, not ${fault.kind}`;
  }

  remaining(): string[] {
    return [...this.#apis.keys()].map((id) => `aws:apigateway/restApi:RestApi ${id}`);
  }

  /** A request under way has its event. */
  unsettled(): string[] {
    return [];
  }

  #checkLogging({ accessLog }: StageSettings): void {
    if (!accessLog) return;
    if (!this.#cloudWatchRoleArn) {
      throw badRequest(
        "CloudWatch Logs role ARN must be set in account settings to enable logging",
      );
    }
    if (!this.account.services.cloudwatch.logs(accessLog.logGroup)) {
      throw badRequest(`The log group ${accessLog.logGroup} does not exist.`);
    }
  }
}

/** What Node's resolver reports. */
function hostNotFound(host: string): Error {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
}
