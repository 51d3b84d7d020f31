import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { LambdaFunction } from "./function";
import { LATEST } from "./function-name";
import type { InvokeRequest } from "./invocation";

/** What an alias points to. */
export interface AliasSettings {
  readonly name: string;
  /** A published version, or `$LATEST`. */
  readonly functionVersion: string;
  /** Of a second version: the share of invocations that it gets, 0 to 1. */
  readonly additionalVersionWeights: Readonly<Record<string, number>>;
}

/** An alias of a function: a name for a version, or for two of which each gets its share of the invocations. */
export class Alias {
  /** Invocations so far, by identity; kept while there are two versions. */
  readonly #invocations = new Map<string, number>();

  constructor(public settings: AliasSettings) {}

  /**
   * The version that an invocation goes to. Source: "Implement Lambda canary deployments using a weighted alias";
   * assumption: alias.routing.
   */
  route(request: InvokeRequest, logicalName: string, account: Account): string {
    const { additionalVersionWeights, functionVersion, name } = this.settings;
    for (const [version, weight] of Object.entries(additionalVersionWeights)) {
      // By what is invoked, not by the order of the draws: then strategies meet the same versions.
      const key = this.#keyOf(request, account);
      if (account.random.keyed("alias", logicalName, name, ...key) < weight) return version;
    }
    return functionVersion;
  }

  #keyOf(request: InvokeRequest, { assumptions }: Account): (string | number)[] {
    const chain = chainOf(request);
    const perInvocation = assumptions.choice("alias.routing") === "per-invocation";
    if (chain !== undefined && !perInvocation) return [chain];
    const ordinal = (this.#invocations.get(request.identity) ?? 0) + 1;
    this.#invocations.set(request.identity, ordinal);
    return [request.identity, ordinal];
  }
}

/** What all attempts of an asynchronous event, and of a batch that starts with the same record, have in common. */
function chainOf({ identity, recordIds, requestId }: InvokeRequest): string | undefined {
  return requestId ?? (recordIds ? identity : undefined);
}

/**
 * Source: "Implement Lambda canary deployments using a weighted alias". How AWS words the refusal of differing roles
 * and dead-letter queues is not documented.
 *
 * @throws ValidationException, InvalidParameterValueException, ResourceNotFoundException
 */
export function checkAlias(fn: LambdaFunction, settings: AliasSettings): void {
  const { additionalVersionWeights, functionVersion, name } = settings;
  if (!/^(?!\d+$)[\w-]{1,128}$/.test(name)) {
    const pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";
    const constraint = `Member must satisfy regular expression pattern: ${pattern}`;
    throw validation(`Value '${name}' at 'name' failed to satisfy constraint: ${constraint}`);
  }
  const first = versionOf(fn, functionVersion);
  const weights = Object.entries(additionalVersionWeights);
  if (weights.length > 1) {
    throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  for (const [version, weight] of weights) {
    checkWeight(version, weight);
    if (functionVersion === LATEST) {
      throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
    }
    if (version === functionVersion) {
      throw invalid(
        `Invalid function version ${version}. Function version ${version} is already included ` +
          "in routing configuration.",
      );
    }
    const second = versionOf(fn, version);
    if (first.roleArn !== second.roleArn) {
      throw invalid("Both versions of an alias must have the same execution role.");
    }
    if (first.deadLetterTargetArn !== second.deadLetterTargetArn) {
      throw invalid("Both versions of an alias must have the same dead-letter queue, or none.");
    }
  }
}

function checkWeight(version: string, weight: number): void {
  const where = `Value '{${version}=${weight}}' at 'routingConfig.additionalVersionWeights'`;
  if (!/^\d+$/.test(version)) {
    throw validation(
      `${where} failed to satisfy constraint: Map keys must satisfy constraint: ` +
        "[Member must satisfy regular expression pattern: [0-9]+]",
    );
  }
  if (!(weight >= 0 && weight <= 1)) {
    throw validation(
      `${where} failed to satisfy constraint: Map value must satisfy constraint: [Member must ` +
        "have value less than or equal to 1.0, Member must have value greater than or equal to 0.0]",
    );
  }
}

function versionOf(fn: LambdaFunction, version: string) {
  const found = fn.version(version);
  if (found) return found.settings;
  const message = `Function not found: ${fn.settings.arn}:${version}`;
  throw new ServiceError("ResourceNotFoundException", message, { statusCode: 404 });
}

const invalid = (message: string) => new ServiceError("InvalidParameterValueException", message);

const validation = (detail: string) =>
  new ServiceError("ValidationException", `1 validation error detected: ${detail}`);
