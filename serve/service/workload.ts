import { performance } from "node:perf_hooks";
import { z } from "zod";
import { Refusal } from "../../compare/failure";
import type { Finished } from "../../compare/result";
import { prepareRun } from "../../compare/systems";
import { START_AT, WORKLOAD_NAMES, type WorkloadSettings } from "../../compare/workloads";
import type { FaultCount, SimulatedAws } from "../../simulator";
import { deployedOf, placeOf, type Deployed } from "./names";
import type { Session } from "./session";
import { isoOf } from "./status";

const resource = z.strictObject({ type: z.string(), name: z.string(), id: z.string() });

export const workloadRequest = z.strictObject({
  workload: z.enum(WORKLOAD_NAMES),
  /** What the program makes of the stack's file. */
  target: z.strictObject({
    project: z.string(),
    stack: z.string(),
    accountId: z.string(),
    region: z.string(),
  }),
  resources: z.array(resource),
  outputs: z.record(z.string(), z.unknown()),
  // From the same program's command line, which has looked at them.
  settings: z.custom<WorkloadSettings>((value) => typeof value === "object" && value !== null),
});

export type WorkloadRequest = z.infer<typeof workloadRequest>;

export interface WorkloadRun {
  readonly now: string;
  readonly finished: Finished;
  readonly wallSeconds: number;
  readonly faults: readonly FaultCount[];
}

type Planned = z.infer<typeof resource>;

/**
 * Runs a workload on what is deployed of a stack. The account begins anew for it: records name their times, failures
 * have theirs, and what was there before would be counted.
 *
 * @throws Refusal if the stack is not what its file makes of it, or not alone
 */
export async function runWorkload(
  session: Session,
  { outputs, resources, settings, target, workload }: WorkloadRequest,
): Promise<WorkloadRun> {
  const startedAt = performance.now();
  const deployed = matching(session.account, target, resources);
  const { faults, run } = prepareRun(workload, session.options.seed, settings, outputs);
  await session.beginAnew({
    synthesis: { target, resources: deployed, outputs },
    faults,
    startAt: START_AT,
  });
  const { account } = session;
  const finished = await run(account);
  const wallSeconds = Math.round(performance.now() - startedAt) / 1_000;
  return { now: isoOf(account.now), finished, wallSeconds, faults: account.faults() };
}

/** All that is deployed: the stack's in the order of its program, so that the engine's order changes no run. */
function matching(
  account: SimulatedAws,
  { project, stack }: WorkloadRequest["target"],
  planned: readonly Planned[],
): Deployed[] {
  const isOwn = (each: Deployed): boolean => {
    const place = placeOf(each);
    return place.stack === stack && place.project === project;
  };
  const own = new Map(account.resources.filter(isOwn).map((each) => [keyOf(each), each]));
  if (own.size === 0) {
    throw new Refusal(
      `Nothing of the stack ${stack} is deployed here: \`pulumi up --stack ${stack}\` first.`,
    );
  }
  const wanted = new Set(planned.map(keyOf));
  refuseDifference(
    stack,
    [...wanted].filter((key) => !own.has(key)),
    [...own.keys()].filter((key) => !wanted.has(key)),
  );
  const others = account.resources.filter((each) => !isOwn(each));
  refuseNamesakes(account, isOwn, stack);
  return [...planned.map((each) => own.get(keyOf(each))!), ...others];
}

const keyOf = ({ id, name, type }: Planned): string => `${type} ${name} (${id})`;

const LISTED_MAX = 10;

function refuseDifference(
  stack: string,
  missing: readonly string[],
  surplus: readonly string[],
): void {
  if (missing.length + surplus.length === 0) return;
  const lines = [
    ...missing.map((key) => `  not deployed: ${key}`),
    ...surplus.map((key) => `  not in the program: ${key}`),
  ];
  const more = lines.length > LISTED_MAX ? [`  and ${lines.length - LISTED_MAX} more`] : [];
  throw new Refusal(
    [
      `What is deployed of ${stack} is not what Pulumi.${stack}.yaml makes of the program: ` +
        `\`pulumi up --stack ${stack}\` first.`,
      ...lines.slice(0, LISTED_MAX),
      ...more,
    ].join("\n"),
  );
}

/** A run is scored by the names that functions have in the program. */
function refuseNamesakes(
  account: SimulatedAws,
  isOwn: (each: Deployed) => boolean,
  stack: string,
): void {
  const functions = deployedOf(account, "function");
  const names = new Set(functions.filter(isOwn).map(({ name }) => name));
  const namesakes = functions.filter((each) => !isOwn(each) && names.has(each.name));
  const stacks = [...new Set(namesakes.map((each) => placeOf(each).stack))].sort();
  if (stacks.length === 0) return;
  throw new Refusal(
    `${stacks.join(", ")} ${stacks.length === 1 ? "has" : "have"} functions of the same names as ${stack}, and a ` +
      "workload is scored by them: `pulumi destroy` the others, or give each stack an account of its own " +
      "(--port, --control-port).",
  );
}
