import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { RunJson } from "../../compare/result";
import { AGGREGATION_RULES as RULES } from "../../compare/aggregation/verdict";
import { verdictOf } from "../../compare/verdict";
import { inWords } from "../../compare/words";
import { goodRow } from "./fixtures";

const { records } = goodRow();
const wrong = { exact: false, consistent: false, score: 0 } as const;
const incomplete = { exact: false, consistent: true, score: 0 } as const;

/** One run per rule, in the rules' order, with what is said of it. */
const CASES: readonly (readonly [string, Partial<RunJson>, string])[] = [
  [
    "counts twice and loses",
    { ...wrong, records: { ...records, duplicated: 1_200, lost: 1 } },
    "Wrong sums: 1,200 records are counted more than once or wrongly left in, and 1 record is lost.",
  ],
  [
    "counts twice",
    { ...wrong, records: { ...records, duplicated: 7 } },
    "Wrong sums: 7 records are counted more than once or wrongly left in.",
  ],
  [
    "sums lack accepted records",
    { ...wrong, records: { ...records, lost: 4, deadLettered: { good: 2, bad: 3 } } },
    "Wrong sums: records that State accepted are missing (4 lost, 2 in dead letters, 0 waiting).",
  ],
  [
    "loses",
    { ...incomplete, records: { ...records, lost: 90 }, maxIteratorAgeSeconds: 86_000 },
    "Loses data: 90 records are gone without a trace, after a shard was blocked for 23.9 h.",
  ],
  [
    "stuck",
    { ...incomplete, records: { ...records, pending: 5 }, seconds: { virtual: 90_000, wall: 1 } },
    "Stuck: 5 records are still waiting after 25 h.",
  ],
  [
    "gives up good records",
    { ...incomplete, records: { ...records, deadLettered: { good: 40, bad: 3 } } },
    "Gives up good records: 40 records are in dead letters that could have been processed.",
  ],
  [
    "wrong in small runs",
    { small: { runs: 20, exact: 15, consistent: 16 } },
    "Right by luck: the sums are wrong in 4 of 20 small runs.",
  ],
  [
    "incomplete in small runs",
    { small: { runs: 20, exact: 19, consistent: 20 } },
    "Exact this time: in 1 of 20 small runs good records are given up or lost.",
  ],
  [
    "drops bad records silently",
    { records: { ...records, lost: 3 } },
    "Exact, but 3 records are dropped that nothing can process, and no dead letter tells of them.",
  ],
  [
    "late",
    { score: 0, latencySeconds: { p50: 1, p99: 60, max: 240 } },
    "Exact but late: the slowest record took 4 min.",
  ],
  [
    "right",
    { records: { ...records, deadLettered: { good: 0, bad: 3 } } },
    "Right: every processable record counts exactly once; the 3 that nothing can process are kept " +
      "in dead letters.",
  ],
];

describe("verdictOf", () => {
  for (const [name, given, sentence] of CASES) {
    it(`says that a strategy ${name}`, () => {
      const run = goodRow(given);
      expect(verdictOf(run)).to.equal(sentence);
      expect(RULES.find(({ applies }) => applies(run))!.name).to.equal(name);
    });
  }

  it("has a case for every rule, and a page that lists them in the same order", () => {
    const names = RULES.map(({ name }) => name);
    expect(CASES.map(([name]) => name)).to.deep.equal(names);
    const page = readFileSync(join(__dirname, "../../docs/verdicts.md"), "utf8");
    const listed = [...page.matchAll(/^\d+\. \*\*(.+?)\*\*/gm)].map(([, name]) => name);
    expect(listed).to.deep.equal(names);
  });

  it("adds dead letters that were applied nevertheless", () => {
    const run = goodRow({ records: { ...records, alreadyApplied: 9 } });
    expect(verdictOf(run)).to.equal(
      "Right: every processable record counts exactly once; 9 records are in dead letters " +
        "although counted.",
    );
  });
});

describe("inWords", () => {
  it("chooses seconds, minutes or hours", () => {
    expect([0, 3.24, 119, 120, 7_199, 7_200, 90_000].map(inWords)).to.deep.equal([
      "0 s",
      "3.2 s",
      "119 s",
      "2 min",
      "120 min",
      "2 h",
      "25 h",
    ]);
  });
});
