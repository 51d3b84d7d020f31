import { expect } from "chai";
import { ACCOUNT_ID, documentOf, refusal, TestAccount, trusting } from "./account-fixture";

const TABLE = `arn:aws:dynamodb:eu-west-1:${ACCOUNT_ID}:table/orders`;
const QUEUE = `arn:aws:sqs:eu-west-1:${ACCOUNT_ID}:jobs`;
const RULE = `arn:aws:events:eu-west-1:${ACCOUNT_ID}:rule/tick`;
const allow = (Action: unknown, Resource: unknown, Condition?: object): object => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition && { Condition }),
});

/** Whether a role with these statements may update an item of the table. */
function mayUpdate(statements: readonly object[], context?: Record<string, string | string[]>) {
  const account = new TestAccount();
  const role = account.role("writer", statements);
  return account.services.iam.allows(role, "dynamodb:UpdateItem", TABLE, context);
}

describe("policies of a role", () => {
  it("refuse what no statement allows, with AWS's message", async () => {
    const account = new TestAccount();
    const role = account.role("writer", [allow("dynamodb:GetItem", TABLE)]);
    const required = { action: "dynamodb:UpdateItem", resource: TABLE };
    expect(
      await refusal(() => account.services.iam.authorize({ kind: "role", arn: role }, required)),
    ).to.equal(
      `AccessDeniedException: User: arn:aws:sts::${ACCOUNT_ID}:assumed-role/writer/writer is not authorized to ` +
        `perform: dynamodb:UpdateItem on resource: ${TABLE} because no identity-based policy allows the ` +
        "dynamodb:UpdateItem action",
    );
  });

  it("let the administrator do everything", () => {
    const account = new TestAccount();
    account.services.iam.authorize(
      { kind: "administrator", arn: "arn:aws:iam::123456789012:user/administrator" },
      { action: "dynamodb:DeleteTable", resource: TABLE },
    );
  });

  it("refuse a role that does not exist", () => {
    const { iam } = new TestAccount().services;
    expect(iam.allows(`arn:aws:iam::${ACCOUNT_ID}:role/nobody`, "sqs:SendMessage", QUEUE)).to.equal(
      false,
    );
  });

  it("match actions whatever their case, and resources by their case", () => {
    expect(mayUpdate([allow("DynamoDB:updateitem", TABLE)])).to.equal(true);
    expect(mayUpdate([allow("dynamodb:UpdateItem", TABLE.replace("orders", "Orders"))])).to.equal(
      false,
    );
  });

  it("match * and ? anywhere (and nothing else specially)", () => {
    expect(mayUpdate([allow("dynamodb:Upd*Item", "arn:aws:dynamodb:*:table/order?")])).to.equal(
      true,
    );
    expect(mayUpdate([allow("dynamodb:*", "*")])).to.equal(true);
    expect(mayUpdate([allow("*", `${TABLE}/index/*`)])).to.equal(false);
    expect(mayUpdate([allow("dynamodb:UpdateItem", TABLE.replace("orders", "o.ders"))])).to.equal(
      false,
    );
  });

  it("let an explicit Deny win over any Allow", async () => {
    const account = new TestAccount();
    const deny = { ...allow("dynamodb:UpdateItem", "*"), Effect: "Deny" };
    const role = account.role("writer", [allow("*", "*"), deny]);
    expect(
      await refusal(() =>
        account.services.iam.authorize(
          { kind: "role", arn: role },
          { action: "dynamodb:UpdateItem", resource: TABLE },
        ),
      ),
    ).to.match(/with an explicit deny in an identity-based policy$/);
  });

  it("turn NotAction and NotResource round", () => {
    expect(mayUpdate([{ Effect: "Allow", NotAction: "sqs:*", Resource: "*" }])).to.equal(true);
    expect(mayUpdate([{ Effect: "Allow", NotAction: "dynamodb:*", Resource: "*" }])).to.equal(
      false,
    );
    expect(mayUpdate([{ Effect: "Allow", Action: "*", NotResource: TABLE }])).to.equal(false);
  });

  it("fill in policy variables", () => {
    const resource = "arn:aws:dynamodb:${aws:RequestedRegion}:${aws:PrincipalAccount}:table/orders";
    expect(mayUpdate([allow("dynamodb:UpdateItem", resource)])).to.equal(true);
    expect(mayUpdate([allow("dynamodb:UpdateItem", `${resource}-\${aws:SourceArn}`)])).to.equal(
      false,
    );
  });

  it("take effect at once, also when they go (decisions are remembered)", () => {
    const account = new TestAccount();
    const { iam } = account.services;
    const role = account.role("writer");
    expect(iam.allows(role, "dynamodb:UpdateItem", TABLE)).to.equal(false);
    const policy = account.deploy("aws:iam/rolePolicy:RolePolicy", "policy", {
      role: "writer",
      policy: documentOf(allow("dynamodb:UpdateItem", TABLE)),
    });
    expect(iam.allows(role, "dynamodb:UpdateItem", TABLE)).to.equal(true);
    account.destroy(policy);
    expect(iam.allows(role, "dynamodb:UpdateItem", TABLE)).to.equal(false);
  });

  it("come from attached policies too, AWS's own included", () => {
    const account = new TestAccount();
    const { iam } = account.services;
    const role = account.role("writer");
    const policy = account.deploy("aws:iam/policy:Policy", "tables", {
      policy: documentOf(allow("dynamodb:*", TABLE)),
    });
    for (const policyArn of [
      policy.id,
      "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    ]) {
      account.deploy("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn, {
        role: "writer",
        policyArn,
      });
    }
    expect(iam.allows(role, "dynamodb:UpdateItem", TABLE)).to.equal(true);
    expect(iam.allows(role, "logs:CreateLogGroup", "arn:aws:logs:x")).to.equal(true);
    expect(iam.allows(role, "sqs:SendMessage", QUEUE)).to.equal(false);
  });
});

describe("conditions", () => {
  const when = (Condition: object, context?: Record<string, string | string[]>): boolean =>
    mayUpdate([allow("*", "*", Condition)], context);

  it("hold if any value of every key matches", () => {
    const condition = {
      StringEquals: { "events:source": ["a", "b"], "aws:RequestedRegion": "eu-west-1" },
    };
    expect(when(condition, { "events:source": "b" })).to.equal(true);
    expect(when(condition, { "events:source": "c" })).to.equal(false);
    expect(when(condition)).to.equal(false);
  });

  it("know the operators on texts, ARNs, booleans and numbers", () => {
    const source = { "events:source": "orders.api" };
    expect(when({ StringLike: { "events:source": "orders.*" } }, source)).to.equal(true);
    expect(when({ StringNotLike: { "events:source": "orders.*" } }, source)).to.equal(false);
    expect(when({ StringEqualsIgnoreCase: { "events:source": "ORDERS.API" } }, source)).to.equal(
      true,
    );
    expect(
      when(
        { ArnLike: { "aws:SourceArn": "arn:aws:events:*:*:rule/*" } },
        { "aws:SourceArn": RULE },
      ),
    ).to.equal(true);
    expect(when({ ArnEquals: { "aws:SourceArn": "arn:*" } }, { "aws:SourceArn": RULE })).to.equal(
      false,
    );
    expect(when({ Bool: { "aws:SecureTransport": "true" } })).to.equal(true);
    expect(when({ NumericLessThan: { "events:source": 5 } }, { "events:source": "4" })).to.equal(
      true,
    );
  });

  it("with a negated operator hold if the key is missing; with IfExists too", () => {
    expect(when({ StringNotEquals: { "events:source": "a" } })).to.equal(true);
    expect(when({ StringEqualsIfExists: { "events:source": "a" } })).to.equal(true);
    expect(when({ Null: { "events:source": "true" } })).to.equal(true);
    expect(when({ Null: { "events:source": "false" } })).to.equal(false);
  });

  it("compare sets with ForAllValues and ForAnyValue", () => {
    const keys = { "dynamodb:LeadingKeys": ["a", "b"] };
    const leading = (operator: string, values: string[]): boolean =>
      when({ [operator]: { "dynamodb:LeadingKeys": values } }, keys);
    expect(leading("ForAllValues:StringEquals", ["a", "b", "c"])).to.equal(true);
    expect(leading("ForAllValues:StringEquals", ["a"])).to.equal(false);
    expect(leading("ForAnyValue:StringEquals", ["a"])).to.equal(true);
    expect(leading("ForAnyValue:StringEquals", ["c"])).to.equal(false);
    expect(when({ "ForAllValues:StringEquals": { "events:source": "a" } })).to.equal(true);
    expect(when({ "ForAnyValue:StringEquals": { "events:source": "a" } })).to.equal(false);
  });

  it("are decided anew for each request (only requests alike share a decision)", () => {
    const account = new TestAccount();
    const { iam } = account.services;
    const role = account.role("writer", [
      allow("*", "*", { StringEquals: { "events:source": "a" } }),
    ]);
    expect(iam.allows(role, "events:PutEvents", "*", { "events:source": "b" })).to.equal(false);
    expect(iam.allows(role, "events:PutEvents", "*", { "events:source": "a" })).to.equal(true);
    expect(iam.allows(role, "events:PutEvents", "*")).to.equal(false);
    expect(iam.allows(role, "events:PutEvents", "*", { "events:source": "a" })).to.equal(true);
  });
});

describe("policies of a resource", () => {
  const queuePolicy = (account: TestAccount, statement: object): void =>
    account.services.iam.putResourcePolicy(QUEUE, documentOf(statement));
  const statement = { Effect: "Allow", Action: "sqs:SendMessage", Resource: QUEUE };

  it("allow a role of the same account without a policy of its own", () => {
    const account = new TestAccount();
    const role = account.role("sender");
    queuePolicy(account, { ...statement, Principal: { AWS: role } });
    expect(account.services.iam.allows(role, "sqs:SendMessage", QUEUE)).to.equal(true);
    expect(account.services.iam.allows(role, "sqs:DeleteMessage", QUEUE)).to.equal(false);
  });

  it("allow nobody by naming the account: that delegates to its own policies", () => {
    const account = new TestAccount();
    const role = account.role("sender");
    queuePolicy(account, { ...statement, Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` } });
    expect(account.services.iam.allows(role, "sqs:SendMessage", QUEUE)).to.equal(false);
  });

  it("deny a role that its own policy allows", async () => {
    const account = new TestAccount();
    const role = account.role("sender", [allow("sqs:*", "*")]);
    queuePolicy(account, { ...statement, Effect: "Deny", Principal: "*" });
    expect(
      await refusal(() =>
        account.services.iam.authorize(
          { kind: "role", arn: role },
          { action: "sqs:SendMessage", resource: QUEUE },
        ),
      ),
    ).to.match(/with an explicit deny in a resource-based policy$/);
  });

  it("do not deny calls over TLS by a Deny on insecure transport", () => {
    const account = new TestAccount();
    const role = account.role("sender", [allow("sqs:*", "*")]);
    const Condition = { Bool: { "aws:SecureTransport": "false" } };
    queuePolicy(account, { ...statement, Effect: "Deny", Principal: "*", Condition });
    expect(account.services.iam.allows(role, "sqs:SendMessage", QUEUE)).to.equal(true);
  });

  it("allow a service for its source ARN alone", () => {
    const account = new TestAccount();
    const { iam } = account.services;
    const policy = documentOf({
      ...statement,
      Principal: { Service: "events.amazonaws.com" },
      Condition: {
        ArnEquals: { "aws:SourceArn": RULE },
        StringEquals: { "aws:SourceAccount": ACCOUNT_ID },
      },
    });
    const may = (service: string, sourceArn: string): boolean =>
      iam.authorizeService(service, "sqs:SendMessage", QUEUE, policy, {
        "aws:SourceArn": sourceArn,
      });
    expect(may("events.amazonaws.com", RULE)).to.equal(true);
    expect(may("events.amazonaws.com", `${RULE}-other`)).to.equal(false);
    expect(may("sns.amazonaws.com", RULE)).to.equal(false);
    expect(
      iam.authorizeService("events.amazonaws.com", "sqs:SendMessage", QUEUE, undefined),
    ).to.equal(false);
  });
});

describe("policy documents", () => {
  const problems = (policy: unknown): readonly string[] =>
    new TestAccount().problems("aws:iam/rolePolicy:RolePolicy", "policy", {
      role: "writer",
      policy,
    });
  const first = (policy: unknown): string => problems(policy)[0]!.replace(/ \(got.*/s, "");
  const WHERE = "policy (aws:iam/rolePolicy:RolePolicy): policy: ";

  it("are refused at deployment with the reason", () => {
    expect(first("{")).to.equal(`${WHERE}it is not valid JSON`);
    expect(first(documentOf(allow("UpdateItem", "*")))).to.equal(
      `${WHERE}"UpdateItem" is not an action; expected service:Action`,
    );
    expect(first(documentOf(allow("s3:*", "my-bucket")))).to.equal(
      `${WHERE}"my-bucket" is not a resource; expected an ARN or *`,
    );
    expect(
      first(documentOf(allow("s3:*", "*", { IpAddress: { "aws:SecureTransport": "1" } }))),
    ).to.equal(`${WHERE}condition operator IpAddress is not modelled in the simulated account`);
    expect(
      first(documentOf(allow("s3:*", "*", { Bool: { "aws:MultiFactorAuthPresent": "true" } }))),
    ).to.equal(
      `${WHERE}condition key aws:MultiFactorAuthPresent is not modelled in the simulated account`,
    );
    expect(first(documentOf(allow("s3:*", "arn:aws:s3:::x/${aws:username}")))).to.equal(
      `${WHERE}policy variable \${aws:username} is not modelled in the simulated account`,
    );
    expect(first(documentOf({ ...allow("s3:*", "*"), Principal: "*" }))).to.equal(
      `${WHERE}a statement of a policy of this kind cannot have Principal`,
    );
    expect(first({ Statement: [{ Effect: "allow", Action: "s3:*", Resource: "*" }] })).to.equal(
      `${WHERE}Effect must be Allow or Deny, not "allow"`,
    );
  });

  it("are refused with the role's name when a role gets them", async () => {
    const account = new TestAccount();
    account.role("writer");
    expect(
      await refusal(() => account.services.iam.roles.putInline("writer", "tables", "[]")),
    ).to.equal(
      "MalformedPolicyDocumentException: The policy of role writer, policy tables is refused: " +
        "it must be a JSON object.",
    );
  });
});

describe("roles", () => {
  it("can be assumed by the services that their trust policy names alone", () => {
    const account = new TestAccount();
    const role = account.role("writer");
    expect(account.services.iam.canAssume(role, "lambda.amazonaws.com")).to.equal(true);
    expect(account.services.iam.canAssume(role, "events.amazonaws.com")).to.equal(false);
    expect(account.services.iam.canAssume(`${role}-other`, "lambda.amazonaws.com")).to.equal(false);
  });

  it("cannot be deleted before their policies", async () => {
    const account = new TestAccount();
    const inputs = { name: "writer", assumeRolePolicy: trusting() };
    const role = account.deploy("aws:iam/role:Role", "writer", inputs);
    const policy = account.deploy("aws:iam/rolePolicy:RolePolicy", "policy", {
      role: "writer",
      policy: documentOf(allow("*", "*")),
    });
    expect(await refusal(() => account.destroy(role))).to.equal(
      "DeleteConflict: Cannot delete entity, must delete policies first.",
    );
    account.destroy(policy);
    account.destroy(role);
    expect(account.services.iam.remaining()).to.deep.equal([]);
  });

  it("hold their own inline and attached policies, and update them", () => {
    const account = new TestAccount();
    const inputs = { name: "writer", assumeRolePolicy: trusting() };
    const role = account.deploy("aws:iam/role:Role", "writer", {
      ...inputs,
      inlinePolicies: [{ name: "tables", policy: documentOf(allow("dynamodb:*", TABLE)) }],
    });
    const arn = String(role.outputs["arn"]);
    expect(account.services.iam.allows(arn, "dynamodb:UpdateItem", TABLE)).to.equal(true);
    account.update(role, inputs);
    expect(account.services.iam.allows(arn, "dynamodb:UpdateItem", TABLE)).to.equal(false);
  });

  it("refuse what is not modelled", () => {
    const account = new TestAccount();
    const permissionsBoundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    expect(
      account.problems("aws:iam/role:Role", "writer", {
        assumeRolePolicy: trusting(),
        permissionsBoundary,
      }),
    ).to.deep.equal([
      "writer (aws:iam/role:Role): the simulated account does not model the property permissionsBoundary. " +
        "Leave it out here, or test it on a deployed stack.",
    ]);
    const [problem] = account.problems("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "all", {
      role: "writer",
      policyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
    });
    expect(problem).to.match(
      /policyArn: the AWS managed policy .*AdministratorAccess is not modelled; write/,
    );
  });
});
