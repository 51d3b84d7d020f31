import { ServiceError } from "../errors";
import { compileModel, type ModelCheck } from "./models";
import { Router, type Integration, type Route } from "./routing";
import type { Stage } from "./stage";

export interface MethodSettings {
  readonly resourceId: string;
  readonly resourcePath: string;
  readonly httpMethod: string;
  readonly authorization: "NONE" | "AWS_IAM";
  readonly requestParameters: Readonly<Record<string, boolean>>;
  /** Content type → model name. */
  readonly requestModels: Readonly<Record<string, string>>;
  readonly requestValidatorId: string | undefined;
}

export interface ValidatorSettings {
  readonly parameters: boolean;
  readonly body: boolean;
}

/** What a deployment recorded. A stage serves this, whatever becomes of the API. */
export interface Snapshot {
  readonly deploymentId: string;
  readonly router: Router;
}

const VALIDATES_NOTHING: ValidatorSettings = { parameters: false, body: false };

/** Models that every API has from the start. (AWS page: Data models for REST APIs.) */
const BUILT_IN_MODELS: Readonly<Record<string, string>> = {
  Empty: '{"$schema":"http://json-schema.org/draft-04/schema#","type":"object"}',
  Error:
    '{"$schema":"http://json-schema.org/draft-04/schema#","type":"object",' +
    '"properties":{"message":{"type":"string"}}}',
};

const methodKey = (resourceId: string, httpMethod: string): string => `${resourceId} ${httpMethod}`;

/** A REST API as it is being edited; deployments take snapshots of it. */
export class RestApi {
  /** By resource id and method. */
  readonly #methods = new Map<string, MethodSettings>();
  readonly #integrations = new Map<string, Integration>();
  /** Schemas, by name. */
  readonly #models = new Map(Object.entries(BUILT_IN_MODELS));
  readonly #validators = new Map<string, ValidatorSettings>();
  readonly #snapshots = new Map<string, Snapshot>();
  readonly stages = new Map<string, Stage>();

  constructor(
    readonly id: string,
    /** The name in the program. */
    readonly logicalName: string,
  ) {}

  putMethod(method: MethodSettings): void {
    this.#methods.set(methodKey(method.resourceId, method.httpMethod), method);
  }

  deleteMethod(resourceId: string, httpMethod: string): void {
    this.#methods.delete(methodKey(resourceId, httpMethod));
    this.#integrations.delete(methodKey(resourceId, httpMethod));
  }

  /** @throws NotFoundException */
  putIntegration(resourceId: string, httpMethod: string, integration: Integration): void {
    const key = methodKey(resourceId, httpMethod);
    if (!this.#methods.has(key)) throw notFound("Method");
    this.#integrations.set(key, integration);
  }

  deleteIntegration(resourceId: string, httpMethod: string): void {
    this.#integrations.delete(methodKey(resourceId, httpMethod));
  }

  /** @throws ConflictException */
  createModel(name: string, schema: string): void {
    if (this.#models.has(name)) {
      throw new ServiceError(
        "ConflictException",
        `Model name already exists for this REST API: ${name}`,
        { statusCode: 409 },
      );
    }
    this.#models.set(name, schema);
  }

  updateModel(name: string, schema: string): void {
    this.#models.set(name, schema);
  }

  deleteModel(name: string): void {
    this.#models.delete(name);
  }

  putValidator(id: string, validator: ValidatorSettings): void {
    this.#validators.set(id, validator);
  }

  deleteValidator(id: string): void {
    this.#validators.delete(id);
  }

  /** @throws BadRequestException for an API that cannot be deployed */
  deploy(deploymentId: string): void {
    if (this.#methods.size === 0) {
      throw badRequest("The REST API doesn't contain any methods");
    }
    const routes = [...this.#methods.values()].map((method) => this.#record(method));
    this.#snapshots.set(deploymentId, { deploymentId, router: new Router(routes) });
  }

  /**
   * A deployment that is gone keeps its snapshot: a deployment of the program that is taken back puts its stages
   * on their former snapshots before it makes those deployments again.
   *
   * @throws NotFoundException
   */
  snapshot(deploymentId: string): Snapshot {
    const snapshot = this.#snapshots.get(deploymentId);
    if (!snapshot) throw notFound("Deployment");
    return snapshot;
  }

  #record(method: MethodSettings): Route {
    const integration = this.#integrations.get(methodKey(method.resourceId, method.httpMethod));
    if (!integration) {
      throw badRequest("No integration defined for method");
    }
    const { requestModels, requestValidatorId, ...rest } = method;
    const models = Object.entries(requestModels).map(
      ([contentType, name]) => [contentType.toLowerCase(), this.#check(name)] as const,
    );
    const validator = requestValidatorId && this.#validators.get(requestValidatorId);
    if (requestValidatorId && !validator)
      throw badRequest("Invalid Request Validator identifier specified");
    const validates = validator || VALIDATES_NOTHING;
    return { ...rest, validates, models: new Map(models), integration };
  }

  #check(model: string): ModelCheck {
    const schema = this.#models.get(model);
    if (schema === undefined) throw badRequest(`Invalid model identifier specified: ${model}`);
    return compileModel(schema);
  }
}

export const notFound = (what: string): ServiceError =>
  new ServiceError("NotFoundException", `Invalid ${what} identifier specified`, {
    statusCode: 404,
  });

export const badRequest = (message: string): ServiceError =>
  new ServiceError("BadRequestException", message);
