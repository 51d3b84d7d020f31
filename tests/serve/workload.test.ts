import { join } from "node:path";
import { expect } from "chai";
import { DEFAULT_SETTINGS } from "../../compare/workloads";
import { prepareRun } from "../../compare/systems";
import { ask } from "../../serve/commands/ask";
import { listenForCommands, type ControlServer } from "../../serve/service/control-server";
import { Session } from "../../serve/service/session";
import type { Status } from "../../serve/service/status";
import type { WorkloadRequest, WorkloadRun } from "../../serve/service/workload";
import { synthesize, type Deployment } from "../../simulator";
import { EngineClient } from "./engine-client";

const ROOT = join(__dirname, "../..");
const START_AT = "2026-01-01T00:00:00Z";

/** What the engine has deployed is played by the same resources, made in another order. */
describe("A workload on what is deployed", function () {
  this.timeout(60_000);

  const settings = { ...DEFAULT_SETTINGS, messages: 200 };
  let deployment: Deployment;
  let session: Session;
  let control: ControlServer;

  const run = (changed: Partial<WorkloadRequest> = {}): Promise<WorkloadRun> =>
    ask<WorkloadRun>({ controlPort: String(control.port) }, "workload", {
      workload: "burst",
      target: deployment.synthesis.target,
      resources: deployment.resources.map(({ id, name, type }) => ({ id, name, type })),
      outputs: deployment.outputs,
      settings,
      ...changed,
    });

  const refusal = (changed: Partial<WorkloadRequest> = {}): Promise<string> =>
    run(changed).then(
      () => "It was not refused.",
      ({ message }: Error) => message,
    );

  const deploy = (resources: Deployment["resources"]): Promise<void> =>
    session.beginAnew({
      synthesis: { ...deployment.synthesis, resources },
      faults: [],
      startAt: START_AT,
    });

  before(async () => {
    deployment = await synthesize(ROOT, { stack: "checkpoint" });
  });

  beforeEach(async () => {
    const options = { seed: 3, startAt: START_AT, assumptions: {}, region: "us-east-1", port: 0 };
    session = await Session.open(options);
    control = await listenForCommands(session, 0);
  });

  afterEach(() => {
    control.close();
    session.close();
  });

  it("gives the run that the comparison gives, each time", async () => {
    const { faults, run: expected } = prepareRun("burst", 3, settings, deployment.outputs);
    const account = await deployment.start({ seed: 3, faults, startAt: START_AT });
    const { trace } = await expected(account);

    await deploy(deployment.resources);
    const first = await run();
    expect(first.finished).to.include({ trace, seed: 3, exact: true });
    expect(first.faults.reduce((sum, { hit }) => sum + hit, 0)).to.be.above(0);
    const second = await run();
    expect(second.finished).to.deep.equal(first.finished);
  });

  it("leaves the account as it ended, and the engine with the same one", async () => {
    await deploy(deployment.resources);
    const { port } = session;
    const { now } = await run();
    const controlPort = String(control.port);
    const status = await ask<Status>({ controlPort }, "status", {});
    expect(status).to.deep.include({ now, pending: [] });
    expect(session.port).to.equal(port);
    const engine = new EngineClient(port);
    await engine.make("aws:sqs/queue:Queue", "letters", {});
    engine.close();
    expect(session.account.resources).to.have.length(deployment.resources.length + 1);
  });

  it("is refused as long as nothing is deployed", async () => {
    expect(await refusal()).to.equal(
      "Nothing of the stack checkpoint is deployed here: `pulumi up --stack checkpoint` first.",
    );
  });

  it("is refused if what is deployed is not what the stack's file says", async () => {
    await deploy(deployment.resources);
    const [first, ...others] = deployment.resources.map(({ id, name, type }) => ({
      id,
      name,
      type,
    }));
    const message = await refusal({ resources: [...others, { ...first!, id: "other" }] });
    expect(message.split("\n")).to.deep.equal([
      "What is deployed of checkpoint is not what Pulumi.checkpoint.yaml makes of the program: " +
        "`pulumi up --stack checkpoint` first.",
      `  not deployed: ${first!.type} ${first!.name} (other)`,
      `  not in the program: ${first!.type} ${first!.name} (${first!.id})`,
    ]);
  });

  it("is refused beside another stack of the same program", async () => {
    const isFunction = ({ type }: { type: string }) => type === "aws:lambda/function:Function";
    const fn = deployment.resources.find(isFunction)!;
    const id = `${fn.id}-2`;
    const twin = {
      ...fn,
      id,
      urn: fn.urn.replace("urn:pulumi:checkpoint", "urn:pulumi:dev"),
      inputs: { ...fn.inputs, name: id },
      outputs: { ...fn.outputs, arn: `arn:aws:lambda:us-east-1:123456789012:function:${id}` },
    };
    await deploy([...deployment.resources, twin]);
    expect(await refusal()).to.match(/^dev has functions of the same names as checkpoint, /);
  });
});
