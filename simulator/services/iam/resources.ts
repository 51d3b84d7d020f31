import { z } from "zod";
import type { Account } from "../account";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import { awsManagedPolicy, isManagedByAws, unknownManagedPolicy } from "./managed-policies";
import { policySchema } from "./policy";
import { uniqueId } from "./unique-id";

const name = (max: number) =>
  z.string().regex(new RegExp(`^[\\w+=,.@-]{1,${max}}$`), {
    error: `must be 1 to ${max} letters, digits or +=,.@-_`,
  });

const path = z
  .string()
  .regex(/^\/([!-~]*\/)?$/, { error: "must begin and end with /" })
  .default("/");

const policyArn = z
  .string()
  .regex(/^arn:aws:iam::(aws|\d{12}):policy\//, { error: "must be the ARN of a policy" })
  .superRefine((arn, context) => {
    if (!isManagedByAws(arn) || awsManagedPolicy(arn)) return;
    context.addIssue({ code: "custom", message: unknownManagedPolicy(arn) });
  });

const roleSchema = z.strictObject({
  ...harmlessEverywhere,
  name: name(64),
  assumeRolePolicy: policySchema("trust"),
  path,
  inlinePolicies: z
    .array(z.strictObject({ name: name(128), policy: policySchema("identity") }))
    .optional(),
  managedPolicyArns: z.array(policyArn).optional(),
  forceDetachPolicies: z.boolean().default(false),
  maxSessionDuration: harmless("sessions last as long as the invocation"),
});
type RoleInputs = z.infer<typeof roleSchema>;

const roleArn = (accountId: string, inputs: { path: string; name: string }): string =>
  `arn:aws:iam::${accountId}:role${inputs.path}${inputs.name}`;

const role: ResourceDefinition<RoleInputs> = {
  type: "aws:iam/role:Role",
  schema: roleSchema,
  nameProperty: "name",
  replaceOn: ["name", "path"],
  plan: (inputs, { accountId }) => {
    const arn = roleArn(accountId, inputs);
    return {
      id: inputs.name,
      outputs: { ...inputs, arn, uniqueId: uniqueId("AROA", arn), createDate: "" },
    };
  },
  create: (resource, account) => {
    const { roles } = account.services.iam;
    const { inputs } = resource;
    roles.createRole(inputs.name, roleArn(account.accountId, inputs), inputs.assumeRolePolicy);
    try {
      putPoliciesOfRole(inputs, account);
    } catch (cause) {
      roles.deleteRole(inputs.name, true); // A refused resource leaves nothing behind.
      throw cause;
    }
  },
  update: ({ inputs }, previous, account) => {
    const { roles } = account.services.iam;
    roles.putRole(inputs.name, roleArn(account.accountId, inputs), inputs.assumeRolePolicy);
    removePoliciesOfRole(previous.inputs, account);
    putPoliciesOfRole(inputs, account);
  },
  delete: ({ inputs }, account) => {
    // What the role's own properties declared is the role's own to remove.
    removePoliciesOfRole(inputs, account);
    account.services.iam.roles.deleteRole(inputs.name, inputs.forceDetachPolicies);
  },
};

function putPoliciesOfRole(inputs: RoleInputs, account: Account): void {
  const { roles } = account.services.iam;
  for (const inline of inputs.inlinePolicies ?? []) {
    roles.putInline(inputs.name, inline.name, inline.policy);
  }
  for (const arn of inputs.managedPolicyArns ?? []) roles.attach(inputs.name, arn);
}

function removePoliciesOfRole(inputs: RoleInputs, account: Account): void {
  const { roles } = account.services.iam;
  for (const inline of inputs.inlinePolicies ?? []) roles.deleteInline(inputs.name, inline.name);
  for (const arn of inputs.managedPolicyArns ?? []) roles.detach(inputs.name, arn);
}

const rolePolicySchema = z.strictObject({
  name: name(128),
  role: z.string(),
  policy: policySchema("identity"),
});
type RolePolicyInputs = z.infer<typeof rolePolicySchema>;

const putRolePolicy = ({ inputs }: Resource<RolePolicyInputs>, account: Account): void =>
  account.services.iam.roles.putInline(inputs.role, inputs.name, inputs.policy);

const rolePolicy: ResourceDefinition<RolePolicyInputs> = {
  type: "aws:iam/rolePolicy:RolePolicy",
  schema: rolePolicySchema,
  nameProperty: "name",
  replaceOn: ["name", "role"],
  plan: (inputs) => ({ id: `${inputs.role}:${inputs.name}`, outputs: { ...inputs } }),
  create: putRolePolicy,
  update: (resource, _previous, account) => putRolePolicy(resource, account),
  delete: ({ inputs }, account) =>
    account.services.iam.roles.deleteInline(inputs.role, inputs.name),
};

const managedPolicySchema = z.strictObject({
  ...harmlessEverywhere,
  name: name(128),
  path,
  policy: policySchema("identity"),
  delayAfterPolicyCreationInMs: harmless("policies take effect at once"),
});
type ManagedPolicyInputs = z.infer<typeof managedPolicySchema>;

const managedPolicy: ResourceDefinition<ManagedPolicyInputs> = {
  type: "aws:iam/policy:Policy",
  schema: managedPolicySchema,
  nameProperty: "name",
  replaceOn: ["name", "path", "description"],
  plan: (inputs, { accountId }) => {
    const arn = `arn:aws:iam::${accountId}:policy${inputs.path}${inputs.name}`;
    const policyId = uniqueId("ANPA", arn);
    return { id: arn, outputs: { ...inputs, arn, policyId, attachmentCount: 0 } };
  },
  create: ({ inputs, id }, account) =>
    account.services.iam.roles.createManaged(inputs.name, id, inputs.policy),
  update: ({ inputs, id }, _previous, account) =>
    account.services.iam.roles.putManaged(inputs.name, id, inputs.policy),
  delete: ({ id }, account) => account.services.iam.roles.deleteManaged(id),
};

const attachmentSchema = z.strictObject({ role: z.string(), policyArn });
type AttachmentInputs = z.infer<typeof attachmentSchema>;

const rolePolicyAttachment: ResourceDefinition<AttachmentInputs> = {
  type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  schema: attachmentSchema,
  replaceOn: ["role", "policyArn"],
  plan: (inputs) => ({ id: `${inputs.role}/${inputs.policyArn}`, outputs: { ...inputs } }),
  create: ({ inputs }, account) => account.services.iam.roles.attach(inputs.role, inputs.policyArn),
  update: () => {},
  delete: ({ inputs }, account) => account.services.iam.roles.detach(inputs.role, inputs.policyArn),
};

/** Roles and their policies. Instance profiles, users and groups are not modelled. */
export const iamResources: ResourceDefinition[] = [
  role,
  rolePolicy,
  managedPolicy,
  rolePolicyAttachment,
];
