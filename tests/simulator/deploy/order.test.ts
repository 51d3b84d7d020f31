import { expect } from "chai";
import { inOrderOfCreation } from "../../../simulator/deploy/order";
import type { Resource } from "../../../simulator/services/service";

/** A resource whose inputs hold these texts. */
const resource = (name: string, id: string, ...inputs: string[]): Resource => ({
  urn: `urn:${name}`,
  type: "test:index:Thing",
  name,
  suffix: "0000000",
  uuid: "00000000-0000-4000-8000-000000000000",
  accountId: "123456789012",
  region: "us-east-1",
  id,
  inputs: { inputs },
  outputs: {},
});

const namesOf = (resources: readonly Resource[]): string[] =>
  inOrderOfCreation(resources).map(({ name }) => name);

describe("order of creation", () => {
  it("what is referred to comes first, and otherwise the URN decides", () => {
    const resources = [
      resource("c", "id-of-the-c"),
      resource("a", "id-of-the-a", "id-of-the-c"),
      resource("b", "id-of-the-b"),
    ];
    expect(namesOf(resources)).to.deep.equal(["b", "c", "a"]);
    expect(namesOf([...resources].reverse())).to.deep.equal(["b", "c", "a"]);
  });

  it("what waits for a circle comes after it (a bucket and its policy share an id)", () => {
    const resources = [
      resource("a-mapping", "id-of-mapping", "id-of-function"),
      resource("b-function", "id-of-function", "name-of-bucket"),
      resource("y-policy", "name-of-bucket", "name-of-bucket"),
      resource("z-bucket", "name-of-bucket", "name-of-bucket"),
    ];
    expect(namesOf(resources)).to.deep.equal(["y-policy", "z-bucket", "b-function", "a-mapping"]);
  });
});
