import { z } from "zod";
import {
  functionDefaults,
  functionKnobs,
  oneOf,
  settingGroup,
  whole,
  type FunctionSettings,
  type Problem,
  type Whole,
} from "./kinds";
import { mappingDefaults, mappingKnobs, mappingProblems, type MappingSettings } from "./mapping";

/** What the windowed aggregation is when a stack says nothing: the settings of the lab that it comes from. */
export const windowDefaults = {
  mode: "tumbling",
  windowSeconds: 300,
  shardCount: 4,
  ledgerRetentionDays: 30,
  ...mappingDefaults,
  batchSize: 1_000,
  maximumRetryAttempts: 2,
  ...functionDefaults,
} as const;

export const windowKnobs = {
  /**
   * `tumbling`: windows of the mapping, by arrival; sums are carried as its state and written when a window ends.
   * `exact`: windows of the trips, by pickup; each trip is added once, in a transaction with its entry in a ledger.
   */
  mode: oneOf(["tumbling", "exact"]),
  /** Length of a window. Source: Lambda, "Implementing stateful Kinesis Data Streams processing". */
  windowSeconds: whole(1, 900),
  /** Shards of this stream; none with streamMode ON_DEMAND. */
  shardCount: whole(1, 10_000),
  /** How long `exact` remembers which trips it has added. */
  ledgerRetentionDays: whole(1, 3_650),
  ...mappingKnobs,
  ...functionKnobs,
};

export const windowSchema = z.strictObject(windowKnobs, settingGroup).partial();
type Given = z.infer<typeof windowSchema>;

/** Every setting of the windowed aggregation. */
export type WindowSettings = Whole<Omit<Given, keyof MappingSettings>> &
  MappingSettings &
  FunctionSettings;

export function completeWindows(given: Given = {}): WindowSettings {
  return { ...windowDefaults, ...given };
}

/**
 * Problems that lie between the settings of the windowed aggregation.
 *
 * @param isHeld whether the stack deploys it: how long streams keep records is set for all systems
 */
export function windowProblems(
  windows: WindowSettings,
  retentionS: number,
  isHeld: boolean,
): Problem[] {
  const pathOf = (knob: string): string[] => ["windows", knob];
  const problems = mappingProblems(windows, {
    name: "windows",
    isKinesis: true,
    retentionS,
    pathOf,
  });
  if (windows.mode === "tumbling" && windows.parallelizationFactor > 1) {
    problems.push({
      path: pathOf("parallelizationFactor"),
      expected: "1 with mode tumbling, or AWS refuses the mapping",
      came: windows.parallelizationFactor,
      advice: "Set it to 1, or set redrive:windows.mode to exact.",
    });
  }
  if (isHeld && windows.ledgerRetentionDays * 86_400 < retentionS) {
    problems.push({
      path: pathOf("ledgerRetentionDays"),
      expected: `at least ${Math.ceil(retentionS / 86_400)}, as long as the stream keeps trips, or they count again`,
      came: windows.ledgerRetentionDays,
      advice: "Raise it, or lower redrive:retentionPeriodHours.",
    });
  }
  return problems;
}
