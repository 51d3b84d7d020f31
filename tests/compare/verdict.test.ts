import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { RunJson } from "../../compare/result";
import { AGGREGATION_RULES } from "../../compare/aggregation/verdict";
import { ORDER_RULES } from "../../compare/orders/verdict";
import { verdictOf } from "../../compare/verdict";
import { inWords } from "../../compare/words";
import { ERROR_RULES } from "../../compare/errors/verdict";
import { TRIP_RULES } from "../../compare/windows/verdict";
import { goodErrors, goodOrders, goodRow, goodTrips } from "./fixtures";

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

/** Rows of the workload `trips`. */
const tripRow = (given: Partial<RunJson>) =>
  goodRow({ workload: "trips", score: null, trips: goodTrips(), ...given });
const trips = goodTrips();

const TRIP_CASES: readonly (readonly [string, Partial<RunJson>, string])[] = [
  [
    "counts trips twice and loses some",
    {
      ...wrong,
      records: { ...records, duplicated: 137, lost: 5_924 },
      trips: {
        ...trips,
        unclean: { due: 418, counted: 306, lost: 112 },
        statesDropped: 4,
        lostWithState: 4_849,
      },
    },
    "Wrong sums: 137 trips are counted twice, and 5,812 trips are gone without a dead letter, " +
      "4,849 of the rows with 4 windows' sums.",
  ],
  [
    "counts trips twice",
    { ...wrong, records: { ...records, duplicated: 1 } },
    "Wrong sums: 1 trip is counted twice.",
  ],
  [
    "loses trips",
    { ...incomplete, records: { ...records, lost: 7 } },
    "Loses trips: 7 trips are gone without a dead letter.",
  ],
  [
    "stuck trips",
    { ...incomplete, records: { ...records, pending: 3 }, seconds: { virtual: 90_000, wall: 1 } },
    "Stuck: 3 trips are still waiting after 25 h.",
  ],
  [
    "gives up trips",
    {
      ...incomplete,
      records: { ...records, deadLettered: { good: 2, bad: 0 }, alreadyApplied: 1 },
    },
    "Gives up trips: 2 trips are in dead letters that could have been counted; 1 row is in dead " +
      "letters although counted.",
  ],
  [
    "miscounts what it drops",
    {
      ...incomplete,
      trips: { ...trips, unclean: { due: 400, counted: 390, lost: 10 } },
      records: { ...records, lost: 10 },
    },
    "Every trip counts once, but 390 of 400 unclean rows are counted as dropped.",
  ],
  [
    "other windows",
    { ...incomplete },
    "Every trip counts once, but some in another window than promised.",
  ],
  [
    "trips counted twice in small runs",
    { small: { runs: 20, exact: 18, consistent: 19 } },
    "Right by luck: trips count twice in 1 of 20 small runs.",
  ],
  [
    "trips missing in small runs",
    { small: { runs: 20, exact: 18, consistent: 20 } },
    "Exact this time: in 2 of 20 small runs trips are given up or lost.",
  ],
  [
    "every trip once",
    { trips: { ...trips, otherWindow: 148 } },
    "Right: every trip counts exactly once, and everything unclean as dropped; 148 trips are in " +
      "the window of arrival, not of pickup.",
  ],
];

/** Rows of the workload `errors`. */
const errorRow = (given: Partial<RunJson>) =>
  goodRow({ workload: "errors", score: null, errors: goodErrors(), ...given });
const errors = goodErrors();
const repeating = { ...errors.duplicates, repeated: 14, mostEffects: 3 };

const ERROR_CASES: readonly (readonly [string, Partial<RunJson>, string])[] = [
  [
    "loses rows",
    { ...wrong, records: { ...records, lost: 2 }, errors: { ...errors, duplicates: repeating } },
    "Loses rows: 2 rows are neither done nor in a queue, and 14 rows are done again after an " +
      "effect (up to 3 times).",
  ],
  [
    "stuck rows",
    { ...incomplete, records: { ...records, pending: 1 }, seconds: { virtual: 90_000, wall: 1 } },
    "Stuck: 1 row is still waiting after 25 h.",
  ],
  [
    "repeats rows and gives up good ones",
    {
      ...wrong,
      errors: { ...errors, duplicates: repeating, ended: { ...errors.ended, givenUp: 3 } },
    },
    "Wrong: 14 rows are done again after an effect (up to 3 times), and 3 rows are given up in " +
      "bad company.",
  ],
  [
    "repeats rows",
    { ...wrong, errors: { ...errors, duplicates: { ...repeating, doneAndQueued: 12 } } },
    "Wrong: 14 rows are done again after an effect (up to 3 times); 12 rows are in a queue " +
      "although done.",
  ],
  [
    "gives up good rows",
    { ...incomplete, errors: { ...errors, ended: { ...errors.ended, givenUp: 1 } } },
    "Nothing is repeated, but 1 row is given up in bad company.",
  ],
  [
    "repeats what is sent twice",
    {
      ...wrong,
      errors: { ...errors, duplicates: { ...errors.duplicates, copied: 5, mostEffects: 2 } },
    },
    "Each record has its effect once, but 5 rows are on the stream twice, and done twice.",
  ],
  [
    "wrong place",
    { ...incomplete, errors: { ...errors, messages: { ...errors.messages, notWhole: 1 } } },
    "Nothing is lost or repeated, but some rows are not where they belong; 1 row is not whole in " +
      "the messages.",
  ],
  [
    "rows repeated in small runs",
    { small: { runs: 20, exact: 18, consistent: 18 } },
    "Right by luck: rows are done twice in 2 of 20 small runs.",
  ],
  [
    "rows misplaced in small runs",
    { small: { runs: 20, exact: 19, consistent: 20 } },
    "Right this time: in 1 of 20 small runs rows are lost or misplaced.",
  ],
  ["every row once", {}, "Right: every row has one effect, and is where it belongs."],
];

describe("verdictOf", () => {
  const systems = [
    { rules: AGGREGATION_RULES, cases: CASES, row: goodRow },
    { rules: ORDER_RULES, cases: ORDER_CASES, row: orderRow },
    { rules: TRIP_RULES, cases: TRIP_CASES, row: tripRow },
    { rules: ERROR_RULES, cases: ERROR_CASES, row: errorRow },
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
