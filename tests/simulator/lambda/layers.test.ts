import { expect } from "chai";
import { ACCOUNT_ID, refusal, REGION } from "../iam/account-fixture";
import type { Resource } from "../../../simulator/services/service";
import { FunctionWorld } from "./world";

type Files = Record<string, string>;

const MODULES = "nodejs/node_modules";

const code = (files: Files) => ({
  ...{ files, packages: [], root: process.cwd() },
  sha256: JSON.stringify(files),
});

function layer(world: FunctionWorld, layerName: string, files: Files): Resource {
  const inputs = { layerName, code: code(files) };
  return world.make("aws:lambda/layerVersion:LayerVersion", layerName, inputs);
}

/** What a function with these layers makes of an expression. */
async function evaluate(expression: string, ...layers: Files[]): Promise<unknown> {
  const world = new FunctionWorld();
  const arns = layers.map((files, at) => layer(world, `layer-${at}`, files).id);
  world.fn("process", { handler: `return ${expression};`, inputs: { layers: arns } });
  const { value } = await world.ask("process");
  return value;
}

describe("a layer", () => {
  it("has packages for `require`, as Node.js finds them", async () => {
    const files = {
      [`${MODULES}/plain/index.js`]: "module.exports = 'plain';",
      [`${MODULES}/plain/lib/part.js`]: "module.exports = 'part';",
      [`${MODULES}/main/package.json`]: '{ "main": "./lib/start" }',
      [`${MODULES}/main/lib/start.js`]: "module.exports = [require('../data'), require('inner')];",
      [`${MODULES}/main/data.json`]: '"data"',
      [`${MODULES}/main/node_modules/inner/index.js`]: "module.exports = 'inner';",
      [`${MODULES}/@our/scoped/package.json`]:
        '{ "exports": { ".": { "import": "./a.mjs", "require": "./a.cjs" }, "./b": "./b.js" } }',
      [`${MODULES}/@our/scoped/a.cjs`]: "exports.a = require('plain');",
      [`${MODULES}/@our/scoped/b.js`]: "exports.b = __filename;",
      "nodejs/direct.js": "module.exports = 'direct';",
    };
    const specifiers = [
      ...["plain", "plain/lib/part", "main", "@our/scoped", "@our/scoped/b"],
      "/opt/nodejs/direct",
    ];
    const expression = `[${specifiers.map((name) => `require("${name}")`).join()}]`;
    expect(await evaluate(expression, files)).to.deep.equal([
      ...["plain", "part", ["data", "inner"], { a: "plain" }],
      ...[{ b: "/opt/nodejs/node_modules/@our/scoped/b.js" }, "direct"],
    ]);
  });

  it("has the sandbox's time and chance, and module state per sandbox", async () => {
    const files = {
      [`${MODULES}/clock/index.js`]: "let n = 0; exports.tick = () => [Date.now(), ++n];",
    };
    const ticks = await evaluate('[require("clock").tick(), require("clock").tick()]', files);
    const [[now, first], [, second]] = ticks as [[number, number], [number, number]];
    expect([first, second]).to.deep.equal([1, 2]);
    expect(new Date(now).getUTCFullYear()).to.equal(2026);
  });

  it("goes over those before it, file by file", async () => {
    const shared = (text: string) => ({
      [`${MODULES}/shared/index.js`]: `module.exports = ${text};`,
    });
    const under = {
      ...shared("'first'"),
      [`${MODULES}/only/index.js`]: "module.exports = 'only';",
    };
    const expression = '[require("shared"), require("only")]';
    expect(await evaluate(expression, under, shared("'second'"))).to.deep.equal([
      ...["second", "only"],
    ]);
  });

  it("fails an invocation that requires what it has not, or an ES module", async () => {
    const files = {
      [`${MODULES}/esm/package.json`]: '{ "type": "module" }',
      [`${MODULES}/esm/index.js`]: "export default 1;",
      [`${MODULES}/lonely/index.js`]: "require('zod');",
    };
    const errorOf = async (name: string) => await evaluate(`require("${name}")`, files);
    expect(await errorOf("missing")).to.deep.include({
      ...{ errorType: "Runtime.ImportModuleError" },
    });
    expect(await errorOf("esm")).to.deep.include({
      errorMessage: "require() of ES Module /opt/nodejs/node_modules/esm/index.js is not supported",
    });
    // Installed on this machine, but not uploaded.
    expect(await errorOf("lonely")).to.deep.include({
      errorMessage:
        "Cannot find module 'zod' (required by /opt/nodejs/node_modules/lonely/index.js)",
    });
  });

  it("gets another version when its content changes, and none otherwise", () => {
    const world = new FunctionWorld();
    const first = layer(world, "shared", { a: "1" });
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:layer:shared`;
    expect(first.outputs).to.deep.include({ arn: `${arn}:1`, layerArn: arn, version: "1" });
    expect(world.change(first, first.inputs).id).to.equal(`${arn}:1`);
    expect(world.change(first, { ...first.inputs, code: code({ a: "2" }) }).id).to.equal(
      `${arn}:2`,
    );
  });

  it("that is deleted stays with the functions that have it, and is refused to others", async () => {
    const world = new FunctionWorld();
    const { id } = layer(world, "shared", {
      [`${MODULES}/shared/index.js`]: "module.exports = 1;",
    });
    const options = { handler: 'return require("shared");', inputs: { layers: [id] } };
    const fn = world.fn("process", options);
    world.services.lambda.layers.delete(id);
    expect(world.services.lambda.remaining()).to.deep.equal([
      "aws:lambda/function:Function process",
    ]);
    world.change(fn, { ...fn.inputs, memorySize: 256 });
    expect((await world.ask("process")).value).to.equal(1);
    expect(await refusal(() => world.fn("other", options))).to.equal(
      `InvalidParameterValueException: Layer version ${id} does not exist.`,
    );
  });

  it("is one of five at most, and in one version", async () => {
    const world = new FunctionWorld();
    const six = Array.from({ length: 6 }, (_, at) => layer(world, `layer-${at}`, {}).id);
    expect(await refusal(() => world.fn("greedy", { inputs: { layers: six } }))).to.match(
      /greedy \(aws:lambda\/function:Function\): layers: must be 5 layers at most/,
    );
    world.fn("process", { inputs: { layers: six.slice(0, 5) } });
    const first = six[0]!;
    const second = first.replace(/1$/, "2");
    world.services.lambda.layers.publish(second, {});
    expect(
      await refusal(() => world.fn("other", { inputs: { layers: [first, second] } })),
    ).to.equal(
      "InvalidParameterValueException: Two different versions of the same layer are not allowed to " +
        `be referenced in the same function. ${first} and ${second} are versions of the same layer.`,
    );
  });

  it("makes a new version of the function that has it", () => {
    const world = new FunctionWorld();
    const [one, two] = ["one", "two"].map((name) => layer(world, name, {}).id);
    const fn = world.fn("process", { inputs: { publish: true, layers: [one] } });
    expect(world.change(fn, { ...fn.inputs, layers: [one, two] }).outputs.version).to.equal("2");
  });
});
