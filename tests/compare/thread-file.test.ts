import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { threadFile } from "../../compare/thread-file";

const text = (): string =>
  readFileSync(threadFile(join(__dirname, "../../compare/worker.ts")), "utf8");

describe("threadFile", () => {
  it("holds our modules, and asks for packages", () => {
    const required = [...text().matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name!);
    expect(required).to.include("@smithy/core/retry");
    expect(required.filter((name) => name.startsWith("."))).to.deep.equal([]);
  });

  it("names no closure as often as it is made", () => {
    // What esbuild's `keepNames` calls its helper.
    expect(text()).not.to.match(/\b__name\(/);
  });
});
