import { expect } from "chai";
import type { Account } from "../../../compare/account";
import { VirtualTimers } from "../../../compare/orders/virtual-timers";

/** An account in which nothing happens but time. */
function quietAccount() {
  let now = 0;
  return {
    get now() {
      return now;
    },
    advance: async ({ seconds }: { readonly seconds: number }) => {
      now += seconds * 1_000;
    },
  } as Account;
}

describe("VirtualTimers", () => {
  it("runs each at its instant, in order, and of one instant in the order they were set", async () => {
    const account = quietAccount();
    const timers = new VirtualTimers(account);
    const ran: [string, number][] = [];
    const at = (name: string, atMs: number): void =>
      timers.at(atMs, () => ran.push([name, account.now]));
    at("c", 4_500);
    at("a", 10);
    at("b1", 700);
    at("d", 90_000);
    at("b2", 700);
    await timers.runUntil(() => true);
    expect(ran).to.deep.equal([
      ["a", 10],
      ["b1", 700],
      ["b2", 700],
      ["c", 4_500],
      ["d", 90_000],
    ]);
  });

  it("takes what is set meanwhile, and goes on until all is done", async () => {
    const account = quietAccount();
    const timers = new VirtualTimers(account);
    let done = false;
    timers.at(500, () => {
      timers.after(2_000, () => (done = account.now === 2_500));
    });
    await timers.runUntil(() => done);
    expect(account.now).to.equal(2_500);
  });
});
