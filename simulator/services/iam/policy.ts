import { z } from "zod";
import { ServiceError } from "../errors";
import type { ConditionContext } from "./condition-keys";
import { compileConditions, type Condition } from "./conditions";
import { compileActionPattern, compilePattern, type Matcher } from "./pattern";
import { compilePrincipals, type PrincipalMatcher } from "./principals";
import { compileTemplate, unknownVariables, type Template } from "./variables";

/** `identity`: of a role. `resource`: of a queue, topic, bucket or function. `trust`: who may be a role. */
export type PolicyKind = "identity" | "resource" | "trust";

/** A policy as programs give it: JSON text or the document itself. */
export type PolicySource = string | Readonly<Record<string, unknown>>;

export interface Statement {
  readonly effect: "Allow" | "Deny";
  matchesAction(action: string): boolean;
  matchesResource(resource: string, context: ConditionContext): boolean;
  /** Absent in identity policies: there it is the role's own. */
  readonly principals?: PrincipalMatcher;
  readonly conditions: readonly Condition[];
}

export interface CompiledPolicy {
  readonly statements: readonly Statement[];
  /** Whether a decision may depend on more than who does what to which resource. */
  readonly dependsOnRequest: boolean;
}

const ELEMENTS = {
  identity: ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"],
  resource: [
    ...["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource"],
    "Condition",
  ],
  trust: ["Sid", "Effect", "Principal", "Action", "NotAction", "Condition"],
} as const satisfies Record<PolicyKind, readonly string[]>;

const VERSIONS = ["2012-10-17", "2008-10-17"];

/**
 * @param where whose policy it is, for the message: `role aggregation-state, policy tables`
 * @throws a `MalformedPolicyDocumentException` that lists every problem
 */
export function compilePolicy(
  source: PolicySource,
  kind: PolicyKind,
  where: string,
): CompiledPolicy {
  const problems: string[] = [];
  const policy = compileDocument(source, kind, problems);
  if (problems.length === 0) return policy;
  throw new ServiceError(
    "MalformedPolicyDocumentException",
    `The policy of ${where} is refused: ${problems.join("; ")}.`,
  );
}

/** A property that holds a policy document; what is wrong with it is refused at deployment. */
export function policySchema(kind: PolicyKind): z.ZodType<PolicySource> {
  return z.union([z.string(), z.record(z.string(), z.unknown())]).superRefine((source, context) => {
    const problems: string[] = [];
    compileDocument(source, kind, problems);
    for (const message of problems) context.addIssue({ code: "custom", message });
  });
}

function compileDocument(
  source: PolicySource,
  kind: PolicyKind,
  problems: string[],
): CompiledPolicy {
  const nothing: CompiledPolicy = { statements: [], dependsOnRequest: false };
  const document = parseDocument(source, problems);
  if (!document) return nothing;
  for (const name of Object.keys(document)) {
    if (["Version", "Id", "Statement"].includes(name)) continue;
    problems.push(`unknown element ${name}`);
  }
  const version = document["Version"] ?? VERSIONS[1];
  if (!VERSIONS.includes(version as string)) {
    problems.push(`Version must be ${VERSIONS.join(" or ")}, not ${JSON.stringify(version)}`);
  }
  const given = document["Statement"];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (given === undefined || list.length === 0) problems.push("Statement is missing");
  const compiled = list.map((statement) =>
    compileStatement(statement, kind, version === VERSIONS[0], problems),
  );
  if (problems.length > 0) return nothing;
  return {
    statements: compiled.map(({ statement }) => statement),
    dependsOnRequest: compiled.some(({ dependsOnRequest }) => dependsOnRequest),
  };
}

function parseDocument(
  source: PolicySource,
  problems: string[],
): Record<string, unknown> | undefined {
  let document: unknown = source;
  if (typeof source === "string") {
    try {
      document = JSON.parse(source);
    } catch {
      problems.push("it is not valid JSON");
      return undefined;
    }
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return document as Record<string, unknown>;
  }
  problems.push("it must be a JSON object");
  return undefined;
}

function compileStatement(
  source: unknown,
  kind: PolicyKind,
  substitute: boolean,
  problems: string[],
): { statement: Statement; dependsOnRequest: boolean } {
  const statement = (source ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(statement)) {
    if ((ELEMENTS[kind] as readonly string[]).includes(name)) continue;
    problems.push(
      ["NotPrincipal", "Principal", "Resource", "NotResource"].includes(name)
        ? `a statement of a policy of this kind cannot have ${name}`
        : `a statement has the unknown element ${name}`,
    );
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") {
    problems.push(`Effect must be Allow or Deny, not ${JSON.stringify(effect)}`);
  }
  const actions = pair(statement, "Action", "NotAction", problems);
  for (const action of actions?.values ?? []) {
    if (action === "*" || /^[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+$/.test(action)) continue;
    problems.push(`${JSON.stringify(action)} is not an action; expected service:Action`);
  }
  const resources =
    kind === "trust" ? undefined : pair(statement, "Resource", "NotResource", problems);
  for (const resource of resources?.values ?? []) {
    if (resource === "*" || /^arn:|^\*/.test(resource)) continue;
    problems.push(`${JSON.stringify(resource)} is not a resource; expected an ARN or *`);
  }
  for (const name of substitute ? (resources?.values ?? []).flatMap(unknownVariables) : []) {
    problems.push(`policy variable \${${name}} is not modelled in the simulated account`);
  }
  const matchers: readonly Matcher[] = (actions?.values ?? []).map(compileActionPattern);
  const templates: readonly Template[] = (resources?.values ?? []).map((resource) =>
    compileTemplate(resource, compilePattern, substitute),
  );
  const conditions = compileConditions(statement["Condition"], substitute, problems);
  return {
    statement: {
      effect: effect as Statement["effect"],
      matchesAction: (action) => matchers.some((matches) => matches(action)) !== actions?.negated,
      matchesResource: (resource, context) =>
        kind === "trust" ||
        templates.some((template) => template.match(resource, context)) !== resources?.negated,
      principals:
        kind === "identity" ? undefined : compilePrincipals(statement["Principal"], problems),
      conditions,
    },
    dependsOnRequest: conditions.length > 0 || templates.some(({ variable }) => variable),
  };
}

/** One of `Action` and `NotAction`, as a list. */
function pair(
  statement: Record<string, unknown>,
  name: string,
  negatedName: string,
  problems: string[],
): { values: readonly string[]; negated: boolean } | undefined {
  const present = [name, negatedName].filter((key) => statement[key] !== undefined);
  if (present.length !== 1) {
    problems.push(`a statement must have one of ${name} and ${negatedName}`);
    return undefined;
  }
  const value = statement[present[0]!];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || !values.every((item) => typeof item === "string")) {
    problems.push(`${present[0]} must be a text or a list of texts`);
    return undefined;
  }
  return { values: values, negated: present[0] === negatedName };
}
