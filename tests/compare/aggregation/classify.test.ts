import { expect } from "chai";
import { classify, type Evidence, type RecordClass } from "../../../compare/aggregation/classify";
import { groundTruthOf } from "../../../compare/aggregation/ground-truth";
import { messageOf, recordsOf } from "../fixtures";

// Two versions of a, a copy of the second; b; data that nothing can decode.
const truth = groundTruthOf(
  recordsOf([
    messageOf({ id: "a", version: 1 }),
    messageOf({ id: "a", version: 2 }),
    messageOf({ id: "a", version: 2 }),
    messageOf({ id: "b" }),
    undefined,
  ]),
);
const [a1, a2, , b] = truth.contents as string[];

function evidence(given: {
  net?: Record<string, number>;
  accepted?: string[];
  records?: number[];
  contents?: string[];
  deliverable?: number[];
}): Evidence {
  const net = new Map(Object.entries(given.net ?? {}));
  return {
    truth,
    multiplicity: { net, firstEffectMs: new Map([...net.keys()].map((key) => [key, 1])) },
    accepted: new Map((given.accepted ?? []).map((content) => [content.split(" ")[0]!, content])),
    deadLettered: { records: new Set(given.records), contents: new Set(given.contents) },
    deliverable: (index) => given.deliverable?.includes(index) ?? false,
  };
}

const classesOf = (given: Parameters<typeof evidence>[0]): readonly RecordClass[] =>
  classify(evidence(given)).classes;
const countsOf = (given: Parameters<typeof evidence>[0]) => classify(evidence(given)).counts;

const applied = { net: { [a2!]: 1, [b!]: 1 }, accepted: [a2!, b!] };

describe("classify", () => {
  it("processes winners, supersedes versions and copies, and puts bad records to the bad", () => {
    expect(classesOf({ ...applied, records: [4] })).to.deep.equal([
      "superseded",
      "processed",
      "superseded",
      "processed",
      "deadLettered.bad",
    ]);
  });

  it("loses what nothing accounts for, unprocessable records included", () => {
    expect(classesOf({ net: {}, accepted: [] })).to.deep.equal([
      "superseded",
      "lost",
      "superseded",
      "lost",
      "lost",
    ]);
  });

  it("finds a winner in State's dead letters (by any of its copies)", () => {
    const classes = classesOf({ net: { [b!]: 1 }, accepted: [a1!, b!], records: [2] });
    expect(classes[1]).to.equal("deadLettered.good");
  });

  it("finds a winner in Map's or Reduce's dead letters (by its content)", () => {
    const classes = classesOf({ net: { [b!]: 1 }, accepted: [a2!, b!], contents: [a2!] });
    expect(classes[1]).to.equal("deadLettered.good");
  });

  it("keeps pending what can still be delivered, unless a dead letter holds it", () => {
    const classes = classesOf({ net: {}, records: [3], deliverable: [1, 3, 4] });
    expect(classes[1]).to.equal("pending");
    expect(classes[3]).to.equal("deadLettered.good");
    expect(classes[4]).to.equal("pending");
  });

  it("adds up to what was produced", () => {
    const counts = countsOf({ net: { [b!]: 1 }, accepted: [b!], records: [4], deliverable: [1] });
    expect(counts).to.deep.equal({
      produced: 5,
      processed: 1,
      superseded: 2,
      lost: 0,
      duplicated: 0,
      deadLettered: { good: 0, bad: 1 },
      pending: 1,
      alreadyApplied: 0,
    });
  });

  it("counts as duplicated a winner that counts twice", () => {
    const counts = countsOf({ net: { [a2!]: 2, [b!]: 1 }, accepted: [a2!, b!] });
    expect([counts.duplicated, counts.processed]).to.deep.equal([1, 2]);
  });

  it("counts as duplicated a superseded version that stays in the sums", () => {
    expect(countsOf({ ...applied, net: { ...applied.net, [a1!]: 1 } }).duplicated).to.equal(1);
  });

  it("counts as duplicated a version that is taken back without having been added", () => {
    expect(countsOf({ ...applied, net: { ...applied.net, [a1!]: -1 } }).duplicated).to.equal(1);
  });

  it("does not blame the version that State holds (its successor was given up)", () => {
    const counts = countsOf({ net: { [a1!]: 1, [b!]: 1 }, accepted: [a1!, b!], records: [1] });
    expect([counts.duplicated, counts.deadLettered.good]).to.deep.equal([0, 1]);
  });

  it("counts records that are in dead letters although they were applied", () => {
    const counts = countsOf({ ...applied, records: [1, 2, 4], contents: [b!] });
    expect([counts.alreadyApplied, counts.processed]).to.deep.equal([3, 2]);
  });
});
