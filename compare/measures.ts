import type { Account, Invocation, Outcome, Write } from "./account";

/** What is measured of a run, whatever system it fed. */

/** The committed writes that changed something. */
export function changesOf(account: Pick<Account, "writes">, table: string): readonly Write[] {
  return account.writes(table).filter(({ changed }) => changed);
}

/** Nearest rank; null of nothing. */
export function percentile(sorted: readonly number[], percent: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

export function percentilesOf(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    p50: percentile(sorted, 50),
    p99: percentile(sorted, 99),
    max: percentile(sorted, 100),
  };
}

export function outcomesOf(invocations: readonly Invocation[]): Record<Outcome, number> {
  const counts = { ok: 0, error: 0, timeout: 0, killed: 0, throttled: 0 };
  for (const { outcome } of invocations) if (outcome !== undefined) counts[outcome] += 1;
  return counts;
}

export function maxIteratorAgeSeconds(account: Pick<Account, "mappings">): number {
  const ages = account.mappings().map(({ iteratorAgeMsMax }) => iteratorAgeMsMax);
  return Math.max(0, ...ages) / 1000;
}

/** What a scheduled run of a function costs on average, from those that were not left out. */
export function idleMbMs(account: Pick<Account, "invocations">, functionName: string): number {
  const runs = account
    .invocations(functionName)
    .filter(({ billedMs, event }) => billedMs > 0 && isScheduled(event));
  if (runs.length === 0) return 0;
  const memory = /Memory Size: (\d+) MB/.exec(runs[0]!.logs.join("\n"));
  const billedMs = runs.reduce((sum, run) => sum + run.billedMs, 0) / runs.length;
  return billedMs * Number(memory?.[1] ?? 128);
}

/** A function that a schedule invokes may have other callers. */
function isScheduled(event: unknown): boolean {
  return (event as { source?: unknown } | null)?.source === "aws.events";
}

/** The values of the assumptions that a run depended on. */
export function assumptionsOf({
  assumptions,
  assumptionsUsed,
}: Pick<Account, "assumptions" | "assumptionsUsed">): Record<string, string | number> {
  return Object.fromEntries(assumptionsUsed.map((name) => [name, assumptions[name]!]));
}
