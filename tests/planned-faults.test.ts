import { expect } from "chai";
import { FUNCTIONS, topologyOf } from "../compare/aggregation/topology";
import { START_AT_MS } from "../compare/workloads";
import { synthesize, type Deployment, type Fault, type Invocation } from "../simulator";
import { chaos } from "./support/chaos";
import { miscountedFaults, missedFaults } from "./support/fault-accounts";
import { plainIdsOf, PROJECT, smallWorkload, trial, type Trial } from "./support/trial";

const { state } = FUNCTIONS;

/** The one invocation of State that faults are planned for. */
const ORDINAL = 2;

type AtFault = Omit<Fault, "function" | "at"> & { readonly calls: readonly number[] };

interface Expected {
  readonly outcome: Invocation["outcome"];
  /** What the invocation committed to the state table. */
  readonly committed: "nothing" | "first" | "all";
}

/** All three attempts that the SDK makes: what strikes one of them alone, the SDK's own resend makes good. */
const ATTEMPTS = [1, 2, 3];

const CASES: readonly (readonly [string, AtFault, Expected])[] = [
  [
    "before-effect",
    { kind: "before-effect", calls: [1] },
    { outcome: "error", committed: "nothing" },
  ],
  ["after-commit", { kind: "after-commit", calls: [1] }, { outcome: "error", committed: "all" }],
  ["kill, first call", { kind: "kill", calls: [1] }, { outcome: "killed", committed: "nothing" }],
  ["kill, next call", { kind: "kill", calls: [2] }, { outcome: "killed", committed: "first" }],
  ["response-lost", { kind: "response-lost", calls: [1] }, { outcome: "ok", committed: "all" }],
  [
    "response-lost, every attempt",
    { kind: "response-lost", calls: ATTEMPTS },
    { outcome: "error", committed: "first" },
  ],
  [
    "sdk-error with effect",
    { kind: "sdk-error", calls: ATTEMPTS, error: { code: "InternalServerError", effect: true } },
    { outcome: "error", committed: "first" },
  ],
  [
    "sdk-error without effect",
    { kind: "sdk-error", calls: ATTEMPTS, error: { code: "InternalServerError", effect: false } },
    { outcome: "error", committed: "nothing" },
  ],
  ["timeout", { kind: "timeout", calls: [1] }, { outcome: "timeout", committed: "all" }],
];

describe("planned faults", function () {
  this.timeout(60_000);
  const workload = smallWorkload("burst", 1);
  let deployment: Deployment;

  const run = (faults: readonly Fault[]): Promise<Trial> =>
    trial(deployment, { workload, seed: 1, faults, conserving: true });

  before(async () => {
    deployment = await synthesize(PROJECT, { stack: "aws-defaults" });
  });

  for (const [name, { calls, ...fault }, { committed, outcome }] of CASES) {
    it(`strikes as planned, once: ${name}`, async () => {
      const { account, result } = await run(
        calls.map((call) => ({ ...fault, function: state, at: { invocation: ORDINAL, call } })),
      );
      const counts = account.faults().map(({ hit, planned }) => [planned, hit]);
      expect(counts).to.deep.equal(calls.map(() => [1, 1]));
      expect(miscountedFaults(account, account.faults())).to.deep.equal([]);

      const invocations = account.invocations(state);
      const struck = invocations[ORDINAL - 1]!;
      expect(struck.outcome).to.equal(outcome);
      const others = invocations.filter((each) => each !== struck);
      expect(new Set(others.map((each) => each.outcome))).to.deep.equal(new Set(["ok"]));
      expect(committedBy(account, struck), "committed").to.equal(wanted(committed, struck));
      if (outcome === "timeout") expect(struck.zombieEndedAt).to.be.above(struck.endedAt!);
      else expect(struck.zombieEndedAt).to.equal(undefined);
      expect(result.exact).to.equal(true);
    });
  }

  for (const kind of ["throttle", "down"] as const) {
    it(`strikes every invocation of an interval, and none besides: ${kind}`, async () => {
      const from = START_AT_MS + 2_000;
      const until = from + 20_000;
      const { account, result } = await run([{ function: state, kind, from, until }]);
      const [count] = account.faults();
      const invocations = account.invocations(state);
      const within = ({ startedAt }: Invocation): boolean => startedAt >= from && startedAt < until;
      const struck = invocations.filter((each) => each.outcome !== "ok");
      expect(struck).to.deep.equal(invocations.filter(within)).and.not.to.deep.equal([]);
      expect(count).to.deep.include({ planned: struck.length, hit: struck.length });
      const outcome = kind === "throttle" ? "throttled" : "error";
      expect(new Set(struck.map((each) => each.outcome))).to.deep.equal(new Set([outcome]));
      expect(miscountedFaults(account, account.faults())).to.deep.equal([]);
      expect(result.exact).to.equal(true);
    });
  }

  it("refuses the writes of poison in as many invocations as planned", async () => {
    const keys = plainIdsOf(workload).slice(0, 2);
    const { account, result } = await run([
      { function: state, kind: "poison", match: { keys, times: 3 } },
    ]);
    expect(account.faults()).to.have.length(1);
    expect(account.faults()[0]).to.deep.include({ planned: 6, hit: 6 });
    expect(account.invocations(state).filter(({ outcome }) => outcome === "error")).to.have.length(
      6,
    );
    expect(result.exact).to.equal(true);
  });

  it("shows a fault whose target never came: one too few", async () => {
    const never: Fault = { function: state, kind: "kill", at: { invocation: 100_000, call: 1 } };
    const { account } = await run([never, { ...never, at: { invocation: 1, call: 1 } }]);
    expect(missedFaults(account.faults())).to.deep.equal([`kill of ${state}: 1 planned, 0 hit`]);
  });

  it("shows one fault too few or too many, among every kind of them", async () => {
    const { account } = await run(chaos(1, plainIdsOf(workload)));
    const counts = account.faults();
    expect(miscountedFaults(account, counts)).to.deep.equal([]);
    let tampered = 0;
    for (const [at, { fault, hit }] of counts.entries()) {
      // A lost response leaves no trace of its own: where the SDK resends, nothing is to be seen.
      if (["response-lost", "sdk-error", "poison"].includes(fault.kind)) continue;
      for (const wrong of [hit - 1, hit + 1]) {
        const changed = counts.with(at, { ...counts[at]!, hit: wrong });
        expect(miscountedFaults(account, changed)).to.have.length(1);
        tampered += 1;
      }
    }
    expect(tampered).to.be.above(20);
  });
});

/** How many items an invocation has changed in the state table. */
function committedBy(account: Trial["account"], { requestId }: Invocation): number {
  return account
    .writes(topologyOf(account.outputs).stateTableName)
    .filter((write) => write.changed && write.requestId === requestId).length;
}

function wanted(committed: Expected["committed"], { event }: Invocation): number {
  const { length } = (event as { Records: readonly unknown[] }).Records;
  return { nothing: 0, first: 1, all: length }[committed];
}
