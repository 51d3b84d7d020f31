import type {
  AddPermissionCommandInput,
  GetPolicyCommandInput,
  RemovePermissionCommandInput,
} from "@aws-sdk/client-lambda";
import { uuidOf } from "../../kernel/random";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Operation, RequiredPermission } from "../service";
import { withQualifier } from "./function-name";
import { documentOf } from "./permissions";
import type { Lambda } from "./service";

/** The resource policies of functions, versions and aliases. */
export function permissionOperations(lambda: Lambda): Readonly<Record<string, Operation>> {
  const nameOf = ({ FunctionName = "", Qualifier }: GetPolicyCommandInput): string =>
    withQualifier(FunctionName, Qualifier);
  const on =
    (action: string) =>
    (input: GetPolicyCommandInput): RequiredPermission[] => [
      { action, resource: lambda.arnOf(nameOf(input)) },
    ];
  return {
    AddPermission: {
      permissions: on("lambda:AddPermission"),
      execute: (input: AddPermissionCommandInput) => addPermission(lambda, nameOf(input), input),
    },
    RemovePermission: {
      permissions: on("lambda:RemovePermission"),
      execute: (input: RemovePermissionCommandInput) => {
        const modelled = ["FunctionName", "Qualifier", "StatementId"];
        refuseUnmodelled("Lambda.RemovePermission", input, modelled);
        lambda.get(nameOf(input));
        const { StatementId: id = "" } = input;
        if (lambda.removePermission(nameOf(input), id)) return {};
        throw notFound(`Statement ${id} is not found in resource policy.`);
      },
    },
    GetPolicy: {
      permissions: on("lambda:GetPolicy"),
      execute: (input: GetPolicyCommandInput) => {
        refuseUnmodelled("Lambda.GetPolicy", input, ["FunctionName", "Qualifier"]);
        const { arn, key } = lambda.get(nameOf(input));
        const statements = [...lambda.policies.statements(key)];
        if (statements.length === 0) {
          throw notFound("The resource you requested does not exist.");
        }
        const Statement = statements.map(([id, statement]) => documentOf(id, arn, statement));
        const policy = JSON.stringify({ Version: "2012-10-17", Id: "default", Statement });
        return { Policy: policy, RevisionId: uuidOf(policy) };
      },
    },
  };
}

function addPermission(lambda: Lambda, name: string, input: AddPermissionCommandInput): object {
  const identity = ["FunctionName", "Qualifier", "StatementId"];
  const statementMembers = ["Action", "Principal", "SourceArn", "SourceAccount"];
  refuseUnmodelled("Lambda.AddPermission", input, [...identity, ...statementMembers]);
  const { Action = "", Principal = "", SourceAccount, SourceArn, StatementId = "" } = input;
  const statement = {
    action: Action,
    principal: Principal,
    sourceArn: SourceArn,
    sourceAccount: SourceAccount,
  };
  lambda.addPermission(name, StatementId, statement);
  return { Statement: JSON.stringify(documentOf(StatementId, lambda.get(name).arn, statement)) };
}

const notFound = (message: string) =>
  new ServiceError("ResourceNotFoundException", message, { statusCode: 404 });
