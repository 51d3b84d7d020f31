import { expect } from "chai";
import { createStream } from "../../../simulator/kernel/random";
import {
  createGuestGlobals,
  type GuestContext,
} from "../../../simulator/services/lambda/guest-globals";
import { ModuleLoader, type Artifact } from "../../../simulator/services/lambda/module-loader";

const NOW = Date.UTC(2026, 0, 1);

function load(text: string, guest: Partial<GuestContext> = {}): Record<string, unknown> {
  const artifact: Artifact = {
    files: { "__index.js": text },
    packages: ["tslib"],
    root: process.cwd(),
    sha256: "",
  };
  const context: GuestContext = {
    clock: { now: () => NOW, schedule: () => () => {} },
    random: createStream(1),
    environment: { TABLE: "t" },
    memoryMb: 128,
    log: () => {},
    exit: () => {},
    provideSdk: () => undefined,
    ...guest,
  };
  return new ModuleLoader(artifact, createGuestGlobals(context)).load("__index");
}

const evaluate = (expression: string, guest?: Partial<GuestContext>): unknown =>
  load(`exports.value = ${expression};`, guest).value;

describe("module loader", () => {
  it("gives guests virtual time, however they ask for it", () => {
    const ways = [
      "Date.now()",
      "new Date().getTime()",
      "new globalThis.Date().getTime()",
      "global.Date.now()",
      "Date.parse(Date())",
      "performance.timeOrigin",
      "require('node:perf_hooks').performance.timeOrigin",
    ];
    expect(ways.map((way) => evaluate(way))).to.deep.equal(ways.map(() => NOW));
    expect(evaluate("new Date(5).getTime()")).to.equal(5);
    expect(evaluate("new Date() instanceof Date")).to.equal(true);
  });

  it("gives guests seeded chance, the same for the same seed", () => {
    const draws =
      "[Math.random(), crypto.randomUUID(), require('crypto').randomUUID(), " +
      "require('node:crypto').randomBytes(4).toString('hex'), require('crypto').randomInt(1000)]";
    expect(evaluate(draws)).to.deep.equal(evaluate(draws));
    expect(evaluate(draws, { random: createStream(2) })).not.to.deep.equal(evaluate(draws));
  });

  it("leaves what has no time and no chance in it as it is", () => {
    const hash = "require('crypto').createHash('sha256').update('a').digest('hex').slice(0, 8)";
    expect(evaluate(hash)).to.equal("ca978112");
    expect(evaluate("Math.max(1, 2)")).to.equal(2);
    expect(evaluate("new Error('x')")).to.be.instanceOf(Error);
    expect(evaluate("new Uint8Array(1)")).to.be.instanceOf(Uint8Array);
  });

  it("evaluates the module again for each sandbox", () => {
    const counter = "let count = 0; exports.next = () => ++count;";
    const first = load(counter).next as () => number;
    const second = load(counter).next as () => number;
    expect([first(), first(), second()]).to.deep.equal([1, 2, 1]);
  });

  it("shows the function's environment, and nothing of the host's", () => {
    expect(evaluate("process.env")).to.deep.equal({ TABLE: "t" });
  });

  it("loads a package of the artifact, and no other, whatever the host has installed", () => {
    expect(evaluate("typeof require('tslib').__assign")).to.equal("function");
    expect(() => evaluate("require('chai')")).to.throw("Cannot find module 'chai'");
  });

  it("refuses what leaves the account or is not deterministic, saying why", () => {
    expect(() => evaluate("fetch('https://example.org')")).to.throw(
      "fetch is not there in the simulated account: use an AWS SDK client of a modelled service.",
    );
    expect(() => evaluate("new WeakRef({})")).to.throw("garbage collection is not deterministic");
    for (const name of ["fs", "net", "http", "child_process", "worker_threads", "dns"]) {
      expect(() => evaluate(`require("${name}")`)).to.throw(
        `The simulated account does not model Node's module "${name}" inside a function.`,
      );
    }
  });

  it("says which module is missing", () => {
    expect(() => load("").value).not.to.throw();
    const artifact = { files: {}, packages: [], root: process.cwd(), sha256: "" };
    const globals = createGuestGlobals({
      clock: { now: () => NOW, schedule: () => () => {} },
      random: createStream(1),
      environment: {},
      memoryMb: 128,
      log: () => {},
      exit: () => {},
      provideSdk: () => undefined,
    });
    expect(() => new ModuleLoader(artifact, globals).load("nowhere")).to.throw(
      "Cannot find module 'nowhere'",
    );
  });
});
