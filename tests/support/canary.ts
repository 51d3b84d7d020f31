import { expect } from "chai";

// Run by the negative controls only: a test run that lets this pass lets everything pass.
describe("canary", () => {
  it("fails", () => {
    expect(1).to.equal(2);
  });
});
