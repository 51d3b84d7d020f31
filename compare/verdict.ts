import { addendumOf, AGGREGATION_RULES } from "./aggregation/verdict";
import { errorAddendumOf, ERROR_RULES } from "./errors/verdict";
import { orderAddendumOf, ORDER_RULES } from "./orders/verdict";
import type { Judged } from "./verdict-rule";
import { tripAddendumOf, TRIP_RULES } from "./windows/verdict";
import { SYSTEM_OF } from "./workloads";

const BY_SYSTEM = {
  aggregation: { rules: AGGREGATION_RULES, addendumOf },
  orders: { rules: ORDER_RULES, addendumOf: orderAddendumOf },
  windows: { rules: TRIP_RULES, addendumOf: tripAddendumOf },
  errorlab: { rules: ERROR_RULES, addendumOf: errorAddendumOf },
} as const;

/** The name of the rule that a run's verdict is given by: the same whatever the numbers in the sentence. */
export function verdictRuleOf(run: Judged): string {
  return BY_SYSTEM[SYSTEM_OF[run.workload]].rules.find(({ applies }) => applies(run))!.name;
}

/** One sentence on a run: of the first rule of its system that applies, and what it must not hide. */
export function verdictOf(run: Judged): string {
  const { addendumOf: more, rules } = BY_SYSTEM[SYSTEM_OF[run.workload]];
  const sentence = rules.find(({ applies }) => applies(run))!.says(run);
  const addendum = more(run);
  return addendum === undefined ? sentence : `${sentence.slice(0, -1)}; ${addendum}.`;
}
