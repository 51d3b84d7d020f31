import { conservationCheck } from "../../compare/aggregation/oracles";
import { topologyOf } from "../../compare/aggregation/topology";
import type { Fault } from "../../compare/account";
import { stockConservation } from "../../compare/orders/oracles";
import { orderTopologyOf } from "../../compare/orders/topology";
import {
  DEFAULT_SETTINGS,
  START_AT,
  SYSTEM_OF,
  type WorkloadName,
  type WorkloadSettings,
} from "../../compare/workloads";
import type { RedriveEnvironment } from "../../live/redrive/environment";
import { redrivableRun, rehearse, type Rehearsal } from "../../live/rehearsal/rehearse";
import { synthesize, type Deployment, type SimulatedAws } from "../../simulator";
import { PROJECT } from "../support/trial";

export type Workload = Exclude<WorkloadName, "burst">;

/** A stack as the comparison deploys it for a workload: the one system, and config over the stack file's. */
export function deployed(
  stack: string,
  workload: Workload,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Deployment> {
  return synthesize(PROJECT, { stack, config: configOf(workload, config) });
}

function configOf(
  workload: Workload,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { "redrive:systems": [SYSTEM_OF[workload]], ...config };
}

/** Small, with one record or event that nothing can process. */
const SMALL: WorkloadSettings = {
  ...DEFAULT_SETTINGS,
  messages: 400,
  orders: 60,
  trips: 400,
  things: 60,
  poisonRecords: 1,
};

export interface Rehearsed {
  readonly account: SimulatedAws;
  readonly rehearsal: Rehearsal;
}

export interface Conditions {
  readonly workload: Workload;
  readonly seed?: number;
  readonly settings?: Partial<WorkloadSettings>;
  readonly interruptAfter?: number;
  /** Faults besides the workload's. */
  readonly faults?: readonly Fault[];
  /** What left the outbox, or the stock, is checked after every event. @default true, where there is one */
  readonly conserving?: boolean;
  /** Deployed after the run, over the workload's system. @default nothing */
  readonly mended?: { readonly stack: string; readonly config: Readonly<Record<string, unknown>> };
}

/** One run, redriven. */
export async function rehearsed(
  deployment: Deployment,
  conditions: Conditions,
): Promise<Rehearsed> {
  const { conserving = true, faults = [], interruptAfter, mended, seed = 1 } = conditions;
  const { workload } = conditions;
  const settings = { ...SMALL, ...conditions.settings };
  const run = redrivableRun(workload, seed, settings, deployment.outputs);
  const all = [...run.faults, ...faults];
  const account = await deployment.start({ seed, faults: all, startAt: START_AT });
  const check = conserving ? conservationOf(account, workload) : undefined;
  if (check) account.onEventDone(check);
  const mend =
    mended &&
    (() =>
      account.update(PROJECT, { stack: mended.stack, config: configOf(workload, mended.config) }));
  return { account, rehearsal: await rehearse(account, run, { interruptAfter, mend }) };
}

function conservationOf(account: SimulatedAws, workload: Workload): (() => void) | undefined {
  if (workload === "orders") return stockConservation(account, orderTopologyOf(account.outputs));
  if (workload === "poison") return conservationCheck(account, topologyOf(account.outputs));
  return undefined;
}

interface Client {
  send(command: object): Promise<unknown>;
}

/** How the connection broke: the call may have taken effect all the same. */
export interface Break {
  /** 1 = the first call. */
  readonly atCall: number;
  readonly tookEffect: boolean;
}

/** The same environment, with one call that breaks. */
export function breaking(
  environment: RedriveEnvironment,
  { atCall, tookEffect }: Break,
): RedriveEnvironment {
  let calls = 0;
  const broken = <C extends object>(client: C): C =>
    ({
      send: async (command: object) => {
        calls += 1;
        const isIt = calls === atCall;
        if (isIt && !tookEffect) throw new Error("broken before");
        const answer = await (client as Client).send(command);
        if (isIt) throw new Error("broken after");
        return answer;
      },
    }) as unknown as C;
  const { kinesis, lambda, s3, sqs } = environment;
  return {
    ...environment,
    kinesis: broken(kinesis),
    lambda: broken(lambda),
    s3: broken(s3),
    sqs: broken(sqs),
  };
}
