import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import {
  startEmpty,
  type DeploymentFailure,
  type ServedAccount,
  type SimulatedAws,
} from "../../simulator";
import { EngineFolder, EngineStack, redrive, redriveProject, type Config } from "./engine-stack";

const PROJECT: Config = { name: "small", runtime: "nodejs" };

/** A stack of its own in an account of its own; both are closed after the test. */
async function stackOf(
  program: () => unknown,
  options: { failures?: readonly DeploymentFailure[]; project?: Config; name?: string } = {},
): Promise<{ stack: EngineStack; account: SimulatedAws }> {
  const account = await startEmpty();
  const served = await account.serve({ failures: options.failures ?? [] });
  return { account, stack: await stackIn(account, served, program, options) };
}

async function stackIn(
  account: SimulatedAws,
  served: ServedAccount,
  program: () => unknown,
  { name = "dev", project = PROJECT }: { project?: Config; name?: string } = {},
): Promise<EngineStack> {
  const folder = new EngineFolder(project);
  const run = async (): Promise<Record<string, unknown>> =>
    (await program()) as Record<string, unknown>;
  const stack = await EngineStack.create(name, run, folder, account, served);
  opened.push(stack);
  return stack;
}

const opened: EngineStack[] = [];

async function refusal(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
  } catch (cause) {
    return (cause as Error).message;
  }
  throw new Error("It was not refused.");
}

/** A queue and a function that depends on it. */
function small(): Record<string, unknown> {
  const queue = new aws.sqs.Queue("jobs", { visibilityTimeoutSeconds: 60 });
  const role = new aws.iam.Role("worker-role", {
    assumeRolePolicy: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { Service: "lambda.amazonaws.com" },
        },
      ],
    },
  });
  const worker = new aws.lambda.Function("worker", {
    role: role.arn,
    runtime: "nodejs22.x",
    handler: "index.handler",
    code: new pulumi.asset.AssetArchive({
      "index.js": new pulumi.asset.StringAsset("exports.handler = async () => 1;"),
    }),
    environment: { variables: { QUEUE_URL: queue.url } },
  });
  return { queueUrl: queue.url, worker: worker.name };
}

describe("operations of the engine", function () {
  this.timeout(300_000);

  afterEach(() => {
    for (const stack of opened.splice(0)) stack.close();
  });

  it("previews what it then does, and creates nothing meanwhile", async () => {
    const { account, stack } = await stackOf(small);
    const planned = await stack.preview();
    expect(planned.steps).to.deep.equal({ create: ["jobs", "worker", "worker-role"] });
    expect(account.remaining()).to.deep.equal([]);
    expect((await stack.up()).steps).to.deep.equal(planned.steps);
    expect((await stack.preview()).steps).to.deep.equal({});
  });

  it("refuses a bad knob in preview, with all problems, before anything is there", async () => {
    const { account, stack } = await stackOf(redrive, { project: redriveProject() });
    stack.configure({
      "redrive:systems": ["aggregation"],
      "redrive:mappings": { maximumRecordAgeInSeconds: 30, batchSize: 0 },
    });
    const message = await refusal(stack.preview());
    expect(message).to.contain("redrive:mappings.maximumRecordAgeInSeconds");
    expect(message).to.contain("redrive:mappings.batchSize");
    expect(account.remaining()).to.deep.equal([]);
  });

  it("refuses a type that is not modelled, before it is made", async () => {
    const { account, stack } = await stackOf(() => {
      new aws.ec2.Vpc("network", { cidrBlock: "10.0.0.0/16" });
    });
    const type = "aws:ec2/vpc:Vpc";
    expect(await refusal(stack.preview())).to.contain(`does not model the resource type ${type}`);
    expect(account.remaining()).to.deep.equal([]);
  });

  it("refuses properties that are not modelled or out of range, all of a resource at once", async () => {
    const { account, stack } = await stackOf(() => {
      new aws.sqs.Queue("jobs", { kmsMasterKeyId: "alias/key", visibilityTimeoutSeconds: 99_999 });
    });
    const message = await refusal(stack.preview());
    expect(message).to.contain("does not model the property kmsMasterKeyId");
    expect(message).to.match(/property visibilityTimeoutSeconds value \{99999\} has a problem/);
    expect(account.remaining()).to.deep.equal([]);
  });

  it("goes on where a failed update stopped", async () => {
    const { account, stack } = await stackOf(small, {
      failures: [{ operation: "create", resource: "worker" }],
    });
    expect(await refusal(stack.up())).to.contain("the create of worker was to fail once");
    expect(account.resources.map(({ name }) => name).sort()).to.deep.equal(["jobs", "worker-role"]);
    const second = await stack.up();
    expect(second.steps).to.deep.equal({ create: ["worker"] });
    expect((await stack.up()).steps).to.deep.equal({});
  });

  it("keeps what was created in part, and finishes it with the next update", async () => {
    const { account, stack } = await stackOf(small, {
      failures: [{ operation: "create", resource: "worker", took: "all" }],
    });
    expect(await refusal(stack.up())).to.contain("the create of worker was to fail once");
    expect(account.resources.map(({ name }) => name).sort()).to.deep.equal([
      "jobs",
      "worker",
      "worker-role",
    ]);
    expect((await stack.up()).steps).to.deep.equal({ update: ["worker"] });
    expect((await stack.destroy()).counts).to.deep.equal({ delete: 4 });
    expect(account.remaining()).to.deep.equal([]);
  });

  it("finds by refresh what was deleted by hand, and makes it again", async () => {
    const { account, stack } = await stackOf(small);
    await stack.up();
    const { queueUrl } = await stack.outputs();
    const client = account.client(SQSClient);
    await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl as string }));
    expect((await stack.refresh()).counts).to.deep.equal({ delete: 1, same: 3 });
    expect((await stack.up()).steps["create"]).to.deep.equal(["jobs"]);
    expect(account.remaining()).to.include(`aws:sqs/queue:Queue ${String(queueUrl)}`);
  });

  it("destroys what was deleted by hand already", async () => {
    const { account, stack } = await stackOf(small);
    await stack.up();
    const { queueUrl } = await stack.outputs();
    await account.client(SQSClient).send(new DeleteQueueCommand({ QueueUrl: queueUrl as string }));
    expect((await stack.destroy()).counts).to.deep.equal({ delete: 4 });
    expect(account.remaining()).to.deep.equal([]);
  });

  it("says what to do when the account has been forgotten", async () => {
    const first = await stackOf(() => new aws.sqs.Queue("jobs"));
    await first.stack.up();
    const state = await first.stack.stack.exportStack();
    const second = await stackOf(() => new aws.sqs.Queue("jobs", { delaySeconds: 5 }));
    await second.stack.stack.importStack(state);
    expect(await refusal(second.stack.up())).to.contain("run `pulumi refresh`");
    await second.stack.refresh();
    expect((await second.stack.up()).steps["create"]).to.include("jobs");
  });

  it("keeps secrets out of the state and out of what is printed", async () => {
    const secret = "the-password-that-nobody-sees";
    const { account, stack } = await stackOf(() => {
      const { require: _plain, ...config } = {
        require: 0,
        secret: new pulumi.Config().requireSecret("password"),
      };
      return {
        parameter: new aws.sqs.Queue("jobs", { tags: { password: config.secret } }).tags,
        own: config.secret,
      };
    });
    await stack.stack.setConfig("password", { value: secret, secret: true });
    const { text } = await stack.up();
    const again = await stack.preview();
    expect(text + again.text).to.not.contain(secret);
    expect(stack.state()).to.contain("ciphertext").and.not.contain(secret);
    expect(JSON.stringify(account.trace.entries)).to.not.contain(secret);
    expect((await stack.outputs())["own"]).to.equal(secret);
  });

  it("keeps two stacks in one account apart", async () => {
    const account = await startEmpty();
    const served = await account.serve();
    const one = await stackIn(account, served, small, { name: "one" });
    const two = await stackIn(account, served, small, { name: "two" });
    await one.up();
    await two.up();
    expect(await one.outputs()).to.not.deep.equal(await two.outputs());
    const { queueUrl } = await two.outputs();
    await one.destroy();
    expect(account.remaining().filter((line) => line.includes("Queue"))).to.deep.equal([
      `aws:sqs/queue:Queue ${String(queueUrl)}`,
    ]);
    expect((await two.up()).steps).to.deep.equal({});
  });

  it("does not destroy what is protected, and says so", async () => {
    const { account, stack } = await stackOf(
      () =>
        new aws.dynamodb.Table(
          "kept",
          {
            hashKey: "id",
            attributes: [{ name: "id", type: "S" }],
            billingMode: "PAY_PER_REQUEST",
          },
          { protect: true },
        ),
    );
    await stack.up();
    expect(await refusal(stack.destroy())).to.match(/kept.* cannot be deleted|protect/);
    expect(account.remaining()).to.have.length(1);
  });

  it("replaces beside the old one under a new name, or after it where the program chose the name", async () => {
    let hashKey = "id";
    const { account, stack } = await stackOf(() => {
      const table = (name: string, args: object): aws.dynamodb.Table =>
        new aws.dynamodb.Table(name, {
          hashKey,
          attributes: [{ name: hashKey, type: "S" }],
          billingMode: "PAY_PER_REQUEST",
          ...args,
        });
      table("named", { name: "chosen" });
      return { automatic: table("automatic", {}).name };
    });
    await stack.up();
    const before = await stack.outputs();
    hashKey = "key";
    const { steps, text } = await stack.up();
    expect(steps["create-replacement"]).to.deep.equal(["automatic", "named"]);
    expect(text.indexOf("named deleted original")).to.be.lessThan(text.indexOf("named created"));
    const after = await stack.outputs();
    expect(after["automatic"]).to.not.equal(before["automatic"]);
    const table = "aws:dynamodb/table:Table";
    expect(account.remaining().sort()).to.deep.equal(
      [`${table} ${String(after["automatic"])}`, `${table} chosen`].sort(),
    );
  });

  it("refuses a region that the account is not in", async () => {
    const { stack } = await stackOf(() => new aws.sqs.Queue("jobs"));
    stack.configure({ "aws:region": "eu-central-1" });
    expect(await refusal(stack.preview())).to.contain("pulumi config set aws:region us-east-1");
  });
});
