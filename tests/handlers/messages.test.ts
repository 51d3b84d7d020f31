import { expect } from "chai";
import { createMessageReader, groupsOf } from "../../handlers/messages";

const { contentHashOf, decode: decodeMessage, leafOf } = createMessageReader();

const good = {
  id: "trade-1",
  hierarchy: ["rates", "berlin", "swaps"],
  version: 3,
  valueMinor: -1250,
  producedAt: 1_767_225_600_000,
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

function problemOf(data: string): string {
  try {
    decodeMessage(data);
  } catch (error) {
    expect((error as { code?: string }).code).to.equal("UNDECODABLE_MESSAGE");
    return (error as Error).message;
  }
  return "";
}

describe("message reader: decode", () => {
  it("reads a message", () => {
    expect(decodeMessage(encode(good))).to.deep.equal(good);
    expect(decodeMessage(encode({ ...good, deleted: true })).deleted).to.equal(true);
  });

  const bad: Record<string, unknown> = {
    "no object": [],
    "no id": { ...good, id: "" },
    "an id that is a number": { ...good, id: 7 },
    "an id of 257 characters": { ...good, id: "x".repeat(257) },
    "two levels": { ...good, hierarchy: ["a", "b"] },
    "an empty level": { ...good, hierarchy: ["a", "", "c"] },
    "a level that holds the separator": { ...good, hierarchy: ["a::b", "b", "c"] },
    "a level that ends in half a separator": { ...good, hierarchy: ["a:", "b", "c"] },
    "a level named as the counter": { ...good, hierarchy: ["message_count", "b", "c"] },
    "a negative version": { ...good, version: -1 },
    "a fraction of a minor unit": { ...good, valueMinor: 0.5 },
    "a value beyond 2^53": { ...good, valueMinor: 2 ** 53 },
    "no time": { ...good, producedAt: undefined },
    "a deletion that is a word": { ...good, deleted: "yes" },
  };
  for (const [title, value] of Object.entries(bad)) {
    it(`refuses ${title}`, () => {
      expect(problemOf(encode(value))).to.match(/^The |^A /);
    });
  }

  it("refuses what is not JSON, and does not quote it", () => {
    expect(problemOf(Buffer.from("{secret").toString("base64"))).to.equal(
      "The record's data is not JSON.",
    );
  });
});

describe("Groups", () => {
  it("are a leaf and its two parents, top first", () => {
    expect(groupsOf(leafOf(["rates", "berlin", "swaps"]))).to.deep.equal([
      "rates",
      "rates::berlin",
      "rates::berlin::swaps",
    ]);
  });

  it("survive single colons inside levels", () => {
    expect(groupsOf(leafOf(["a:b", "c:d", "e"]))).to.deep.equal(["a:b", "a:b::c:d", "a:b::c:d::e"]);
  });
});

describe("message reader: contentHashOf", () => {
  it("depends on what is folded, and on nothing else", () => {
    const hash = contentHashOf("a::b::c", 5, false);
    expect(hash).to.match(/^[0-9a-f]{32}$/);
    expect(contentHashOf("a::b::c", 5, false)).to.equal(hash);
    expect(contentHashOf("a::b::c", 6, false)).to.not.equal(hash);
    expect(contentHashOf("a::b::d", 5, false)).to.not.equal(hash);
    expect(contentHashOf("a::b::c", 5, true)).to.not.equal(hash);
  });
});
