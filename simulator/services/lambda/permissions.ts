import { compileArnPattern } from "../iam/pattern";
import { ServiceError } from "../errors";

/** One statement of a function's resource policy, as `lambda:AddPermission` makes it. */
export interface PolicyStatement {
  /** `lambda:InvokeFunction`. */
  readonly action: string;
  /** `events.amazonaws.com`. */
  readonly principal: string;
  /** Wildcards allowed. Absent: any source. */
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/** The resource policies of functions, versions and aliases: none of them stands for another. */
export class ResourcePolicies {
  /** Statements by id, by the key of what they are about. */
  readonly #policies = new Map<string, Map<string, PolicyStatement>>();

  /** @throws ResourceConflictException */
  add(key: string, id: string, statement: PolicyStatement): void {
    const statements = this.#policies.get(key) ?? new Map<string, PolicyStatement>();
    if (statements.has(id)) {
      const message =
        `The statement id (${id}) provided already exists. Please provide a new statement id, ` +
        "or remove the existing statement.";
      throw new ServiceError("ResourceConflictException", message, { statusCode: 409 });
    }
    this.#policies.set(key, statements.set(id, statement));
  }

  /** @returns whether it was there */
  remove(key: string, id: string): boolean {
    return this.#policies.get(key)?.delete(id) ?? false;
  }

  /** Forgets what is about a function and its qualifiers, or about one of these. */
  removeAll(isGone: (key: string) => boolean): void {
    for (const key of [...this.#policies.keys()]) if (isGone(key)) this.#policies.delete(key);
  }

  statements(key: string): ReadonlyMap<string, PolicyStatement> {
    return this.#policies.get(key) ?? NONE;
  }

  allow(key: string, principal: string, sourceArn: string, accountId: string): boolean {
    return [...this.statements(key).values()].some(
      (statement) =>
        (statement.action === "lambda:InvokeFunction" || statement.action === "lambda:*") &&
        (statement.principal === principal || statement.principal === "*") &&
        (statement.sourceArn === undefined || compileArnPattern(statement.sourceArn)(sourceArn)) &&
        (statement.sourceAccount === undefined || statement.sourceAccount === accountId),
    );
  }
}

const NONE: ReadonlyMap<string, PolicyStatement> = new Map();

/** A statement as IAM writes it. Source: "GetPolicy". */
export function documentOf(
  id: string,
  resource: string,
  { action, principal, sourceAccount, sourceArn }: PolicyStatement,
): object {
  const condition = {
    ...(sourceAccount && { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
    ...(sourceArn && { ArnLike: { "AWS:SourceArn": sourceArn } }),
  };
  return {
    Sid: id,
    Effect: "Allow",
    Principal: principalOf(principal),
    Action: action,
    Resource: resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}

function principalOf(principal: string): unknown {
  if (principal === "*") return principal;
  return principal.endsWith(".amazonaws.com") ? { Service: principal } : { AWS: principal };
}
