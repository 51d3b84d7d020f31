import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Caller, Operation, RequiredPermission, Service } from "../service";
import { toContext } from "./condition-keys";
import { decide, type Decision } from "./evaluate";
import { compilePolicy, type CompiledPolicy, type PolicySource } from "./policy";
import { RoleStore } from "./roles";
import { uniqueId } from "./unique-id";

export { iamInvokes } from "./invokes";
export { iamResources } from "./resources";

type RequestContext = RequiredPermission["context"];

const NO_IDENTITY: readonly CompiledPolicy[] = [];

/** Decisions kept at most of one caller and action: resources can be as many as the objects of a bucket. */
const DECISIONS_MAX = 20_000;

/** Roles and policies, and the decision whether a call may be made. */
export class Iam implements Service {
  readonly serviceId = "IAM";
  /** No IAM client is modelled: roles come from the program alone. */
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly roles: RoleStore;
  readonly #account: Account;
  readonly #resourcePolicies = new Map<string, CompiledPolicy>();
  readonly #decisions = new DecisionMemory();
  readonly #serviceDocuments = new Map<PolicySource, CompiledPolicy>();

  constructor(account: Account) {
    this.#account = account;
    this.roles = new RoleStore(account.accountId, () => this.#decisions.clear());
  }

  /**
   * Refuses a call that the caller may not make: its role's policies, then the resource's.
   *
   * @throws a `ServiceError` with AWS's code and message for that service
   */
  authorize(caller: Caller, required: RequiredPermission): void {
    if (caller.kind === "administrator") return;
    const { action, resource, context } = required;
    const decision = this.#decide(caller.arn, action, resource, context);
    if (decision !== "allowed") throw refusal(caller.arn, action, resource, decision);
  }

  /** Whether a role may do something, resource policies included. */
  allows(roleArn: string, action: string, resource: string, context?: RequestContext): boolean {
    return this.#decide(roleArn, action, resource, context) === "allowed";
  }

  /**
   * Whether an AWS service (`events.amazonaws.com`) may act on a resource for another one: the resource's
   * policy alone decides.
   *
   * @param policy the resource's; as JSON text, a document, or compiled
   * @param context `aws:SourceArn` above all; `aws:SourceAccount` is this account unless given
   */
  authorizeService(
    service: string,
    action: string,
    resource: string,
    policy: PolicySource | CompiledPolicy | undefined,
    context?: RequestContext,
  ): boolean {
    const compiled = this.#compiled(policy, resource);
    const request = {
      principal: { kind: "service", service },
      action,
      resource,
      context: toContext(
        {
          "aws:PrincipalIsAWSService": "true",
          "aws:PrincipalServiceName": service,
          "aws:RequestedRegion": this.#account.region,
          "aws:SecureTransport": "true",
          "aws:SourceAccount": this.#account.accountId,
        },
        context,
      ),
    } as const;
    return decide(request, NO_IDENTITY, compiled) === "allowed";
  }

  /** Whether a role exists and its trust policy lets `service` (`lambda.amazonaws.com`) be that role. */
  canAssume(roleArn: string, service: string): boolean {
    const role = this.roles.byArn(roleArn);
    if (!role) return false;
    return this.authorizeService(service, "sts:AssumeRole", roleArn, role.trust);
  }

  /**
   * The policy of a queue, topic or bucket, for calls of roles and services; `undefined` removes it.
   *
   * @throws a `MalformedPolicyDocumentException`
   */
  putResourcePolicy(resourceArn: string, policy: PolicySource | undefined): void {
    if (policy === undefined || policy === "") this.#resourcePolicies.delete(resourceArn);
    else {
      const compiled = compilePolicy(policy, "resource", resourceArn);
      this.#resourcePolicies.set(resourceArn, compiled);
    }
    this.#decisions.clear();
  }

  resourcePolicy(resourceArn: string): CompiledPolicy | undefined {
    return this.#resourcePolicies.get(resourceArn);
  }

  /** The unique id of a role, user or service, as message attributes show it: `AROA…`. */
  principalId(arn: string): string {
    return this.roles.byArn(arn)?.uniqueId ?? uniqueId("AIDA", arn);
  }

  remaining(): string[] {
    return this.roles.remaining();
  }

  unsettled(): string[] {
    return [];
  }

  #decide(arn: string, action: string, resource: string, context: RequestContext): Decision {
    // Requests with a context of their own are remembered apart, and only if it decides nothing.
    const remembered = this.#decisions.of(arn, action, context !== undefined);
    const known = remembered.get(resource);
    if (known) return known;
    const identityPolicies = this.roles.policiesOf(arn);
    const resourcePolicy = this.#resourcePolicies.get(policyOwner(resource));
    const request = {
      principal: { kind: "role", arn, accountId: this.#account.accountId },
      action,
      resource,
      context: toContext(
        {
          "aws:PrincipalArn": arn,
          "aws:PrincipalAccount": this.#account.accountId,
          "aws:PrincipalType": "AssumedRole",
          "aws:PrincipalIsAWSService": "false",
          "aws:RequestedRegion": this.#account.region,
          "aws:SecureTransport": "true",
          "aws:ViaAWSService": "false",
        },
        context,
      ),
    } as const;
    const decision = decide(request, identityPolicies, resourcePolicy);
    const conditional =
      context !== undefined &&
      (resourcePolicy?.dependsOnRequest || identityPolicies.some((p) => p.dependsOnRequest));
    if (!conditional) {
      if (remembered.size >= DECISIONS_MAX) remembered.clear();
      remembered.set(resource, decision);
    }
    return decision;
  }

  #compiled(
    policy: PolicySource | CompiledPolicy | undefined,
    where: string,
  ): CompiledPolicy | undefined {
    if (policy === undefined || isCompiled(policy)) return policy;
    let compiled = this.#serviceDocuments.get(policy);
    if (!compiled) {
      compiled = compilePolicy(policy, "resource", where);
      this.#serviceDocuments.set(policy, compiled);
    }
    return compiled;
  }
}

/**
 * Decisions by caller, action and resource; only what no condition can change. A map in a map in a map: joined, the
 * three would be copied and hashed at every call.
 */
class DecisionMemory {
  readonly #plain = new Map<string, Map<string, Map<string, Decision>>>();
  readonly #withContext = new Map<string, Map<string, Map<string, Decision>>>();

  /** By resource. */
  of(arn: string, action: string, hasContext: boolean): Map<string, Decision> {
    const callers = hasContext ? this.#withContext : this.#plain;
    let actions = callers.get(arn);
    if (!actions) callers.set(arn, (actions = new Map<string, Map<string, Decision>>()));
    let resources = actions.get(action);
    if (!resources) actions.set(action, (resources = new Map<string, Decision>()));
    return resources;
  }

  clear(): void {
    this.#plain.clear();
    this.#withContext.clear();
  }
}

const isCompiled = (policy: PolicySource | CompiledPolicy): policy is CompiledPolicy =>
  typeof policy === "object" && "statements" in policy && "dependsOnRequest" in policy;

/** Whose policy guards a resource: an object is guarded by its bucket's. */
function policyOwner(resource: string): string {
  if (!resource.startsWith("arn:aws:s3:::")) return resource;
  const slash = resource.indexOf("/");
  return slash === -1 ? resource : resource.slice(0, slash);
}

/** How each service's API names the refusal; elsewhere it is AccessDeniedException with status 400. */
const REFUSALS: Readonly<Record<string, { code: string; statusCode: number }>> = {
  lambda: { code: "AccessDeniedException", statusCode: 403 },
  s3: { code: "AccessDenied", statusCode: 403 },
  sns: { code: "AuthorizationErrorException", statusCode: 403 },
  sqs: { code: "AccessDeniedException", statusCode: 403 },
};

function refusal(
  roleArn: string,
  action: string,
  resource: string,
  decision: Exclude<Decision, "allowed">,
): ServiceError {
  const reason = {
    "denied-by-identity-policy": "with an explicit deny in an identity-based policy",
    "denied-by-resource-policy": "with an explicit deny in a resource-based policy",
    "not-allowed": `because no identity-based policy allows the ${action} action`,
  }[decision];
  const { code, statusCode } = REFUSALS[action.slice(0, action.indexOf(":"))] ?? {
    code: "AccessDeniedException",
    statusCode: 400,
  };
  return new ServiceError(
    code,
    `User: ${sessionArn(roleArn)} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
    { statusCode },
  );
}

/** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; the session is named like the role. */
function sessionArn(roleArn: string): string {
  const accountId = roleArn.split(":")[4] ?? "";
  const name = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  return `arn:aws:sts::${accountId}:assumed-role/${name}/${name}`;
}
