import { FUNCTIONS } from "../../compare/aggregation/topology";
import { createDraws } from "../../compare/draws";
import { START_AT_MS } from "../../compare/workloads";
import type { Fault } from "../../simulator";

/** The last fault ends here, in milliseconds after the start: `dev` retries a record for twice as long. */
const FAULTS_END_MS = 120_000;
const INTERVAL_MS = 60_000;

const STAGES = [FUNCTIONS.state, FUNCTIONS.map, FUNCTIONS.reduce] as const;

/** Kinds that strike single invocations, with the share of invocations that they strike. */
const DRAWN = {
  "before-effect": 0.04,
  "after-commit": 0.05,
  kill: 0.05,
  "response-lost": 0.05,
  "sdk-error": 0.05,
  timeout: 0.04,
} as const;

/** The sweep runs twice before the faults end: rare ones would never meet it. */
const SWEEP_SHARE = 0.3;

/**
 * Every kind of fault, in every function that a stream or a schedule invokes: drawn ones until the faults end,
 * one function down for a minute, another one throttled for a minute, and writes that are refused at first.
 *
 * @param keys entities whose writes are refused: the first by State, the second by Map
 */
export function chaos(seed: number, keys: readonly string[]): Fault[] {
  const draws = createDraws(seed, "chaos");
  const until = START_AT_MS + FAULTS_END_MS;
  const kinds = Object.entries(DRAWN) as [keyof typeof DRAWN, number][];
  const drawn = [...STAGES, FUNCTIONS.sweep].flatMap((name) =>
    kinds.map(([kind, share]): Fault => {
      const probability = name === FUNCTIONS.sweep ? SWEEP_SHARE : share;
      return { function: name, kind, probability, until };
    }),
  );
  const interval = (kind: "down" | "throttle", name: string): Fault => {
    const from = START_AT_MS + draws.integer(0, 20_000);
    return { function: name, kind, from, until: from + INTERVAL_MS };
  };
  // Not the same stage: behind one that is down, there is nothing to throttle.
  const down = draws.integer(0, 2);
  const throttled = (down + draws.integer(1, 2)) % 3;
  const refused = keys.slice(0, 2).map((key, at): Fault => {
    const times = draws.integer(1, 4);
    return { function: STAGES[at]!, kind: "poison", match: { keys: [key], times }, until };
  });
  return [
    ...drawn,
    interval("down", STAGES[down]!),
    interval("throttle", STAGES[throttled]!),
    ...refused,
  ];
}
