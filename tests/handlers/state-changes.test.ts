import { expect } from "chai";
import type { DynamoDBRecord } from "aws-lambda";
import { contribute, decodeEntity, isNewer, type Delta, type Entity } from "../../handlers/entity";
import { planSteps } from "../../handlers/state-changes";

function image(version: number, valueMinor: number, group = "a::b::c", contentHash = "0") {
  return {
    id: { S: "e1" },
    version: { N: String(version) },
    contentHash: { S: contentHash },
    group: { S: group },
    valueMinor: { N: String(valueMinor) },
    deleted: { BOOL: false },
  };
}

type Image = ReturnType<typeof image>;

function change(next: Image | undefined, previous?: Image, id = "e1"): DynamoDBRecord {
  return { dynamodb: { Keys: { id: { S: id } }, NewImage: next, OldImage: previous } };
}

describe("planSteps", () => {
  it("goes from before an entity's first record to its newest version", () => {
    const { steps, bad } = planSteps([
      change(image(2, 20), image(1, 10)),
      change(image(3, 30), image(2, 20)),
    ]);
    expect(bad).to.equal(undefined);
    expect(steps.get("e1")).to.deep.equal({
      base: decodeEntity(image(1, 10)),
      next: decodeEntity(image(3, 30)),
    });
  });

  it("takes the newest version, not the last to arrive (records of a shuffled redrive)", () => {
    const { steps } = planSteps([
      change(image(3, 30), image(2, 20)),
      change(image(2, 20), image(1, 10)),
    ]);
    expect(steps.get("e1")?.next.version).to.equal(3);
  });

  it("orders equal versions by content hash", () => {
    const { steps } = planSteps([
      change(image(1, 1, "a::b::c", "f")),
      change(image(1, 2, "a::b::c", "e")),
    ]);
    expect(steps.get("e1")?.next.contentHash).to.equal("f");
  });

  it("ends before the first record that cannot be read", () => {
    const broken = change({ ...image(1, 1), valueMinor: { N: "1.5" } }, undefined, "e2");
    const { steps, bad } = planSteps([
      change(image(1, 1)),
      broken,
      change(image(1, 1), undefined, "e3"),
    ]);
    expect([...steps.keys()]).to.deep.equal(["e1"]);
    expect(bad?.index).to.equal(1);
    expect(bad?.cause).to.have.property("code", "UNDECODABLE_ENTITY");
  });

  it("takes a removed item as a tombstone just above its last version", () => {
    const { steps } = planSteps([change(undefined, image(4, 40))]);
    const { next, base } = steps.get("e1") as { next: Entity; base: Entity };
    expect(next.deleted).to.equal(true);
    expect(isNewer(next, base)).to.equal(true);
    expect(isNewer(decodeEntity(image(5, 0)), next)).to.equal(true);
  });
});

describe("contribute", () => {
  const sumOf = (...entities: [Entity | undefined, 1n | -1n][]): Record<string, bigint> => {
    const delta: Delta = new Map();
    for (const [entity, sign] of entities) contribute(delta, entity, sign);
    return Object.fromEntries(delta);
  };

  it("adds a value to its leaf and its parents, and one to the count", () => {
    expect(sumOf([decodeEntity(image(1, 7)), 1n], [undefined, -1n])).to.deep.equal({
      a: 7n,
      "a::b": 7n,
      "a::b::c": 7n,
      message_count: 1n,
    });
  });

  it("moves a value between branches without counting the entity again", () => {
    expect(
      sumOf([decodeEntity(image(2, 5, "a::x::y")), 1n], [decodeEntity(image(1, 7)), -1n]),
    ).to.deep.equal({
      a: -2n,
      "a::x": 5n,
      "a::x::y": 5n,
      "a::b": -7n,
      "a::b::c": -7n,
      message_count: 0n,
    });
  });

  it("is nothing for a tombstone", () => {
    expect(sumOf([{ ...decodeEntity(image(2, 5)), deleted: true }, 1n])).to.deep.equal({});
  });

  it("stays exact beyond 2^53", () => {
    const big = { ...decodeEntity(image(1, 0)), valueMinor: String(2n ** 53n) };
    expect(sumOf([big, 1n], [{ ...big, valueMinor: "1" }, 1n])["a"]).to.equal(2n ** 53n + 1n);
  });
});
