import type { Knobs } from "../../compare/knobs";
import type { RedriveReport } from "../redrive/redrive";
import type { Rehearsal, Scored } from "./rehearse";

/** What a rehearsal was of. */
export interface Subject {
  readonly stack: string;
  readonly workload: string;
  readonly seed: number;
  /** Those that were changed. */
  readonly settings: Knobs;
  /** Those that made the consumer fail, as they are after it was mended. */
  readonly mended?: Knobs;
  readonly interruptAfter?: number;
}

/** Letters are named, but not all of thousands. */
const NAMED_MAX = 5;

/** What the command prints: the score before and after, and what became of the dead letters. */
export function rehearsalText(subject: Subject, rehearsal: Rehearsal): string {
  const { after, before } = rehearsal;
  const about = [
    subject.stack,
    subject.workload,
    ...assigned(subject.settings),
    `seed ${subject.seed}`,
  ];
  return [
    `redrive: ${about.join(", ")}`,
    table(before, after),
    "",
    ...sentences(rehearsal, subject).map((sentence) => `  ${sentence}`),
  ].join("\n");
}

function assigned(knobs: Knobs): string[] {
  return Object.entries(knobs).map(([path, value]) => `${path}=${String(value)}`);
}

function table(before: Scored, after: Scored): string {
  const rows = [
    ["", "before", "after"],
    ...rowsOf(before).map(([name, value], at) => [name, value, rowsOf(after)[at]![1]]),
  ];
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows
    .map(([name, was, is]) =>
      [name!.padEnd(widths[0]!), was!.padStart(widths[1]!), is!.padStart(widths[2]!)].join("  "),
    )
    .join("\n");
}

function rowsOf({ consistent, errors, exact, orders, records, trips }: Scored): [string, string][] {
  const count = (value: number): string => value.toLocaleString("en-US");
  const yes = (value: boolean): string => (value ? "yes" : "no");
  const right = (rows: { readonly all: number; readonly exact: number }): string =>
    `${count(rows.exact)} of ${count(rows.all)}`;
  return [
    ["produced", count(records.produced)],
    ["processed", count(records.processed)],
    // Orders are not replaced by newer ones.
    ...(orders ? [] : [["superseded", count(records.superseded)] as [string, string]]),
    ["lost", count(records.lost)],
    ["in dead letters, good", count(records.deadLettered.good)],
    ["in dead letters, bad", count(records.deadLettered.bad)],
    ["waiting", count(records.pending)],
    [
      orders ? "processed twice" : errors ? "with more than one effect" : "counted twice",
      count(records.duplicated),
    ],
    ["in dead letters although applied", count(records.alreadyApplied)],
    ...(trips ? [["rows of sums that are right", right(trips.rows)] as [string, string]] : []),
    ["exact", yes(exact)],
    ["consistent", yes(consistent)],
  ];
}

function sentences({ after, before, brokenOff, report }: Rehearsal, subject: Subject): string[] {
  const { lost } = after.records;
  const gaveUp =
    lost === 0 ? [] : [`${items(lost)} lost without a dead letter: no redrive brings them back.`];
  if (report.letters === 0 && total(report) === 0 && brokenOff === undefined) {
    return ["No dead letters: there is nothing to redrive.", ...gaveUp];
  }
  const came = after.records.processed - before.records.processed;
  const twice = doubled(after) - doubled(before);
  const still = Math.min(before.records.duplicated, after.records.duplicated);
  const { mended } = subject;
  return [
    ...(mended ? [`Mended: ${assigned(mended).join(", ")}.`] : []),
    ...(brokenOff
      ? [`Broken off after ${total(brokenOff)} items, and started again.`]
      : subject.interruptAfter === undefined
        ? []
        : [`Not broken off: there were fewer than ${subject.interruptAfter} items.`]),
    `Replayed: ${replayedInWords(report)}.`,
    `Came back: ${items(came)} processed now.`,
    ...(before.records.alreadyApplied === 0
      ? []
      : [`Already applied: ${before.records.alreadyApplied}; ${twiceInWords(twice)}.`]),
    ...(twice > 0 ? [`DOUBLED: ${items(twice)} processed more than once now.`] : []),
    ...(still > 0
      ? [`Done twice before: ${still.toLocaleString("en-US")}; a redrive takes nothing back.`]
      : []),
    ...(report.stillBad === 0
      ? []
      : [`Still bad: ${report.stillBad}, tried again alone, and in dead letters again.`]),
    ...lettersInWords("Gone", report.gone),
    ...lettersInWords("Kept", report.kept),
    ...gaveUp,
  ];
}

/** Of the error lab, how often rows were processed again: some have had other effects, which are taken back. */
function doubled({ errors, records }: Scored): number {
  return errors?.duplicates.doneAgain ?? records.duplicated;
}

function twiceInWords(twice: number): string {
  return twice > 0 ? "not all of that was noticed" : "replaying that changed nothing";
}

function items(count: number): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? "is" : "are"}`;
}

function total({ replayed }: Pick<RedriveReport, "replayed">): number {
  return Object.values(replayed).reduce((sum, count) => sum + count, 0);
}

function replayedInWords({ replayed }: RedriveReport): string {
  const { events, functionRecords, messages, records, tableRecords, windows } = replayed;
  const parts: readonly (readonly [number, string])[] = [
    [records, "records to their stream"],
    [functionRecords, "records to their function"],
    [windows, "sums of windows to their function"],
    [tableRecords, "changes of tables to their function, or to Repair"],
    [events, "events to the consumer that failed"],
    [messages, "messages to their queue"],
  ];
  const done = parts.filter(([count]) => count > 0);
  return done.length === 0
    ? "nothing"
    : done.map(([count, what]) => `${count.toLocaleString("en-US")} ${what}`).join(", ");
}

function lettersInWords(
  title: string,
  letters: readonly { readonly letter: string; readonly items: number; readonly why: string }[],
): string[] {
  if (letters.length === 0) return [];
  const count = letters.reduce((sum, { items: each }) => sum + each, 0);
  const more = letters.length - NAMED_MAX;
  return [
    `${title}: ${count} of ${letters.length} dead letters, which stay where they are:`,
    ...letters.slice(0, NAMED_MAX).map(({ letter, why }) => `  ${letter}: ${why}`),
    ...(more > 0 ? [`  … and ${more} more.`] : []),
  ];
}
