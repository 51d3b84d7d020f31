import type { Judged, Rule } from "../verdict-rule";
import { inWords } from "../words";
import type { ErrorBlock } from "./result";

const errors = (run: Judged): ErrorBlock => run.errors!;

/** The first rule that applies gives the sentence. docs/verdicts.md lists them in this order. */
export const ERROR_RULES: readonly Rule[] = [
  {
    name: "loses rows",
    applies: ({ records }) => records.lost > 0,
    says: (run) =>
      `Loses rows: ${are(run.records.lost)} neither done nor in a queue` +
      `${errors(run).duplicates.repeated > 0 ? `, and ${repeated(run)}` : ""}.`,
  },
  {
    name: "stuck rows",
    applies: ({ records }) => records.pending > 0,
    says: (run) =>
      `Stuck: ${are(run.records.pending)} still waiting after ${inWords(run.seconds.virtual)}.`,
  },
  {
    name: "repeats rows and gives up good ones",
    applies: (run) => errors(run).duplicates.repeated > 0 && errors(run).ended.givenUp > 0,
    says: (run) => `Wrong: ${repeated(run)}, and ${givenUp(run)}.`,
  },
  {
    name: "repeats rows",
    applies: (run) => errors(run).duplicates.repeated > 0,
    says: (run) => `Wrong: ${repeated(run)}.`,
  },
  {
    name: "gives up good rows",
    applies: (run) => errors(run).ended.givenUp > 0,
    says: (run) => `Nothing is repeated, but ${givenUp(run)}.`,
  },
  {
    name: "repeats what is sent twice",
    applies: (run) => errors(run).duplicates.copied > 0,
    says: (run) =>
      `Each record has its effect once, but ${are(errors(run).duplicates.copied)} on the stream ` +
      `twice, and done twice.`,
  },
  {
    name: "wrong place",
    applies: ({ exact }) => !exact,
    says: () => "Nothing is lost or repeated, but some rows are not where they belong.",
  },
  {
    name: "rows repeated in small runs",
    applies: ({ small }) => small.consistent < small.runs,
    says: ({ small: { consistent, runs } }) =>
      `Right by luck: rows are done twice in ${runs - consistent} of ${runs} small runs.`,
  },
  {
    name: "rows misplaced in small runs",
    applies: ({ small }) => small.exact < small.runs,
    says: ({ small: { exact, runs } }) =>
      `Right this time: in ${runs - exact} of ${runs} small runs rows are lost or misplaced.`,
  },
  {
    name: "every row once",
    applies: () => true,
    says: () => "Right: every row has one effect, and is where it belongs.",
  },
];

/** What no sentence must hide. */
export function errorAddendumOf(run: Judged): string | undefined {
  const { duplicates, messages } = errors(run);
  const parts = [
    duplicates.doneAndQueued > 0 ? `${are(duplicates.doneAndQueued)} in a queue although done` : "",
    messages.notWhole > 0 ? `${are(messages.notWhole)} not whole in the messages` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join("; ");
}

function repeated(run: Judged): string {
  const { mostEffects, repeated: count } = errors(run).duplicates;
  return `${are(count)} done again after an effect (up to ${mostEffects} times)`;
}

function givenUp(run: Judged): string {
  return `${are(errors(run).ended.givenUp)} given up in bad company`;
}

function are(count: number): string {
  return count === 1 ? "1 row is" : `${count.toLocaleString("en-US")} rows are`;
}
