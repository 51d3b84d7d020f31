import { expect } from "chai";
import { refusal } from "../iam/account-fixture";
import { functionArn, FunctionWorld } from "./world";

const ARN = functionArn("process");
const EVENTS = "events.amazonaws.com";
const RULE = "arn:aws:events:us-east-1:123456789012:rule/orders";

/** A function with version 1 and an alias `live` of it. */
function deployed(): FunctionWorld {
  const world = new FunctionWorld();
  world.fn("process", { handler: "return 1;", inputs: { publish: true } });
  world.alias("live", "process", "1");
  return world;
}

const permit = (world: FunctionWorld, inputs: Record<string, unknown> = {}) =>
  world.make("aws:lambda/permission:Permission", "may-invoke", {
    ...{ action: "lambda:InvokeFunction", function: "process", principal: EVENTS },
    ...{ sourceArn: RULE, statementId: "rules", ...inputs },
  });

describe("a permission", () => {
  it("is for the function, or for the version or alias that it names, and for no other", () => {
    const names = [ARN, `${ARN}:1`, `${ARN}:live`];
    const allowed = (inputs: Record<string, unknown>): boolean[] => {
      const world = deployed();
      permit(world, inputs);
      return names.map((name) => world.services.lambda.policyAllows(name, EVENTS, RULE));
    };
    expect(allowed({})).to.deep.equal([true, false, false]);
    expect(allowed({ qualifier: "1" })).to.deep.equal([false, true, false]);
    expect(allowed({ qualifier: "live" })).to.deep.equal([false, false, true]);
    expect(allowed({ function: `${ARN}:live` })).to.deep.equal([false, false, true]);
  });

  it("goes with its alias", () => {
    const world = deployed();
    permit(world, { qualifier: "live" });
    world.services.lambda.deleteAlias(ARN, "live");
    world.alias("live", "process", "1");
    expect(world.services.lambda.policyAllows(`${ARN}:live`, EVENTS, RULE)).to.equal(false);
  });

  it("cannot be for $LATEST, for an alias that is not there, or have another's id", async () => {
    const world = deployed();
    expect(await refusal(() => permit(world, { qualifier: "$LATEST" }))).to.equal(
      "InvalidParameterValueException: We currently do not support adding policies for $LATEST.",
    );
    expect(await refusal(() => permit(world, { qualifier: "canary" }))).to.equal(
      `ResourceNotFoundException: Function not found: ${functionArn("process:canary")}`,
    );
    permit(world);
    expect(await refusal(() => permit(world))).to.equal(
      "ResourceConflictException: The statement id (rules) provided already exists. Please provide " +
        "a new statement id, or remove the existing statement.",
    );
  });
});

describe("AddPermission, GetPolicy and RemovePermission", () => {
  const on = { FunctionName: "process", Qualifier: "live" };
  const statement = {
    Sid: "rules",
    Effect: "Allow",
    Principal: { Service: EVENTS },
    Action: "lambda:InvokeFunction",
    Resource: `${ARN}:live`,
    Condition: { ArnLike: { "AWS:SourceArn": RULE } },
  };

  it("see the same statements as permissions of the program", async () => {
    const world = deployed();
    permit(world, { qualifier: "live" });
    const { Policy } = world.call<{ Policy: string }>("GetPolicy", on);
    expect(JSON.parse(Policy)).to.deep.equal({
      ...{ Version: "2012-10-17", Id: "default", Statement: [statement] },
    });
    world.call("RemovePermission", { ...on, StatementId: "rules" });
    expect(world.services.lambda.policyAllows(`${ARN}:live`, EVENTS, RULE)).to.equal(false);
    expect(await refusal(() => world.call("GetPolicy", on))).to.equal(
      "ResourceNotFoundException: The resource you requested does not exist.",
    );
  });

  it("add a statement, which counts at once", () => {
    const world = deployed();
    const { Statement } = world.call<{ Statement: string }>("AddPermission", {
      ...on,
      ...{ StatementId: "rules", Action: "lambda:InvokeFunction", Principal: EVENTS },
      SourceArn: RULE,
    });
    expect(JSON.parse(Statement)).to.deep.equal(statement);
    expect(world.services.lambda.policyAllows(`${ARN}:live`, EVENTS, RULE)).to.equal(true);
  });

  it("refuse to remove what is not there", async () => {
    const input = { ...on, StatementId: "rules" };
    expect(await refusal(() => deployed().call("RemovePermission", input))).to.equal(
      "ResourceNotFoundException: Statement rules is not found in resource policy.",
    );
  });
});
