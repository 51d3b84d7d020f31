import { createHash } from "node:crypto";
import { expect } from "chai";
import { contentKey, groundTruthOf } from "../../../compare/aggregation/ground-truth";
import { messageOf, recordsOf } from "../fixtures";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

describe("groundTruthOf", () => {
  it("sums each entity's winner over its path, and counts entities", () => {
    const truth = groundTruthOf(
      recordsOf([
        messageOf({ id: "a", valueMinor: 10, hierarchy: ["x", "y", "z"] }),
        messageOf({ id: "b", valueMinor: -4, hierarchy: ["x", "y", "w"] }),
      ]),
    );
    expect([...truth.expected].sort()).to.deep.equal([
      ["message_count", 2n],
      ["x", 6n],
      ["x::y", 6n],
      ["x::y::w", -4n],
      ["x::y::z", 10n],
    ]);
  });

  it("takes the highest version, whichever comes last", () => {
    const truth = groundTruthOf(
      recordsOf([
        messageOf({ id: "a", version: 3, valueMinor: 7 }),
        messageOf({ id: "a", version: 2, valueMinor: 100 }),
      ]),
    );
    expect(truth.expected.get("x")).to.equal(7n);
    expect(truth.expected.get("message_count")).to.equal(1n);
    expect(truth.winners.get("a")).to.equal(contentKey("a", 3, hash("x::y::z\n7\n0")));
  });

  it("takes the higher content hash among equal versions, in either order", () => {
    const [low, high] = [1, 2].sort((a, b) =>
      hash(`x::y::z\n${a}\n0`) < hash(`x::y::z\n${b}\n0`) ? -1 : 1,
    ) as [number, number];
    const messages = [low, high].map((valueMinor) => messageOf({ id: "a", valueMinor }));
    for (const order of [messages, [...messages].reverse()]) {
      expect(groundTruthOf(recordsOf(order)).expected.get("x")).to.equal(BigInt(high));
    }
  });

  it("lets a tombstone win, and counts nothing for it", () => {
    const truth = groundTruthOf(
      recordsOf([
        messageOf({ id: "a", version: 1 }),
        messageOf({ id: "a", version: 2, deleted: true }),
      ]),
    );
    expect(truth.expected.size).to.equal(0);
    expect(truth.winners.size).to.equal(1);
  });

  it("knows the first copy of each content, and nothing of undecodable records", () => {
    const message = messageOf({ id: "a" });
    const { contents, firstCopy } = groundTruthOf(recordsOf([undefined, message, message]));
    expect(contents[0]).to.equal(undefined);
    expect(contents[1]).to.equal(contents[2]);
    expect([...firstCopy]).to.deep.equal([[contents[1], 1]]);
  });
});
