import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { RunJson } from "../../compare/result";
import { AGGREGATION_RULES } from "../../compare/aggregation/verdict";
import { ORDER_RULES } from "../../compare/orders/verdict";
import { verdictOf } from "../../compare/verdict";
import { inWords } from "../../compare/words";
import { goodOrders, goodRow } from "./fixtures";

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

/** Rows of the workload `orders`. */
const orderRow = (given: Partial<RunJson>) =>
  goodRow({ workload: "orders", score: null, ...given });
const orders = goodOrders();
const poison = { deadLettered: 0, lost: 3, pending: 0 };
const unseen = { ...orders.deadLetters, total: 40, neverInvoked: 30 };

const ORDER_CASES: readonly (readonly [string, Partial<RunJson>, string])[] = [
  [
    "processes twice and loses orders",
    {
      consistent: false,
      records: { ...records, lost: 5 },
      orders: { ...orders, poison, processedTwice: 1_100, oversoldUnits: 7 },
    },
    "Wrong: 1,100 orders are processed twice (7 units oversold), and 2 orders are lost; 3 events " +
      "that nothing can process are dropped without a dead letter.",
  ],
  [
    "processes orders twice",
    { consistent: false, orders: { ...orders, processedTwice: 1 } },
    "Wrong: 1 order is processed twice.",
  ],
  [
    "stock is wrong",
    { consistent: false, orders },
    "Wrong stock, though no order is processed twice.",
  ],
  [
    "loses orders",
    { records: { ...records, lost: 1 }, orders },
    "Loses orders: 1 order is gone without a dead letter.",
  ],
  [
    "stuck orders",
    { records: { ...records, pending: 4 }, seconds: { virtual: 45_000, wall: 1 }, orders },
    "Stuck: 4 orders are still on the way after 12.5 h.",
  ],
  [
    "wrong orders in small runs",
    { small: { runs: 20, exact: 0, consistent: 17 }, orders },
    "Right by luck: orders are processed twice in 3 of 20 small runs.",
  ],
  [
    "dead-letters orders unseen",
    {
      records: { ...records, deadLettered: { good: 40, bad: 0 } },
      orders: { ...orders, deadLetters: unseen },
    },
    "Gives up orders unseen: 40 orders are in dead letters, and 30 of 40 dead letters never met a " +
      "function.",
  ],
  [
    "gives up good orders",
    { records: { ...records, deadLettered: { good: 40, bad: 3 }, alreadyApplied: 2 }, orders },
    "No order lost or done twice; 40 orders are in dead letters, to be redriven; 2 orders are in " +
      "dead letters although processed.",
  ],
  [
    "answers wrongly",
    { orders: { ...orders, answeredWrongly: 2 } },
    "Every order is processed once, but 2 clients are told otherwise.",
  ],
  [
    "every order once",
    { orders: { ...orders, poison: { ...poison, lost: 0, pending: 1 } } },
    "Right: every accepted order is processed exactly once; 1 event that nothing can process is " +
      "delivered again and again.",
  ],
];

describe("verdictOf", () => {
  const systems = [
    { rules: AGGREGATION_RULES, cases: CASES, row: goodRow },
    { rules: ORDER_RULES, cases: ORDER_CASES, row: orderRow },
  ];
  for (const { cases, row, rules } of systems) {
    for (const [name, given, sentence] of cases) {
      it(`says it: ${name}`, () => {
        const run = row(given);
        expect(verdictOf(run)).to.equal(sentence);
        expect(rules.find(({ applies }) => applies(run))!.name).to.equal(name);
      });
    }
  }

  it("has a case for every rule, and a page that lists them in the same order", () => {
    const names = systems.flatMap(({ rules }) => rules.map(({ name }) => name));
    expect(systems.flatMap(({ cases }) => cases.map(([name]) => name))).to.deep.equal(names);
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
