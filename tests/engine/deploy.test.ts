import { expect } from "chai";
import { stackNames } from "../../compare/stacks";
import { prepareRun } from "../../compare/systems";
import { DEFAULT_SETTINGS, START_AT, SYSTEM_OF, type WorkloadName } from "../../compare/workloads";
import { startEmpty, synthesize, type Deployment } from "../../simulator";
import { configOf, EngineFolder, EngineStack, redrive, redriveProject, ROOT } from "./engine-stack";

const SEED = 7;
const SETTINGS = { ...DEFAULT_SETTINGS, messages: 200, orders: 60, trips: 300, things: 30 };
/** One of each system. */
const WORKLOADS: readonly WorkloadName[] = ["burst", "orders", "trips", "errors"];

/** Every stack file with the workloads of its systems, each on a deployment of that system alone, as they are compared. */
const CASES = stackNames(ROOT).flatMap((stack) => {
  const systems = configOf(stack)["redrive:systems"] as readonly string[];
  return WORKLOADS.filter((workload) => systems.includes(SYSTEM_OF[workload])).map((workload) => ({
    stack,
    workload,
  }));
});

describe("every stack file, deployed by the engine", function () {
  this.timeout(600_000);

  for (const { stack: name, workload } of CASES) {
    it(`${name}, ${workload}: the same account, no changes when done again, the same scores, nothing left`, async () => {
      const config = { ...configOf(name), "redrive:systems": [SYSTEM_OF[workload]] };
      const inProcess = await synthesize(ROOT, { stack: name, config });
      const { faults, run } = prepareRun(workload, SEED, SETTINGS, inProcess.outputs);
      const account = await startEmpty({ seed: SEED, faults, startAt: START_AT });
      const folder = new EngineFolder(redriveProject());
      folder.addPackages(packagesIn(inProcess));
      const stack = await EngineStack.create(name, redrive, folder, account);
      try {
        stack.configure(config);
        const first = await stack.up();
        expect(byUrn(account.resources)).to.deep.equal(byUrn(inProcess.resources));
        const outputs = await stack.outputs();
        expect(outputs).to.deep.equal(inProcess.outputs);
        expect(Object.keys(first.counts)).to.deep.equal(["create"]);

        const again = await stack.up();
        expect(again.counts).to.deep.equal({ same: first.counts["create"] });

        account.adoptOutputs(outputs);
        const { trace: _byEngine, ...found } = await run(account);
        const reference = await inProcess.start({ seed: SEED, faults, startAt: START_AT });
        const same = prepareRun(workload, SEED, SETTINGS, inProcess.outputs);
        const { trace: _inProcess, ...expected } = await same.run(reference);
        expect(found).to.deep.equal(expected);

        const destroyed = await stack.destroy();
        expect(destroyed.counts).to.deep.equal({ delete: first.counts["create"] });
        expect(account.remaining()).to.deep.equal([]);
        expect(account.resources).to.deep.equal([]);
        expect(JSON.parse(stack.state())).to.not.have.nested.property(
          "checkpoint.latest.resources",
        );
      } finally {
        stack.close();
      }
    });
  }
});

function byUrn<T extends { readonly urn: string }>(resources: readonly T[]): T[] {
  return [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

function packagesIn({ resources }: Deployment): string[] {
  return resources.flatMap(({ inputs }) => {
    const code = inputs["code"] as { packages?: readonly string[] } | undefined;
    return code?.packages ?? [];
  });
}
