import type { PolicyOf, Verdict } from "./outcome";
import type { WindowPart } from "./tumbling-window";

export interface WindowVerdict {
  readonly verdict: Verdict;
  /** The state to go on with, as JSON. Absent: as it was. */
  readonly stateJson?: string;
}

/**
 * What an invocation of a tumbling window said: without a state in its response it failed, whatever else
 * the response says. The state counts only if the invocation got somewhere.
 *
 * Source: "Implementing stateful Kinesis Data Streams processing in Lambda"; assumptions
 * `windows.finalState`, `windows.stateShape`, `windows.partialState`.
 *
 * @param verdict what the invocation means without windows
 * @param response parsed JSON
 */
export function windowVerdictOf(
  verdict: Verdict,
  response: unknown,
  { isFinal }: Pick<WindowPart, "isFinal">,
  policyOf: PolicyOf,
): WindowVerdict {
  if (verdict.kind !== "ok" && verdict.kind !== "checkpoint") return { verdict };
  const state = memberOf(response, "state");
  if (state === undefined) {
    if (isFinal && policyOf("windows.finalState") === "optional") return { verdict };
    return failed("the response has no state");
  }
  const isObject = typeof state === "object" && state !== null && !Array.isArray(state);
  if (!isObject && policyOf("windows.stateShape") === "object") {
    return failed(`state is ${JSON.stringify(state).slice(0, 40)}, not an object`);
  }
  if (verdict.kind === "checkpoint" && policyOf("windows.partialState") === "dropped") {
    return { verdict };
  }
  return { verdict, stateJson: JSON.stringify(state) };
}

function memberOf(response: unknown, name: string): unknown {
  if (typeof response !== "object" || response === null) return undefined;
  return (response as Record<string, unknown>)[name];
}

const failed = (reason: string): WindowVerdict => ({
  verdict: { kind: "failed", functionError: null, firstReported: false, reason },
});
