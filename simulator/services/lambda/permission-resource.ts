import { z } from "zod";
import type { Resource, ResourceDefinition } from "../service";
import { qualifies } from "./alias-resource";
import { parseFunctionName, withQualifier } from "./function-name";

const permissionSchema = z.strictObject({
  action: z.string(),
  function: z.string(),
  principal: z.string(),
  qualifier: z.string().optional(),
  sourceArn: z.string().optional(),
  sourceAccount: z.string().optional(),
  statementId: z.string().optional(),
});

type PermissionInputs = z.infer<typeof permissionSchema>;

/** One statement in the policy of a function, or of the version or alias that `qualifier` names. */
export const permissionDefinition: ResourceDefinition<PermissionInputs> = {
  type: "aws:lambda/permission:Permission",
  schema: permissionSchema,
  replaceOn: [
    "action",
    "function",
    "principal",
    "qualifier",
    "sourceArn",
    "sourceAccount",
    "statementId",
  ],
  follows: ({ inputs }, other) => {
    const { name, qualifier } = parseFunctionName(targetOf(inputs));
    return qualifies(name, qualifier, other);
  },
  plan(inputs, identity) {
    const id = inputs.statementId ?? `${identity.name}-${identity.suffix}`;
    return { id, outputs: { ...inputs, statementId: id } };
  },
  create: ({ id, inputs }: Resource<PermissionInputs>, { services: { lambda } }) =>
    lambda.addPermission(targetOf(inputs), id, inputs),
  // Nothing of it can change in place.
  update: () => {},
  delete: ({ id, inputs }, { services: { lambda } }) => {
    lambda.removePermission(targetOf(inputs), id);
  },
  exists: ({ id, inputs }, { services: { lambda } }) => {
    const target = lambda.find(targetOf(inputs));
    return target !== undefined && lambda.policies.statements(target.key).has(id);
  },
};

const targetOf = ({ function: name, qualifier }: PermissionInputs): string =>
  withQualifier(name, qualifier);
