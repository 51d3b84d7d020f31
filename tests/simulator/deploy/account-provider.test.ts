import { expect } from "chai";
import { SimulatedAccount } from "../../../simulator/account";
import { catalogue } from "../../../simulator/deploy/catalogue";
import {
  AccountProvider,
  PartlyCreated,
} from "../../../simulator/deploy/provider/account-provider";
import type { DeploymentFailure } from "../../../simulator/deploy/provider/failures";
import { synthesize } from "../../../simulator";
import * as aws from "@pulumi/aws";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const QUEUE = "aws:sqs/queue:Queue";
const urnOf = (name: string, type = QUEUE): string =>
  `urn:pulumi:dev::program::own:component:Thing$${type}::${name}`;

function providerWith(...failures: DeploymentFailure[]) {
  const definitions = new Map(catalogue.resources.map((each) => [each.type, each]));
  const account = new SimulatedAccount(
    { accountId: "123456789012", region: "us-east-1" },
    { seed: 1, assumptions: {}, faults: [], startAtMs: 0 },
    definitions,
  );
  return { account, provider: new AccountProvider(account, catalogue, failures) };
}

/** Checks and creates, as the engine does. */
async function made(provider: AccountProvider, name: string, inputs: object) {
  const urn = urnOf(name);
  const checked = provider.check({ urn }, { ...inputs });
  expect(checked.problems).to.deep.equal([]);
  const state = await provider.create({ urn }, checked.inputs, false);
  return { urn, id: state.id, inputs: checked.inputs, state };
}

describe("The provider of the account", () => {
  it("chooses the names that the in-process deployment chooses", async () => {
    const { provider } = providerWith();
    const program = () => ({ url: new aws.sqs.Queue("jobs").url });
    const { outputs } = await synthesize(program);
    expect((await made(provider, "jobs", {})).id).to.equal(outputs["url"]);
  });

  it("keeps a name that it chose, and says that it did", () => {
    const { provider } = providerWith();
    const urn = urnOf("jobs");
    const olds = { name: "jobs-0000000", __defaults: ["name"] };
    expect(provider.check({ urn }, {}, olds).inputs).to.deep.equal(olds);
  });

  it("chooses another for a replacement, and one with .fifo when the queue becomes a FIFO queue", async () => {
    const { provider } = providerWith();
    const { inputs, urn } = await made(provider, "jobs", {});
    const replacement = provider.check({ urn }, {}).inputs;
    expect(replacement["name"])
      .to.match(/^jobs-[0-9a-f]{7}$/)
      .and.not.equal(inputs["name"]);
    const fifo = provider.check({ urn }, { fifoQueue: true }, inputs).inputs;
    expect(fifo["name"]).to.match(/^jobs-[0-9a-f]{7}\.fifo$/);
  });

  it("reports every problem by its path, and judges nothing that is not known yet", () => {
    const { provider } = providerWith();
    const urn = urnOf("jobs");
    const wrong = { kmsMasterKeyId: "key", visibilityTimeoutSeconds: 99_999, delaySeconds: -1 };
    const { problems } = provider.check({ urn }, wrong);
    expect(problems.map(({ path }) => path).sort()).to.deep.equal([
      "delaySeconds",
      "kmsMasterKeyId",
      "visibilityTimeoutSeconds",
    ]);
    const unknown = { redrivePolicy: UNKNOWN, visibilityTimeoutSeconds: UNKNOWN };
    expect(provider.check({ urn }, unknown).problems).to.deep.equal([]);
    const half = provider.check({ urn }, { ...unknown, delaySeconds: -1 });
    expect(half.problems.map(({ path }) => path)).to.deep.equal(["delaySeconds"]);
  });

  it("refuses a type that is not modelled", () => {
    const { provider } = providerWith();
    const { problems } = provider.check({ urn: urnOf("network", "aws:ec2/vpc:Vpc") }, {});
    expect(problems).to.have.length(1);
  });

  it("takes a default that is spelt out for no change, and tells replacement from change in place", () => {
    const { provider } = providerWith();
    const subject = { urn: urnOf("jobs"), id: "url" };
    const old = { name: "jobs-1", __defaults: ["name"] };
    const same = provider.diff(subject, old, { ...old, visibilityTimeoutSeconds: 30 });
    expect(same.changes).to.deep.equal([]);
    const inPlace = provider.diff(subject, old, { ...old, visibilityTimeoutSeconds: 31 });
    expect(inPlace.changes).to.deep.equal([
      { property: "visibilityTimeoutSeconds", kind: "update", replaces: false },
    ]);
    const fifo = provider.diff(subject, old, { ...old, name: "jobs-1.fifo", fifoQueue: true });
    expect(fifo.changes.map(({ property, replaces }) => [property, replaces])).to.deep.equal([
      ["fifoQueue", true],
      ["name", true],
    ]);
  });

  it("deletes first where the program chose the name and it stays", () => {
    const { provider } = providerWith();
    const subject = { urn: urnOf("table", "aws:dynamodb/table:Table"), id: "chosen" };
    const table = (hashKey: string, more: object) => ({
      hashKey,
      attributes: [{ name: hashKey, type: "S" }],
      billingMode: "PAY_PER_REQUEST",
      name: "chosen",
      ...more,
    });
    const diff = (more: object) => provider.diff(subject, table("a", more), table("b", more));
    expect(diff({}).deleteBeforeReplace).to.equal(true);
    expect(diff({ __defaults: ["name"] }).deleteBeforeReplace).to.equal(false);
  });

  it("previews without touching the account", async () => {
    const { account, provider } = providerWith();
    const urn = urnOf("jobs");
    await provider.create({ urn }, provider.check({ urn }, {}).inputs, true);
    expect(account.remaining()).to.deep.equal([]);
    const { id, inputs } = await made(provider, "jobs", {});
    const changed = { ...inputs, delaySeconds: 5 };
    expect((await provider.update({ urn, id }, changed, true)).properties).to.include({
      delaySeconds: 5,
      url: id,
    });
    expect(provider.read({ urn, id }, inputs)?.properties).to.include({ delaySeconds: 0 });
  });

  it("finds nothing where a thing was deleted by hand, and deletes it all the same", async () => {
    const { account, provider } = providerWith();
    const { id, inputs, urn } = await made(provider, "jobs", {});
    account.services.sqs.deleteQueue(account.services.sqs.byUrl(id));
    expect(provider.read({ urn, id }, inputs)).to.equal(undefined);
    provider.delete({ urn, id });
    await made(provider, "jobs", {});
    expect(account.remaining()).to.deep.equal([`${QUEUE} ${id}`]);
  });

  it("refuses to change what is not there, and says how to go on", async () => {
    const { provider } = providerWith();
    const subject = { urn: urnOf("jobs"), id: "https://gone" };
    let refused: unknown;
    await provider.update(subject, {}, false).catch((cause: unknown) => (refused = cause));
    expect((refused as Error).message).to.contain("pulumi refresh");
  });

  it("fails once where it is to, before or after it was done", async () => {
    const { account, provider } = providerWith(
      { operation: "create", resource: "jobs" },
      { operation: "create", resource: "jobs", took: "all" },
    );
    const failures: unknown[] = [];
    for (let times = 0; times < 2; times += 1) {
      await made(provider, "jobs", {}).catch((cause: unknown) => failures.push(cause));
      if (times === 0) expect(account.remaining()).to.deep.equal([]);
    }
    expect(failures[0]).to.be.an("error").and.not.an.instanceOf(PartlyCreated);
    expect((failures[1] as PartlyCreated).state.id).to.equal(account.resources[0]!.id);
    expect(failures).to.have.length(2);
  });

  it("is in one region", () => {
    const { provider } = providerWith();
    expect(() => provider.configure({ region: "us-east-1" })).to.not.throw();
    expect(() => provider.configure({ region: "eu-central-1" })).to.throw("us-east-1");
  });
});
