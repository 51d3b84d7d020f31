import type { Judged, Rule } from "../verdict-rule";
import { inWords } from "../words";
import type { OrderBlock } from "./result";

const orders = (run: Judged): OrderBlock => run.orders!;
/** Orders, without the events that are none. */
const lost = (run: Judged): number => run.records.lost - orders(run).poison.lost;
const pending = (run: Judged): number => run.records.pending - orders(run).poison.pending;

/** The first rule that applies gives the sentence. docs/verdicts.md lists them in this order. */
export const ORDER_RULES: readonly Rule[] = [
  {
    name: "processes twice and loses orders",
    applies: (run) => orders(run).processedTwice > 0 && lost(run) > 0,
    says: (run) =>
      `Wrong: ${are(orders(run).processedTwice)} processed twice${oversold(run)}, and ` +
      `${are(lost(run))} lost.`,
  },
  {
    name: "processes orders twice",
    applies: (run) => orders(run).processedTwice > 0,
    says: (run) => `Wrong: ${are(orders(run).processedTwice)} processed twice${oversold(run)}.`,
  },
  {
    name: "stock is wrong",
    applies: ({ consistent }) => !consistent,
    says: (run) => `Wrong stock, though no order is processed twice${oversold(run)}.`,
  },
  {
    name: "loses orders",
    applies: (run) => lost(run) > 0,
    says: (run) => `Loses orders: ${are(lost(run))} gone without a dead letter.`,
  },
  {
    name: "stuck orders",
    applies: (run) => pending(run) > 0,
    says: (run) =>
      `Stuck: ${are(pending(run))} still on the way after ${inWords(run.seconds.virtual)}.`,
  },
  {
    name: "wrong orders in small runs",
    applies: ({ small }) => small.consistent < small.runs,
    says: ({ small: { consistent, runs } }) =>
      `Right by luck: orders are processed twice in ${runs - consistent} of ${runs} small runs.`,
  },
  {
    name: "dead-letters orders unseen",
    applies: ({ records, ...run }) =>
      records.deadLettered.good > 0 &&
      run.orders!.deadLetters.neverInvoked * 2 > run.orders!.deadLetters.total,
    says: (run) =>
      `Gives up orders unseen: ${are(run.records.deadLettered.good)} in dead letters, and ` +
      `${orders(run).deadLetters.neverInvoked.toLocaleString("en-US")} of ` +
      `${orders(run).deadLetters.total.toLocaleString("en-US")} dead letters never met a function.`,
  },
  {
    name: "gives up good orders",
    applies: ({ records }) => records.deadLettered.good > 0,
    says: ({ records }) =>
      `No order lost or done twice; ${are(records.deadLettered.good)} in dead letters, to be redriven.`,
  },
  {
    name: "answers wrongly",
    applies: (run) => orders(run).answeredWrongly > 0,
    says: (run) =>
      `Every order is processed once, but ${clients(orders(run).answeredWrongly)} told otherwise.`,
  },
  {
    name: "every order once",
    applies: () => true,
    says: () => "Right: every accepted order is processed exactly once.",
  },
];

/** What no sentence must hide. */
export function orderAddendumOf(run: Judged): string | undefined {
  const { poison } = orders(run);
  const parts = [
    poison.lost > 0 ? `${bad(poison.lost)} dropped without a dead letter` : "",
    poison.pending > 0 ? `${bad(poison.pending)} delivered again and again` : "",
    run.records.alreadyApplied > 0
      ? `${are(run.records.alreadyApplied)} in dead letters although processed`
      : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join("; ");
}

function bad(count: number): string {
  return count === 1
    ? "1 event that nothing can process is"
    : `${count} events that nothing can process are`;
}

function are(count: number): string {
  return count === 1 ? "1 order is" : `${count.toLocaleString("en-US")} orders are`;
}

function clients(count: number): string {
  return count === 1 ? "1 client is" : `${count.toLocaleString("en-US")} clients are`;
}

function oversold(run: Judged): string {
  const units = orders(run).oversoldUnits;
  return units === 0 ? "" : ` (${units.toLocaleString("en-US")} units oversold)`;
}
