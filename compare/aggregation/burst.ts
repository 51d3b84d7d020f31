import type { Fault } from "../account";
import { FUNCTIONS } from "./topology";
import { generatePuts, type GeneratedPuts } from "./messages";
import { START_AT_MS, type WorkloadSettings } from "../workloads";
import type { Workload } from "./workload";

/** How long after the last put the aggregates must be right. */
const DEADLINE_AFTER_LAST_PUT_MS = 30_000;

/**
 * The workshop's burst: puts of 40 records spread over 10 s, of which 5 a put are copies; 3 % modify an earlier
 * message; versions come out of order, and some repeat a version with another payload. State fails before it
 * does anything, Map and Reduce after they have committed.
 */
export function createBurst(seed: number, settings: WorkloadSettings): Workload {
  return burstOf("burst", generatePuts(seed, settings.messages, 0), settings, () => []);
}

/** Puts and failures of a burst; `more` adds faults, given when they end. */
export function burstOf(
  name: Workload["name"],
  { puts, records }: GeneratedPuts,
  settings: WorkloadSettings,
  more: (untilMs: number) => readonly Fault[],
): Workload {
  const deadlineMs = puts.at(-1)!.atMs + DEADLINE_AFTER_LAST_PUT_MS;
  const until = START_AT_MS + deadlineMs;
  const { state, map, reduce } = settings.failPercent;
  const failures: Fault[] = [
    { function: FUNCTIONS.state, kind: "before-effect", probability: state / 100, until },
    { function: FUNCTIONS.map, kind: "after-commit", probability: map / 100, until },
    { function: FUNCTIONS.reduce, kind: "after-commit", probability: reduce / 100, until },
  ];
  return {
    name,
    puts,
    records,
    deadlineMs,
    faults: [...failures.filter(({ probability }) => probability! > 0), ...more(until)],
  };
}
