import { expect } from "chai";
import * as fc from "fast-check";
import { Kernel } from "../../../simulator/kernel/kernel";
import { Trace } from "../../../simulator/kernel/trace";

describe("kernel", () => {
  it("runs events by time, then in the order they were scheduled", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 40 }), async (delays) => {
        const kernel = new Kernel(1000, new Trace());
        const ran: [number, number][] = [];
        delays.forEach((delayMs, index) => {
          kernel.after(delayMs, "event", () => ran.push([kernel.now, index]));
        });
        await kernel.runUntil(() => false, 2000);
        const expected = delays
          .map((delayMs, index): [number, number] => [1000 + delayMs, index])
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(ran).to.deep.equal(expected);
        expect(kernel.now).to.equal(2000);
      }),
      { numRuns: 50 },
    );
  });

  it("lets every promise that an event woke go on before the next event", async () => {
    const kernel = new Kernel(0, new Trace());
    const steps: string[] = [];
    kernel.after(1, "first", () => {
      void (async () => {
        for (let step = 1; step <= 20; step++) {
          await Promise.resolve();
          steps.push(`first ${step}`);
        }
      })();
    });
    kernel.after(1, "second", () => steps.push("second"));
    await kernel.runUntil(() => false, 5);
    expect(steps).to.have.length(21);
    expect(steps[20]).to.equal("second");
  });

  it("does not run a cancelled event", async () => {
    const kernel = new Kernel(0, new Trace());
    const event = kernel.after(1, "never", () => expect.fail("it ran"));
    kernel.cancel(event);
    await kernel.runUntil(() => false, 10);
    expect(kernel.quiet).to.equal(true);
  });

  it("stops at the event that fulfils what its caller waits for", async () => {
    const kernel = new Kernel(0, new Trace());
    let count = 0;
    for (let index = 1; index <= 5; index++) kernel.after(index, "tick", () => count++);
    expect(await kernel.runUntil(() => count === 3)).to.equal(true);
    expect(kernel.now).to.equal(3);
    expect(count).to.equal(3);
  });

  it("is quiet when nothing but background events is scheduled", async () => {
    const kernel = new Kernel(0, new Trace());
    kernel.after(100, "background", () => {}, true);
    expect(kernel.quiet).to.equal(true);
    kernel.after(5, "foreground", () => {});
    expect(kernel.quiet).to.equal(false);
    await kernel.runUntil(() => false, 6);
    expect(kernel.quiet).to.equal(true);
  });

  it("refuses to schedule into the past or at a fraction of a millisecond", () => {
    const kernel = new Kernel(10, new Trace());
    expect(() => kernel.at(9, "past", () => {})).to.throw(
      "past: cannot be scheduled at 9, now is 10",
    );
    expect(() => kernel.after(0.5, "half", () => {})).to.throw("half: cannot be scheduled at 10.5");
  });

  it("hands an error of an event to whoever waits", async () => {
    const kernel = new Kernel(0, new Trace());
    kernel.after(1, "broken", () => {
      throw new Error("broken invariant");
    });
    let message = "";
    await kernel.runUntil(() => false, 5).catch((cause: Error) => (message = cause.message));
    expect(message).to.equal("broken invariant");
  });
});

describe("trace", () => {
  it("has the same hash for the same entries, another one for any other", () => {
    const hashOf = (...labels: string[]): string => {
      const trace = new Trace();
      labels.forEach((label, index) => trace.append(index, label));
      return trace.hash;
    };
    expect(hashOf("a", "b")).to.equal(hashOf("a", "b"));
    expect(hashOf("a", "b")).not.to.equal(hashOf("b", "a"));
    expect(hashOf("a", "b")).not.to.equal(hashOf("a"));
  });

  it("can be hashed half-way without changing what follows", () => {
    const whole = new Trace();
    const asked = new Trace();
    for (const label of ["a", "b", "c"]) {
      whole.append(1, label);
      asked.append(1, label);
      void asked.hash;
    }
    expect(asked.hash).to.equal(whole.hash);
  });
});
