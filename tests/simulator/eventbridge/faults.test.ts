import { expect } from "chai";
import { FaultPlan, type Fault } from "../../../simulator/kernel/faults";
import { Random } from "../../../simulator/kernel/random";

const plan = (...faults: Fault[]): FaultPlan => new FaultPlan(faults, new Random(7));

describe("faults of entries", () => {
  const fault: Fault = { function: "publish", kind: "entries", probability: 0.5 };

  it("strike by what is put and how often, and count what they strike", () => {
    const identities = Array.from({ length: 64 }, (_, index) => `order-${index}`);
    const struck = (faults: FaultPlan, order: readonly string[]): string[] =>
      order.filter((identity) => faults.failsEntry("publish", identity, 0)).sort();
    const faults = plan(fault);
    const forwards = struck(faults, identities);
    expect(forwards.length).to.be.within(20, 44);
    expect(struck(plan(fault), identities.toReversed())).to.deep.equal(forwards);
    expect(struck(faults, identities)).to.not.deep.equal(forwards);
    expect(plan(fault).failsEntry("other", "order-0", 0)).to.equal(false);
    const { length } = forwards;
    const fresh = plan(fault);
    struck(fresh, identities);
    expect(fresh.counts()).to.deep.equal([{ fault, planned: length, hit: length }]);
  });

  it("leave invocations alone", () => {
    const faults = plan({ ...fault, probability: 1 });
    expect(faults.forInvocation("publish", "x", 0)).to.deep.equal({
      ...{ responsesLost: [], sdkErrors: [] },
    });
    expect([faults.hasEntryFaults, plan().hasEntryFaults]).to.deep.equal([true, false]);
  });

  it("need a probability", () => {
    const named = { function: "publish", kind: "entries" } as const;
    expect(() => plan({ ...named, at: { invocation: 1 } })).to.throw(/needs a probability/);
    expect(() => plan(named)).to.throw(/needs exactly one of probability/);
  });
});

describe("faults of deliveries", () => {
  const fault: Fault = { function: "placed", kind: "delivery", from: 10, until: 20 };

  it("strike every attempt of a rule within their interval", () => {
    const faults = plan(fault);
    const failed = [9, 10, 19, 20].map((nowMs) => faults.failsDelivery("placed", nowMs));
    expect(failed).to.deep.equal([false, true, true, false]);
    expect(faults.failsDelivery("other", 15)).to.equal(false);
    expect(faults.counts()).to.deep.equal([{ fault, planned: 2, hit: 2 }]);
  });

  it("name rules, not functions", () => {
    const faults = plan(fault, { function: "publish", kind: "down" });
    expect([faults.functions, faults.rules]).to.deep.equal([["publish"], ["placed"]]);
  });

  it("take nothing but an interval", () => {
    expect(() => plan({ ...fault, probability: 0.5 })).to.throw(
      "fault 1 (delivery of placed): hits all deliveries from … until …; takes nothing else",
    );
  });
});
