import { addendumOf, AGGREGATION_RULES } from "./aggregation/verdict";
import { orderAddendumOf, ORDER_RULES } from "./orders/verdict";
import type { RunJson } from "./result";
import { SYSTEM_OF } from "./workloads";

/** What a verdict is made from. */
export type Judged = Omit<RunJson, "verdict" | "trace" | "costUsd">;

/** A rule: what it is about, when it applies, and what it says. */
export interface Rule {
  readonly name: string;
  readonly applies: (run: Judged) => boolean;
  readonly says: (run: Judged) => string;
}

const BY_SYSTEM = {
  aggregation: { rules: AGGREGATION_RULES, addendumOf },
  orders: { rules: ORDER_RULES, addendumOf: orderAddendumOf },
} as const;

/** One sentence on a run: of the first rule of its system that applies, and what it must not hide. */
export function verdictOf(run: Judged): string {
  const { addendumOf: more, rules } = BY_SYSTEM[SYSTEM_OF[run.workload]];
  const sentence = rules.find(({ applies }) => applies(run))!.says(run);
  const addendum = more(run);
  return addendum === undefined ? sentence : `${sentence.slice(0, -1)}; ${addendum}.`;
}
