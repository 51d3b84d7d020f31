import { expect } from "chai";
import type { AssumptionValues } from "../../../simulator/assumptions";
import { refusal } from "../iam/account-fixture";
import { artifact, FAILS, functionArn, FunctionWorld, queueArn, roleArn } from "./world";

const ARN = functionArn("process");

/** A function `process` with versions 1 and 2, which answer or throw their number. */
function twoVersions(
  handlers: readonly [string, string] = ["return 1;", "return 2;"],
  assumptions: AssumptionValues = {},
  second: Record<string, unknown> = {},
): FunctionWorld {
  const world = new FunctionWorld({ assumptions });
  const first = world.fn("process", { handler: handlers[0], inputs: { publish: true } });
  world.change(first, { ...first.inputs, code: artifact(`${handlers[1]} // 2`), ...second });
  return world;
}

const versionsOf = (world: FunctionWorld): string[] =>
  world.runs("process").map(({ version }) => version);

describe("an alias", () => {
  it("is another name for a version", async () => {
    const world = twoVersions();
    const { id, outputs } = world.alias("live", "process", "1");
    expect(id).to.equal(`${ARN}:live`);
    expect(outputs.arn).to.equal(id);
    expect(outputs.invokeArn).to.match(/functions\/arn:[^/]*:process:live\/invocations$/);
    expect(await world.ask("process:live")).to.deep.include({ ExecutedVersion: "1", value: 1 });
    expect(await world.ask(id)).to.deep.include({ value: 1 });
  });

  it("tells the handler how it was invoked, and which version it is", async () => {
    const handler = "return [context.functionVersion, context.invokedFunctionArn];";
    const world = twoVersions([handler, handler]);
    world.alias("live", "process", "1");
    expect((await world.ask("process:live")).value).to.deep.equal(["1", `${ARN}:live`]);
  });

  it("of $LATEST follows the function", async () => {
    const world = new FunctionWorld();
    const fn = world.fn("process", { handler: "return 'old';" });
    world.alias("newest", "process", "$LATEST");
    const ask = async () => (await world.ask("process:newest")).value;
    expect(await ask()).to.equal("old");
    world.change(fn, { ...fn.inputs, code: artifact("return 'new';") });
    expect(await ask()).to.equal("new");
  });

  it("is moved in place: the retry of an event goes to the new version", async () => {
    const world = twoVersions([FAILS, "return 2;"]);
    const alias = world.alias("live", "process", "1");
    await world.invoke("process:live");
    await world.until(10);
    world.change(alias, { ...alias.inputs, functionVersion: "2" });
    await world.until(100);
    expect(versionsOf(world)).to.deep.equal(["1", "2"]);
    expect(world.events("process")[0]!.ended).to.equal("ok");
  });

  it("that is gone invokes nothing", async () => {
    const world = twoVersions();
    world.alias("live", "process", "1");
    world.services.lambda.deleteAlias("process", "live");
    expect(await refusal(() => world.ask("process:live"))).to.equal(
      `ResourceNotFoundException: Function not found: ${ARN.replace("process", "process:live")}`,
    );
  });

  it("is refused if AWS would refuse it", async () => {
    const world = twoVersions(["return 1;", "return 2;"], {}, { role: roleArn("other") });
    const refused = (version: string, weights?: Record<string, number>, name = "live") =>
      refusal(() => world.alias(name, "process", version, weights));
    const invalid = "InvalidParameterValueException: ";
    expect(await refused("9")).to.equal(`ResourceNotFoundException: Function not found: ${ARN}:9`);
    expect(await refused("1", { 9: 0.5 })).to.match(/Function not found: .*:9$/);
    expect(await refused("1", { 2: 0.1, 3: 0.1 })).to.equal(
      `${invalid}Number of items in AdditionalVersionWeights cannot be greater than 1`,
    );
    expect(await refused("$LATEST", { 1: 0.5 })).to.equal(
      `${invalid}$LATEST is not supported for an alias pointing to more than 1 version`,
    );
    expect(await refused("1", { $LATEST: 0.5 })).to.match(/^ValidationException: .* \[0-9]\+]$/);
    expect(await refused("1", { 2: 1.5 })).to.match(/^ValidationException: .*less than or equal/);
    expect(await refused("1", { 1: 0.5 })).to.match(/Function version 1 is already included/);
    expect(await refused("1", { 2: 0.5 })).to.match(/must have the same execution role/);
    expect(await refused("1", undefined, "7")).to.match(/^ValidationException: .*'name'/);
    world.alias("live", "process", "1");
    expect(await refused("2")).to.equal(
      `ResourceConflictException: Alias already exists: ${ARN}:live`,
    );
  });

  it("has two versions only with the same dead-letter queue", async () => {
    const world = twoVersions(
      ["return 1;", "return 2;"],
      {},
      {
        deadLetterConfig: { targetArn: queueArn("dead") },
      },
    );
    expect(await refusal(() => world.alias("live", "process", "1", { 2: 0.5 }))).to.match(
      /must have the same dead-letter queue, or none/,
    );
  });
});

describe("an alias of two versions", () => {
  async function shares(weight: number): Promise<number> {
    const world = twoVersions();
    world.alias("live", "process", "1", { 2: weight });
    for (let n = 0; n < 400; n++) void world.invoke("process:live");
    await world.until(10);
    const versions = versionsOf(world);
    expect(versions).to.have.length(400);
    return versions.filter((version) => version === "2").length;
  }

  it("gives the second its share of the invocations, the same in every run", async () => {
    expect(await shares(0)).to.equal(0);
    expect(await shares(1)).to.equal(400);
    const tenth = await shares(0.1);
    expect(tenth).to.be.within(25, 60);
    expect(await shares(0.1)).to.equal(tenth);
  });

  const attempts = async (routing: string): Promise<string[]> => {
    const world = twoVersions([FAILS, FAILS], { "alias.routing": routing });
    world.alias("live", "process", "1", { 2: 0.5 });
    for (let n = 0; n < 20; n++) await world.invoke("process:live");
    await world.until(1000);
    const runs = world.runs("process");
    const ids = [...new Set(runs.map(({ requestId }) => requestId))];
    return ids.map((id) =>
      runs
        .filter(({ requestId }) => requestId === id)
        .map(({ version }) => version)
        .join(""),
    );
  };

  it("draws the version of each attempt (alias.routing per-invocation)", async () => {
    const seen = await attempts("per-invocation");
    expect(seen).to.have.length(20);
    expect(seen.some((versions) => new Set(versions).size === 2)).to.equal(true);
  });

  it("draws the version of an event once (alias.routing per-retry-chain)", async () => {
    const seen = await attempts("per-retry-chain");
    expect(new Set(seen)).to.deep.equal(new Set(["111", "222"]));
  });
});

describe("asynchronous events of an alias", () => {
  interface Records {
    readonly requestContext: { readonly functionArn: string };
    readonly responseContext: { readonly executedVersion: string };
  }

  it("are retried and told of as configured for the alias, whose ARN is in the record", async () => {
    const world = twoVersions([FAILS, FAILS]);
    world.alias("live", "process", "2");
    const onFailure = { destination: world.queue("failures") };
    world.configure("process", {
      ...{ qualifier: "live", maximumRetryAttempts: 1, destinationConfig: { onFailure } },
    });
    for (const name of ["process:live", "process:2", "process"]) await world.invoke(name);
    await world.until(1000);
    expect(versionsOf(world).sort().join()).to.equal("$LATEST,$LATEST,$LATEST,2,2,2,2,2");
    const [record, ...others] = world.bodies<Records>("failures");
    expect(others).to.deep.equal([]);
    expect(record!.requestContext.functionArn).to.equal(`${ARN}:live`);
    expect(record!.responseContext.executedVersion).to.equal("2");
  });

  for (const [choice, runs] of [
    ["defaults", 3],
    ["function", 1],
  ] as const) {
    it(`without a configuration run ${runs} times (alias.eventInvokeConfig ${choice})`, async () => {
      const world = twoVersions([FAILS, FAILS], { "alias.eventInvokeConfig": choice });
      world.alias("live", "process", "2");
      world.configure("process", { maximumRetryAttempts: 0 });
      await world.invoke("process:live");
      await world.until(1000);
      expect(world.runs("process")).to.have.length(runs);
    });
  }

  for (const [choice, queue] of [
    ["as-published", "old"],
    ["latest", "new"],
  ] as const) {
    it(`go to the ${queue} dead-letter queue (version.deadLetter ${choice})`, async () => {
      const world = new FunctionWorld({ assumptions: { "version.deadLetter": choice } });
      const to = (name: string) => ({ deadLetterConfig: { targetArn: world.queue(name) } });
      const first = world.fn("process", { inputs: { publish: true, ...to("old") } });
      world.change(first, { ...first.inputs, ...to("new") });
      await world.invoke("process:1");
      await world.until(1000);
      expect(world.messages(queue)).to.have.length(1);
      expect(world.messages(queue === "old" ? "new" : "old")).to.have.length(0);
    });
  }
});

describe("GetAlias and UpdateAlias", () => {
  it("tell and change what an alias points to; what is left out stays", async () => {
    const world = twoVersions();
    world.alias("live", "process", "1", { 2: 0.25 });
    const on = { FunctionName: "process", Name: "live" };
    const RoutingConfig = { AdditionalVersionWeights: { 2: 0.25 } };
    const before = { AliasArn: `${ARN}:live`, FunctionVersion: "1", RoutingConfig };
    expect(world.call("GetAlias", on)).to.deep.include(before);
    expect(world.call("UpdateAlias", on)).to.deep.include(before);
    world.call("UpdateAlias", { ...on, FunctionVersion: "2", RoutingConfig: {} });
    const after = world.call("GetAlias", on);
    expect(after).to.include({ FunctionVersion: "2" });
    expect(after).not.to.have.property("RoutingConfig");
    expect((await world.ask("process:live")).value).to.equal(2);
  });

  it("refuse an alias that is not there, and what cannot be", async () => {
    const world = twoVersions();
    const on = { FunctionName: "process", Name: "live" };
    const missing = `ResourceNotFoundException: Cannot find alias arn: ${ARN}:live`;
    expect(await refusal(() => world.call("GetAlias", on))).to.equal(missing);
    expect(await refusal(() => world.call("UpdateAlias", on))).to.equal(missing);
    world.alias("live", "process", "1");
    const wrong = { ...on, FunctionVersion: "9" };
    expect(await refusal(() => world.call("UpdateAlias", wrong))).to.match(/not found: .*:9$/);
    expect(world.call("GetAlias", on)).to.include({ FunctionVersion: "1" });
  });
});
