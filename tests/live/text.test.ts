import { expect } from "chai";
import { rehearsalText } from "../../live/rehearsal/text";
import type { Rehearsal, Scored } from "../../live/rehearsal/rehearse";
import type { RedriveReport } from "../../live/redrive/redrive";

const scored = (records: Partial<Scored["records"]>, exact: boolean): Scored => ({
  exact,
  consistent: true,
  assumptions: {},
  records: {
    ...{ produced: 1_200, processed: 1_000, superseded: 197, lost: 0, duplicated: 0, pending: 0 },
    ...{ deadLettered: { good: 0, bad: 3 }, alreadyApplied: 0 },
    ...records,
  },
});

const REPORT: RedriveReport = {
  letters: 2,
  replayed: {
    ...{ records: 15, functionRecords: 0, tableRecords: 0, windows: 0, events: 0, messages: 0 },
  },
  cameBack: 3,
  stillBad: 3,
  gone: [],
  kept: [],
  copies: [],
  taken: [],
};
const SUBJECT = { stack: "checkpoint", workload: "poison", seed: 7, settings: {} };

const sentencesOf = (rehearsal: Rehearsal, interruptAfter?: number): string[] => {
  const text = rehearsalText({ ...SUBJECT, interruptAfter }, rehearsal);
  return text.slice(text.indexOf("\n\n") + 2).split("\n");
};

describe("what the command redrive prints", () => {
  const before = scored(
    { processed: 990, deadLettered: { good: 10, bad: 3 }, alreadyApplied: 2 },
    false,
  );

  it("is the score before and after, and a line per thing that happened", () => {
    const text = rehearsalText(SUBJECT, { before, after: scored({}, true), report: REPORT });
    expect(text).to.equal(
      [
        "redrive: checkpoint, poison, seed 7",
        "                                  before  after",
        "produced                           1,200  1,200",
        "processed                            990  1,000",
        "superseded                           197    197",
        "lost                                   0      0",
        "in dead letters, good                 10      0",
        "in dead letters, bad                   3      3",
        "waiting                                0      0",
        "counted twice                          0      0",
        "in dead letters although applied       2      0",
        "exact                                 no    yes",
        "consistent                           yes    yes",
        "",
        "  Replayed: 15 records to their stream.",
        "  Came back: 10 are processed now.",
        "  Already applied: 2; replaying that changed nothing.",
        "  Still bad: 3, tried again alone, and in dead letters again.",
      ].join("\n"),
    );
  });

  it("does not hide what was doubled", () => {
    const after = scored({ duplicated: 4 }, false);
    expect(sentencesOf({ before, after, report: REPORT })).to.include.members([
      "  Already applied: 2; not all of that was noticed.",
      "  DOUBLED: 4 are processed more than once now.",
    ]);
  });

  it("says what was done twice before, for no redrive undoes that", () => {
    const twice = { ...before, records: { ...before.records, duplicated: 2 } };
    expect(sentencesOf({ before: twice, after: twice, report: REPORT })).to.include(
      "  Done twice before: 2; a redrive takes nothing back.",
    );
  });

  it("says that it was broken off, or that it was not", () => {
    const brokenOff = { replayed: { ...REPORT.replayed, records: 5 } };
    const after = scored({}, true);
    expect(sentencesOf({ before, after, report: REPORT, brokenOff }, 5)[0]).to.equal(
      "  Broken off after 5 items, and started again.",
    );
    expect(sentencesOf({ before, after, report: REPORT }, 50)[0]).to.equal(
      "  Not broken off: there were fewer than 50 items.",
    );
  });

  it("says what was mended besides the faults, and where records went", () => {
    const replayed = { ...REPORT.replayed, records: 0, functionRecords: 7, windows: 2 };
    const report = { ...REPORT, replayed };
    const mended = { "errorlab.timeoutPercent": 0 };
    const text = rehearsalText({ ...SUBJECT, mended }, { before, after: scored({}, true), report });
    expect(text.split("\n")).to.include.members([
      "  Mended: errorlab.timeoutPercent=0.",
      "  Replayed: 7 records to their function, 2 sums of windows to their function.",
    ]);
  });

  it("names what is gone, and where the letter stays; five letters at most", () => {
    const gone = Array.from({ length: 6 }, (_, at) => ({
      letter: `letter-${at}`,
      items: 2,
      why: "Too old.",
    }));
    const report = { ...REPORT, gone };
    const lines = sentencesOf({ before, after: before, report });
    expect(lines.slice(-7)).to.deep.equal([
      "  Gone: 12 of 6 dead letters, which stay where they are:",
      ...[0, 1, 2, 3, 4].map((at) => `    letter-${at}: Too old.`),
      "    … and 1 more.",
    ]);
  });

  it("says that there is nothing to redrive, and what no redrive brings back", () => {
    const lost = scored({ lost: 27 }, false);
    const replayed = { ...REPORT.replayed, records: 0 };
    const report = { ...REPORT, letters: 0, replayed, cameBack: 0, stillBad: 0 };
    expect(sentencesOf({ before: lost, after: lost, report })).to.deep.equal([
      "  No dead letters: there is nothing to redrive.",
      "  27 are lost without a dead letter: no redrive brings them back.",
    ]);
  });
});
