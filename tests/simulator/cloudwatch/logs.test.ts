import { expect } from "chai";
import { refusal, TestAccount } from "../iam/account-fixture";

const GROUP = "/aws/lambda/fn";
const GROUP_ARN = `arn:aws:logs:eu-west-1:123456789012:log-group:${GROUP}`;
const may = (actions: string[], Resource: string): object => ({
  Effect: "Allow",
  Action: actions.map((action) => `logs:${action}`),
  Resource,
});

function linesOf(account: TestAccount): string[] | undefined {
  const streams = account.services.cloudwatch.logs(GROUP);
  return streams && [...streams.values()].flat();
}

describe("log groups", () => {
  const type = "aws:cloudwatch/logGroup:LogGroup";

  it("take lines from a role that may write, and meter them with 26 bytes a line", () => {
    const account = new TestAccount();
    account.deploy(type, "logs", { name: GROUP });
    const role = account.role("fn", [may(["CreateLogStream", "PutLogEvents"], `${GROUP_ARN}:*`)]);
    account.services.cloudwatch.writeLogs(GROUP, "stream", ["one", "two"], role);
    expect(linesOf(account)).to.deep.equal(["one", "two"]);
    expect(account.usage.snapshot()).to.deep.equal({ "logs.bytes": 58 });
  });

  it("lose lines in silence without the permission (its resource must end in :*)", () => {
    const account = new TestAccount();
    account.deploy(type, "logs", { name: GROUP });
    const role = account.role("fn", [may(["CreateLogStream", "PutLogEvents"], GROUP_ARN)]);
    account.services.cloudwatch.writeLogs(GROUP, "stream", ["one"], role);
    expect(linesOf(account)).to.deep.equal([]);
    expect(account.usage.snapshot()).to.deep.equal({});
  });

  it("are made by whoever may make them, and then stay", () => {
    const account = new TestAccount();
    const writing = ["CreateLogStream", "PutLogEvents"];
    const poor = account.role("poor", [may(writing, "*")]);
    account.services.cloudwatch.writeLogs(GROUP, "stream", ["lost"], poor);
    expect(linesOf(account)).to.equal(undefined);
    const rich = account.role("rich", [may([...writing, "CreateLogGroup"], "*")]);
    account.services.cloudwatch.writeLogs(GROUP, "stream", ["kept"], rich);
    expect(linesOf(account)).to.deep.equal(["kept"]);
    expect(account.services.cloudwatch.remaining()).to.deep.equal([`${type} ${GROUP}`]);
  });

  it("are refused when they exist already, and deleted unless skipDestroy is on", async () => {
    const account = new TestAccount();
    const group = account.deploy(type, "logs", { name: GROUP });
    expect(await refusal(() => account.deploy(type, "again", { name: GROUP }))).to.equal(
      `ResourceAlreadyExistsException: The specified log group already exists: ${GROUP}`,
    );
    account.destroy(group);
    expect(account.services.cloudwatch.remaining()).to.deep.equal([]);
    account.destroy(account.deploy(type, "kept", { name: GROUP, skipDestroy: true }));
    expect(account.services.cloudwatch.remaining()).to.deep.equal([`${type} ${GROUP}`]);
  });

  it("refuse a retention that AWS does not have", () => {
    const [problem] = new TestAccount().problems(type, "logs", { name: GROUP, retentionInDays: 2 });
    expect(problem).to.match(/retentionInDays: must be one of 0, 1, 3, 5, 7, .*3653/);
  });
});
