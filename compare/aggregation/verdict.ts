import type { Judged, Rule } from "../verdict-rule";
import { inWords } from "../words";

/** The first rule that applies gives the sentence. docs/verdicts.md lists them in this order. */
export const AGGREGATION_RULES: readonly Rule[] = [
  {
    name: "counts twice and loses",
    applies: ({ records, consistent }) => !consistent && records.duplicated > 0 && records.lost > 0,
    says: ({ records }) =>
      `Wrong sums: ${are(records.duplicated)} counted more than once or wrongly left in, and ` +
      `${are(records.lost)} lost.`,
  },
  {
    name: "counts twice",
    applies: ({ records, consistent }) => !consistent && records.duplicated > 0,
    says: ({ records }) =>
      `Wrong sums: ${are(records.duplicated)} counted more than once or wrongly left in.`,
  },
  {
    name: "sums lack accepted records",
    applies: ({ consistent }) => !consistent,
    says: ({ records: { deadLettered, lost, pending } }) =>
      `Wrong sums: records that State accepted are missing ` +
      `(${lost} lost, ${deadLettered.good} in dead letters, ${pending} waiting).`,
  },
  {
    name: "loses",
    applies: ({ records, exact }) => !exact && records.lost > 0,
    says: (run) =>
      `Loses data: ${are(run.records.lost)} gone without a trace${afterBlocking(run)}.`,
  },
  {
    name: "stuck",
    applies: ({ records }) => records.pending > 0,
    says: (run) =>
      `Stuck: ${are(run.records.pending)} still waiting after ${inWords(run.seconds.virtual)}.`,
  },
  {
    name: "gives up good records",
    applies: ({ records }) => records.deadLettered.good > 0,
    says: ({ records }) =>
      `Gives up good records: ${are(records.deadLettered.good)} in dead letters that could have ` +
      `been processed.`,
  },
  {
    name: "wrong in small runs",
    applies: ({ small }) => small.consistent < small.runs,
    says: ({ small: { consistent, runs } }) =>
      `Right by luck: the sums are wrong in ${runs - consistent} of ${runs} small runs.`,
  },
  {
    name: "incomplete in small runs",
    applies: ({ small }) => small.exact < small.runs,
    says: ({ small: { exact, runs } }) =>
      `Exact this time: in ${runs - exact} of ${runs} small runs good records are given up or lost.`,
  },
  {
    name: "drops bad records silently",
    applies: ({ records }) => records.lost > 0,
    says: (run) =>
      `Exact, but ${are(run.records.lost)} dropped that nothing can process, and no dead letter ` +
      `tells of ${run.records.lost === 1 ? "it" : "them"}.`,
  },
  {
    name: "late",
    applies: ({ score }) => score === 0,
    says: (run) =>
      `Exact but late: the slowest record took ` +
      `${inWords(run.latencySeconds.max ?? run.seconds.virtual)}${kept(run.records)}.`,
  },
  {
    name: "right",
    applies: () => true,
    says: ({ records }) => `Right: every processable record counts exactly once${kept(records)}.`,
  },
];

/** What no verdict must hide: dead letters that were applied nevertheless. */
export function addendumOf({ records: { alreadyApplied } }: Judged): string | undefined {
  if (alreadyApplied === 0) return undefined;
  return `${are(alreadyApplied)} in dead letters although counted`;
}

function are(records: number): string {
  return records === 1 ? "1 record is" : `${records.toLocaleString("en-US")} records are`;
}

function kept({ deadLettered: { bad } }: Judged["records"]): string {
  if (bad === 0) return "";
  return bad === 1
    ? "; the one that nothing can process is kept in a dead letter"
    : `; the ${bad} that nothing can process are kept in dead letters`;
}

/** A shard that was blocked for so long explains what was lost behind it. */
const BLOCKED_S = 600;

function afterBlocking({ maxIteratorAgeSeconds }: Judged): string {
  return maxIteratorAgeSeconds < BLOCKED_S
    ? ""
    : `, after a shard was blocked for ${inWords(maxIteratorAgeSeconds)}`;
}
