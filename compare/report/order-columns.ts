import type { Row } from "../compare";
import { ENDS, type End } from "../orders/result";
import { inWords } from "../words";
import { COST, DEAD_LETTERED, INVOCATIONS, none, plain, STACK, type Column } from "./column";

const shown = (seconds: number | null): string => (seconds === null ? "-" : inWords(seconds));

/** In the order in which one asks: what became of the orders, what clients heard, how long, how much, how surely. */
export const ORDER_COLUMNS: readonly Column[] = [
  STACK,
  {
    heading: ["", "orders"],
    align: "right",
    text: (row) => ordersOf(row).toLocaleString("en-US"),
  },
  {
    heading: ["pro-", "cessed"],
    align: "right",
    text: ({ records }) => plain(records.processed),
  },
  {
    heading: ["", "lost"],
    align: "right",
    text: ({ orders, records }) => plain(records.lost - orders!.poison.lost),
    good: ({ orders, records }) => none(records.lost - orders!.poison.lost),
  },
  {
    heading: ["", "twice"],
    align: "right",
    text: ({ orders }) => plain(orders!.processedTwice),
    good: ({ orders }) => none(orders!.processedTwice),
  },
  {
    heading: ["over-", "sold"],
    align: "right",
    text: ({ orders }) => plain(orders!.oversoldUnits),
    good: ({ orders }) => none(orders!.oversoldUnits),
  },
  DEAD_LETTERED,
  {
    heading: ["never", "run"],
    align: "right",
    text: ({ orders }) => plain(orders!.deadLetters.neverInvoked),
  },
  {
    heading: ["client", "errors"],
    align: "right",
    text: ({ orders }) => plain(orders!.clientErrors),
  },
  {
    heading: ["told", "wrong"],
    align: "right",
    text: ({ orders }) => plain(orders!.answeredWrongly),
    good: ({ orders }) => none(orders!.answeredWrongly),
  },
  {
    heading: ["takes", "p50 / p99"],
    align: "right",
    text: ({ latencySeconds: { p50, p99 } }) => `${shown(p50)} / ${shown(p99)}`,
  },
  INVOCATIONS,
  COST,
  {
    heading: ["small", "consist."],
    align: "right",
    text: ({ small }) => (small.runs === 0 ? "-" : `${small.consistent} of ${small.runs}`),
    good: ({ small }) => none(small.runs - small.consistent),
  },
];

/** Accepted ones: events that are no orders are none. */
function ordersOf({ orders, records }: Row): number {
  const { deadLettered, lost, pending } = orders!.poison;
  return records.produced - deadLettered - lost - pending;
}

/** What ended a dead letter's life, after "by". */
export const END_IN_WORDS: Readonly<Record<End, string>> = {
  targetRetries: "the target's retries",
  targetAge: "the target's event age",
  noPermissions: "no permission to deliver",
  noResource: "nothing to deliver to",
  targetRefused: "a refusal of the target",
  asynchronousRetries: "asynchronous retries",
  asynchronousAge: "asynchronous event age",
  zeroConcurrency: "a concurrency of zero",
  receiveCount: "the receive count",
};

/** What ended the lives of a run's dead letters, the commonest first. */
export function endsInWords({ orders }: Row): string {
  const { endedBy, total } = orders!.deadLetters;
  if (total === 0) return "no dead letters";
  const ends = ENDS.filter((end) => endedBy[end] > 0).sort((a, b) => endedBy[b] - endedBy[a]);
  const listed = ends.map(
    (end) => `${endedBy[end].toLocaleString("en-US")} by ${END_IN_WORDS[end]}`,
  );
  return `${total.toLocaleString("en-US")} dead letters: ${listed.join(", ")}`;
}
