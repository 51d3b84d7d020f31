import type { Fault, FaultCount, Invocation, SimulatedAws } from "../../simulator";

type Counted = Pick<FaultCount, "fault" | "planned" | "hit">;
type Kind = Fault["kind"];

/** Kinds whose every hit ends one invocation in a way that nothing else does, and how to tell. */
const TRACES: readonly {
  readonly kinds: readonly Kind[];
  readonly isTrace: (invocation: Invocation, faults: readonly Fault[]) => boolean;
}[] = [
  {
    kinds: ["before-effect", "down"],
    isTrace: ({ error }) => error?.errorMessage === "A fault of the plan (before-effect).",
  },
  {
    kinds: ["after-commit"],
    isTrace: ({ error }) => error?.errorMessage === "A fault of the plan (after-commit).",
  },
  { kinds: ["kill"], isTrace: ({ outcome }) => outcome === "killed" },
  { kinds: ["timeout"], isTrace: ({ outcome }) => outcome === "timeout" },
  {
    kinds: ["throttle"],
    // Reserved concurrency throttles, too, but within the interval all of it is the fault's doing.
    isTrace: ({ outcome, startedAt }, faults) =>
      outcome === "throttled" &&
      faults.some(
        ({ from = -Infinity, until = Infinity }) => from <= startedAt && startedAt < until,
      ),
  },
];

/** Faults that name their targets, and did not hit them all; one line each. */
export function missedFaults(counts: readonly Counted[]): string[] {
  return counts.flatMap(({ fault, hit, planned }) => {
    const isNamed = fault.at !== undefined || fault.match !== undefined;
    if (isNamed ? hit === planned : hit <= planned) return [];
    return [`${fault.kind} of ${fault.function}: ${planned} planned, ${hit} hit`];
  });
}

/** Where the faults that hit, and what the invocations tell, differ by even one; one line each. */
export function miscountedFaults(
  account: Pick<SimulatedAws, "invocations">,
  counts: readonly Counted[],
): string[] {
  const functions = [...new Set(counts.map(({ fault }) => fault.function))];
  return functions.flatMap((name) =>
    TRACES.flatMap(({ isTrace, kinds }) => {
      const counted = counts.filter(
        ({ fault }) => fault.function === name && kinds.includes(fault.kind),
      );
      const hits = counted.reduce((sum, { hit }) => sum + hit, 0);
      const faults = counted.map(({ fault }) => fault);
      const traces = account.invocations(name).filter((each) => isTrace(each, faults)).length;
      if (hits === traces) return [];
      return [`${kinds.join(", ")} of ${name}: ${hits} hit, ${traces} seen`];
    }),
  );
}
