import { expect } from "chai";
import { FaultPlan, type Fault } from "../../../simulator/kernel/faults";
import { Random } from "../../../simulator/kernel/random";

const plan = (...faults: Fault[]): FaultPlan => new FaultPlan(faults, new Random(7));

describe("fault plan", () => {
  it("draws by what is hit, whatever was drawn before", () => {
    const fault: Fault = { function: "map", kind: "after-commit", probability: 0.5 };
    const identities = Array.from({ length: 64 }, (_, index) => `record-${index}`);
    const hits = (order: string[]): string[] => {
      const faults = plan(fault);
      return order.filter((identity) => faults.forInvocation("map", identity, 0).failAfter).sort();
    };
    const forwards = hits(identities);
    expect(forwards).to.deep.equal(hits([...identities].reverse()));
    expect(forwards.length).to.be.within(20, 44);
  });

  it("draws anew when the same thing comes again", () => {
    const faults = plan({ function: "map", kind: "before-effect", probability: 0.5 });
    const draws = Array.from({ length: 40 }, () =>
      Boolean(faults.forInvocation("map", "record", 0).failBefore),
    );
    expect(new Set(draws).size).to.equal(2);
  });

  it("strikes the invocation and call it names, and counts planned and hit apart", () => {
    const faults = plan({ function: "map", kind: "kill", at: { invocation: 2, call: 3 } });
    expect(faults.forInvocation("map", "a", 0).kill).to.equal(undefined);
    const { kill } = faults.forInvocation("map", "b", 0);
    expect(kill?.call).to.equal(3);
    expect(faults.counts()).to.deep.include({ ...faults.counts()[0], planned: 1, hit: 0 });
    kill!.strike.hit();
    kill!.strike.hit();
    expect(faults.counts()[0]).to.deep.include({ planned: 1, hit: 1 });
  });

  it("is active from its start up to, not at, its end", () => {
    const faults = plan({ function: "map", kind: "throttle", from: 10, until: 20 });
    const throttled = [9, 10, 19, 20].map((nowMs) => faults.throttles("map", nowMs));
    expect(throttled).to.deep.equal([false, true, true, false]);
    expect(faults.throttles("reduce", 15)).to.equal(false);
  });

  it("rejects writes of a poison key in the first invocations that try, all attempts of each", () => {
    const faults = plan({
      function: "state",
      kind: "poison",
      match: { keys: ["k"], times: 2 },
    });
    const tries = ["i1", "i1", "i2", "i3", "i1"].map((id) => faults.poisons("state", id, ["k"], 0));
    expect(tries).to.deep.equal([true, true, true, false, true]);
    expect(faults.poisons("state", "i4", ["other"], 0)).to.equal(false);
    expect(faults.counts()[0]).to.deep.include({ planned: 2, hit: 2 });
  });

  it("refuses faults that make no sense, all at once", () => {
    expect(() =>
      plan(
        { function: "map", kind: "kill" },
        { function: "map", kind: "down", probability: 0.1 },
        { function: "map", kind: "after-commit", probability: 2 },
        { function: "map", kind: "kill", at: { invocation: 0 } },
      ),
    ).to.throw(
      "Faults refused:\n" +
        "  fault 1 (kill of map): needs exactly one of probability, at and match, got 0\n" +
        "  fault 2 (down of map): hits all invocations from … until …; takes nothing else\n" +
        "  fault 3 (after-commit of map): probability must be from 0 to 1, got 2\n" +
        "  fault 4 (kill of map): at.invocation must be a whole number from 1, got 0",
    );
  });
});
