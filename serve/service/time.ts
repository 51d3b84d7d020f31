import { z } from "zod";
import type { Invocation, SimulatedAws } from "../../simulator";
import { deployedOf, placeOf, type Deployed } from "./names";
import type { Session } from "./session";
import { isoOf } from "./status";

export const advanceRequest = z.strictObject({ seconds: z.number().min(0) });
export const settleRequest = z.strictObject({ withinSeconds: z.number().min(0) });

export type OutcomeName = NonNullable<Invocation["outcome"]> | "running";

/** What a time that passed has brought. */
export interface Passed {
  /** Virtual time, ISO 8601. */
  readonly now: string;
  readonly seconds: number;
  /** Functions that were invoked meanwhile, or whose invocations ended. */
  readonly functions: readonly {
    readonly stack: string;
    readonly function: string;
    readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  }[];
  /** What is waiting, a line each. */
  readonly pending: readonly string[];
  /** Of `settle`: nothing is left to be done. */
  readonly settled?: boolean;
}

export function advance(session: Session, { seconds }: z.infer<typeof advanceRequest>) {
  return pass(session.account, (account) => account.advance({ seconds }));
}

/** Goes on until nothing is left to be done; what is not settled by then is no error of the account's. */
export async function settle(
  session: Session,
  { withinSeconds }: z.infer<typeof settleRequest>,
): Promise<Passed> {
  let settled = true;
  const passed = await pass(session.account, async (account) => {
    const untilMs = account.now + Math.round(withinSeconds * 1_000);
    try {
      await account.settle({ withinSeconds });
    } catch (cause) {
      // Before its time is over, it is the simulation that failed.
      if (account.now < untilMs) throw cause;
      settled = false;
    }
  });
  return { ...passed, settled };
}

async function pass(
  account: SimulatedAws,
  work: (account: SimulatedAws) => Promise<void>,
): Promise<Passed> {
  const startMs = account.now;
  const before = new Map(
    deployedOf(account, "function").map((fn) => [fn.id, endedOf(account, fn)]),
  );
  await work(account);
  const functions = deployedOf(account, "function").flatMap((fn) => {
    const seen = before.get(fn.id) ?? new Set();
    const outcomes: Partial<Record<OutcomeName, number>> = {};
    for (const invocation of invocationsOf(account, fn)) {
      if (seen.has(invocation)) continue;
      const outcome = invocation.outcome ?? "running";
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    if (Object.keys(outcomes).length === 0) return [];
    return [{ stack: placeOf(fn).stack, function: fn.name, outcomes }];
  });
  const seconds = (account.now - startMs) / 1_000;
  return { now: isoOf(account.now), seconds, functions, pending: account.pending() };
}

/** Of a function by its ARN: two stacks may have functions of the same name. */
export function invocationsOf(account: SimulatedAws, fn: Deployed): readonly Invocation[] {
  return account.invocations(String(fn.outputs["arn"]));
}

function endedOf(account: SimulatedAws, fn: Deployed): Set<Invocation> {
  return new Set(invocationsOf(account, fn).filter(({ outcome }) => outcome !== undefined));
}
