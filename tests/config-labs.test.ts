import { expect } from "chai";
import { defaults, parseSettings } from "../config";

/** The problems that parsing finds, a line each. */
function problemsOf(raw: Record<string, unknown>): string[] {
  try {
    parseSettings(raw);
  } catch (error) {
    const [, ...lines] = (error as Error).message.split("\n");
    return lines.map((line) => line.trim());
  }
  return [];
}

describe("parseSettings, of the windowed aggregation and the error lab", () => {
  for (const { title, raw, line } of [
    {
      title: "lanes of a tumbling window",
      raw: { windows: { parallelizationFactor: 2 } },
      line:
        "redrive:windows.parallelizationFactor: expected 1 with mode tumbling, or AWS refuses the mapping; got 2. " +
        "Set it to 1, or set redrive:windows.mode to exact.",
    },
    {
      title: "a ledger that forgets before the stream does",
      raw: { systems: ["windows"], retentionPeriodHours: 48, windows: { ledgerRetentionDays: 1 } },
      line:
        "redrive:windows.ledgerRetentionDays: expected at least 2, as long as the stream keeps trips, or they " +
        "count again; got 1. Raise it, or lower redrive:retentionPeriodHours.",
    },
    {
      title: "an age beyond the retention of the windows' stream",
      raw: { windows: { maximumRecordAgeInSeconds: 90_000 } },
      line:
        "redrive:windows.maximumRecordAgeInSeconds: expected at most 86400 for windows, whose source keeps " +
        "records no longer; got 90000. Lower it, or raise redrive:retentionPeriodHours.",
    },
    {
      title: "a window longer than Lambda has",
      raw: { windows: { windowSeconds: 901 } },
      line:
        "redrive:windows.windowSeconds: expected a whole number from 1 to 900; got 901. " +
        "Change the value, or remove the line for the default, 300.",
    },
    {
      title: "a fetch that outlasts its messages' visibility",
      raw: { errorlab: { fetch: { timeout: 31 } } },
      line:
        "redrive:errorlab.fetch.timeout: expected at most 30, the visibility timeout of the queues that it reads, " +
        "or AWS refuses the mapping; got 31. Change the value, or remove the line for the default, 30.",
    },
    {
      title: "an error lab knob that does not exist",
      raw: { errorlab: { fetch: { retries: 1 } } },
      line:
        "redrive:errorlab.fetch.retries: expected one of the settings memorySize, timeout, " +
        'reservedConcurrentExecutions, previousVersion; got "retries". Correct the name, or remove the line.',
    },
  ]) {
    it(`refuses ${title}`, () => {
      expect(problemsOf(raw)).to.deep.equal([line]);
    });
  }

  it("fills in what a group leaves out", () => {
    const { errorlab, windows } = parseSettings({
      windows: { mode: "exact", parallelizationFactor: 2 },
      errorlab: { fetch: { memorySize: 512 } },
    });
    expect(windows).to.deep.equal({
      ...defaults.windows,
      mode: "exact",
      parallelizationFactor: 2,
    });
    expect(errorlab).to.deep.equal({
      ...defaults.errorlab,
      fetch: { ...defaults.functions, memorySize: 512 },
    });
  });

  it("leaves a long retention to stacks that have no ledger of trips", () => {
    expect(problemsOf({ retentionPeriodHours: 8_760 })).to.deep.equal([]);
  });
});
