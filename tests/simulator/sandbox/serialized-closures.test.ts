import { expect } from "chai";
import * as pulumi from "@pulumi/pulumi";
import { withLastingScopes } from "../../../simulator/services/lambda/serialized-closures";

const LIMIT = 3;
const NAMES = ["a", "b"];
const double = (n: number): number => 2 * n;
const doubledUpTo = (n: number): number => Math.min(LIMIT, double(n));

let calls = 0;
const count = (): number => {
  calls += 1;
  return calls;
};

let first = "";
let second = "";
const split = (text: string): string => {
  [first, second] = text.split(" ") as [string, string];
  return `${second} ${first}`;
};

/** Called without an object. */
function receiver(this: unknown): boolean {
  return typeof this === "object" && this !== null && "receiver" in this;
}
const callsReceiver = (): boolean => (receiver as () => boolean)();

function takesArguments(...parameters: unknown[]): unknown[] {
  return [parameters, arguments.length];
}

/** What a function answers, from its serialized text as it is and with lasting scopes. */
async function answers(serialize: () => unknown): Promise<{ plain: unknown; lasting: unknown }> {
  const { text } = await pulumi.runtime.serializeFunction(serialize);
  const run = (source: string): unknown => {
    const exports: { handler?: () => unknown } = {};
    const evaluate = new Function("exports", "require", source) as (...given: unknown[]) => void;
    evaluate(exports, require);
    return [exports.handler!(), exports.handler!()];
  };
  return { plain: run(text), lasting: run(withLastingScopes(text)) };
}

describe("a serialized function with a lasting scope", () => {
  it("answers as before (constants, functions, globals)", async () => {
    const { plain, lasting } = await answers(() => [doubledUpTo(1), doubledUpTo(2), NAMES.join()]);
    const expected = [2, 3, "a,b"];
    expect(plain).to.deep.equal([expected, expected]);
    expect(lasting).to.deep.equal(plain);
  });

  it("keeps a copy per call of a variable that it changes", async () => {
    const { plain, lasting } = await answers(() => [count(), count()]);
    expect(plain).to.deep.equal([
      [1, 1],
      [1, 1],
    ]);
    expect(lasting).to.deep.equal(plain);
  });

  it("answers as before where several variables are assigned at once", async () => {
    const { plain, lasting } = await answers(() => [split("x y"), split("z w")]);
    expect(plain).to.deep.equal(lasting);
  });

  it("answers as before where `this` or `arguments` is looked at", async () => {
    const { plain, lasting } = await answers(() => [callsReceiver(), takesArguments(1, 2)]);
    expect(plain).to.deep.equal([
      [true, [[1, 2], 2]],
      [true, [[1, 2], 2]],
    ]);
    expect(lasting).to.deep.equal(plain);
  });

  it("has its lines where they were", async () => {
    const { text } = await pulumi.runtime.serializeFunction(() => [doubledUpTo(1), count()]);
    const lasting = withLastingScopes(text);
    const lines = text.split("\n");
    expect(lasting.split("\n")).to.have.length(lines.length);
    lines.forEach((line, at) => {
      if (line.startsWith("return ")) expect(lasting.split("\n")[at]).to.equal(line);
    });
  });

  it("is made once for all calls (where nothing is assigned)", async () => {
    const { text } = await pulumi.runtime.serializeFunction(() => doubledUpTo(1));
    expect(text).to.contain("with({");
    expect(withLastingScopes(text)).not.to.contain("with({");
  });

  it("leaves other texts alone", () => {
    const text = "function f() { return 1; }\nexports.handler = f;\n";
    expect(withLastingScopes(text)).to.equal(text);
  });
});
