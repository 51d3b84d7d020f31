import { expect } from "chai";
import { iamInvokes } from "../../../simulator/services/iam/service";
import { ACCOUNT_ID, REGION } from "./account-fixture";

function invoke(token: string, args: Record<string, unknown> = {}): Record<string, unknown> {
  const definition = iamInvokes.find((candidate) => candidate.token === token);
  if (!definition) throw new Error(`${token} is not defined`);
  return definition.invoke(args, { accountId: ACCOUNT_ID, region: REGION }) as never;
}

describe("provider functions", () => {
  it("write a policy document (lists of one become the text itself)", () => {
    const { json, minifiedJson } = invoke("aws:iam/getPolicyDocument:getPolicyDocument", {
      statements: [
        {
          sid: "Send",
          actions: ["sqs:SendMessage"],
          resources: [
            "arn:aws:sqs:eu-west-1:123456789012:a",
            "arn:aws:sqs:eu-west-1:123456789012:b",
          ],
          principals: [{ type: "Service", identifiers: ["events.amazonaws.com"] }],
          conditions: [
            { test: "ArnEquals", variable: "aws:SourceArn", values: ["arn:aws:events:*"] },
          ],
        },
      ],
    });
    const document = {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "Send",
          Effect: "Allow",
          Action: "sqs:SendMessage",
          Resource: [
            "arn:aws:sqs:eu-west-1:123456789012:a",
            "arn:aws:sqs:eu-west-1:123456789012:b",
          ],
          Principal: { Service: "events.amazonaws.com" },
          Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:events:*" } },
        },
      ],
    };
    expect(json).to.equal(JSON.stringify(document, null, 2));
    expect(minifiedJson).to.equal(JSON.stringify(document));
  });

  it("refuse a document that would be refused", () => {
    expect(() =>
      invoke("aws:iam/getPolicyDocument:getPolicyDocument", {
        statements: [{ actions: ["SendMessage"], resources: ["*"] }],
      }),
    ).to.throw('"SendMessage" is not an action; expected service:Action');
  });

  it("tell the account, the region and the partition", () => {
    expect(invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"]).to.equal(
      ACCOUNT_ID,
    );
    expect(invoke("aws:index/getRegion:getRegion")["region"]).to.equal(REGION);
    expect(invoke("aws:index/getPartition:getPartition")["dnsSuffix"]).to.equal("amazonaws.com");
  });
});
