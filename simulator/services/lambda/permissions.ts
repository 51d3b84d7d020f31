import { compileArnPattern } from "../iam/pattern";

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

/** What a function's resource policy allows. */
export function permissionsOf(statements: readonly PolicyStatement[]): {
  allow(principal: string, sourceArn: string, accountId: string): boolean;
} {
  return {
    allow: (principal, sourceArn, accountId) =>
      statements.some(
        (statement) =>
          (statement.action === "lambda:InvokeFunction" || statement.action === "lambda:*") &&
          (statement.principal === principal || statement.principal === "*") &&
          (statement.sourceArn === undefined ||
            compileArnPattern(statement.sourceArn)(sourceArn)) &&
          (statement.sourceAccount === undefined || statement.sourceAccount === accountId),
      ),
  };
}
