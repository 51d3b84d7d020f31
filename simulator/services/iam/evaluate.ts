import type { ConditionContext } from "./condition-keys";
import type { CompiledPolicy, Statement } from "./policy";
import type { Principal } from "./principals";

export interface AccessRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/** `denied-by-…`: an explicit Deny, which nothing overrides. `not-allowed`: no statement allows it. */
export type Decision =
  "allowed" | "denied-by-identity-policy" | "denied-by-resource-policy" | "not-allowed";

/**
 * AWS's order for one account: any explicit Deny refuses; otherwise an Allow in a policy of the role or in
 * the resource's suffices. (AWS page: IAM policy evaluation logic.)
 */
export function decide(
  request: AccessRequest,
  identityPolicies: readonly CompiledPolicy[],
  resourcePolicy: CompiledPolicy | undefined,
): Decision {
  let allowed = false;
  for (const policy of identityPolicies) {
    for (const statement of policy.statements) {
      if (!applies(statement, request)) continue;
      if (statement.effect === "Deny") return "denied-by-identity-policy";
      allowed = true;
    }
  }
  for (const statement of resourcePolicy?.statements ?? []) {
    const { principals, effect } = statement;
    if (!principals?.includes(request.principal) || !applies(statement, request)) continue;
    if (effect === "Deny") return "denied-by-resource-policy";
    if (principals.names(request.principal)) allowed = true;
  }
  return allowed ? "allowed" : "not-allowed";
}

function applies(statement: Statement, { action, resource, context }: AccessRequest): boolean {
  return (
    statement.matchesAction(action) &&
    statement.matchesResource(resource, context) &&
    statement.conditions.every((holds) => holds(context))
  );
}
