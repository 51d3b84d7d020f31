import { z } from "zod";
import type { InvokeDefinition } from "../service";
import { compilePolicy } from "./policy";

const texts = z.array(z.string());

const statementSchema = z.strictObject({
  sid: z.string().optional(),
  effect: z.enum(["Allow", "Deny"]).default("Allow"),
  actions: texts.optional(),
  notActions: texts.optional(),
  resources: texts.optional(),
  notResources: texts.optional(),
  principals: z.array(z.strictObject({ type: z.string(), identifiers: texts })).optional(),
  conditions: z
    .array(z.strictObject({ test: z.string(), variable: z.string(), values: texts }))
    .optional(),
});

const documentSchema = z.strictObject({
  version: z.enum(["2012-10-17", "2008-10-17"]).default("2012-10-17"),
  policyId: z.string().optional(),
  statements: z.array(statementSchema).default([]),
});

/** A list of one is written as the text itself, as the AWS provider does. */
const oneOrMany = (values: readonly string[] | undefined): unknown =>
  values?.length === 1 ? values[0] : values;

function toStatement(statement: z.infer<typeof statementSchema>): Record<string, unknown> {
  const condition: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of statement.conditions ?? []) {
    condition[test] = { ...condition[test], [variable]: oneOrMany(values) };
  }
  const principal: Record<string, string[]> = {};
  for (const { type, identifiers } of statement.principals ?? []) {
    principal[type] = [...(principal[type] ?? []), ...identifiers];
  }
  const anybody = principal["*"] !== undefined;
  const named = Object.entries(principal).map(([type, ids]) => [type, oneOrMany(ids)]);
  return {
    Sid: statement.sid,
    Effect: statement.effect,
    Action: oneOrMany(statement.actions),
    NotAction: oneOrMany(statement.notActions),
    Resource: oneOrMany(statement.resources),
    NotResource: oneOrMany(statement.notResources),
    Principal: anybody ? "*" : named.length > 0 ? Object.fromEntries(named) : undefined,
    Condition: Object.keys(condition).length > 0 ? condition : undefined,
  };
}

const getPolicyDocument: InvokeDefinition = {
  token: "aws:iam/getPolicyDocument:getPolicyDocument",
  invoke: (args) => {
    const parsed = documentSchema.safeParse(args);
    if (!parsed.success) {
      throw new Error(`aws.iam.getPolicyDocument: ${z.prettifyError(parsed.error)}`);
    }
    const { version, policyId, statements } = parsed.data;
    const Statement = statements.map(toStatement);
    const document = { Version: version, Id: policyId, Statement };
    const kind = Statement.some(({ Principal }) => Principal !== undefined)
      ? Statement.every(({ Resource, NotResource }) => !Resource && !NotResource)
        ? "trust"
        : "resource"
      : "identity";
    const minifiedJson = JSON.stringify(document);
    if (Statement.length > 0) compilePolicy(minifiedJson, kind, "aws.iam.getPolicyDocument");
    return { ...parsed.data, id: "", json: JSON.stringify(document, null, 2), minifiedJson };
  },
};

const getCallerIdentity: InvokeDefinition = {
  token: "aws:index/getCallerIdentity:getCallerIdentity",
  invoke: (_args, { accountId }) => ({
    id: accountId,
    accountId,
    arn: `arn:aws:iam::${accountId}:user/administrator`,
    userId: "AIDASIMULATEDADMINIST",
  }),
};

const getRegion: InvokeDefinition = {
  token: "aws:index/getRegion:getRegion",
  invoke: (_args, { region }) => ({
    id: region,
    region,
    name: region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
};

const getPartition: InvokeDefinition = {
  token: "aws:index/getPartition:getPartition",
  invoke: () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
};

/** The provider functions that programs use to write policies and to name what is around them. */
export const iamInvokes: InvokeDefinition[] = [
  getPolicyDocument,
  getCallerIdentity,
  getRegion,
  getPartition,
];
