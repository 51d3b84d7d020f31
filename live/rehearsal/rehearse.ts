import { KinesisClient } from "@aws-sdk/client-kinesis";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Account, Fault } from "../../compare/account";
import { createWorkload } from "../../compare/aggregation/create";
import { driveWorkload } from "../../compare/aggregation/run";
import { scoreRun } from "../../compare/aggregation/scoring";
import { createThingWorkload } from "../../compare/errors/create";
import { driveThings } from "../../compare/errors/run";
import { scoreThings } from "../../compare/errors/scoring";
import type { Knobs } from "../../compare/knobs";
import { createOrderWorkload } from "../../compare/orders/create";
import { orderFaults } from "../../compare/orders/faults";
import { driveOrders } from "../../compare/orders/run";
import { scoreOrders } from "../../compare/orders/scoring";
import type { RunResult } from "../../compare/result";
import { settleWithin } from "../../compare/waiting";
import { createTripWorkload } from "../../compare/windows/create";
import { driveTrips } from "../../compare/windows/run";
import { scoreTrips } from "../../compare/windows/scoring";
import type { WorkloadName, WorkloadSettings } from "../../compare/workloads";
import type { RedriveEnvironment } from "../redrive/environment";
import { Interrupted, Journal, type Copy } from "../redrive/journal";
import { redrive, type RedriveReport } from "../redrive/redrive";
import { sourcesOf } from "../redrive/sources";

/** What a rehearsal needs of a simulated account besides what a run does. */
export interface MendableAccount extends Account {
  endFaults(): void;
}

/** What redrives have done, as far as a score depends on it. */
export type Replays = Pick<RedriveReport, "copies" | "taken">;

/** A run that can be looked at again whenever it has settled. */
export interface RedrivableRun {
  readonly faults: readonly Fault[];
  /** Runs the workload to its end. Resolves to what accounts for it, and for what was replayed. */
  readonly drive: (account: Account) => Promise<(replays: Replays) => Promise<Scored>>;
}

/** A run's score, as far as a redrive can change it. */
export type Scored = Pick<
  RunResult,
  "exact" | "consistent" | "records" | "orders" | "trips" | "errors" | "assumptions"
>;

/** A run, before and after its dead letters were replayed. */
export interface Rehearsal {
  readonly before: Scored;
  readonly after: Scored;
  /** Of the last redrive, which went to its end. */
  readonly report: RedriveReport;
  /** What the one before had replayed when it was broken off. */
  readonly brokenOff?: { readonly replayed: RedriveReport["replayed"] };
}

/** Longer than any retry of a stack that gives records up at all. */
const SETTLING_S_MAX = 12 * 3_600;

/** Settings that make a consumer fail by itself, as they are when that is mended; faults end in any case. */
export const MENDED: Readonly<Partial<Record<WorkloadName, Knobs>>> = {
  errors: { "errorlab.timeoutPercent": 0, "errorlab.infrastructureRecoversPercent": 100 },
};

/** The run of a workload, on whichever system it is for. */
export function redrivableRun(
  workload: WorkloadName,
  seed: number,
  settings: WorkloadSettings,
  outputs: Readonly<Record<string, unknown>>,
): RedrivableRun {
  if (workload === "orders") {
    const orders = createOrderWorkload(seed, settings);
    return {
      faults: orderFaults(settings, outputs),
      drive: async (account) => {
        const { run } = await driveOrders(account, orders, seed);
        return () => scoreOrders(run);
      },
    };
  }
  if (workload === "trips") {
    const trips = createTripWorkload(seed, settings);
    return {
      faults: trips.faults,
      drive: async (account) => {
        const { run } = await driveTrips(account, trips);
        return () => scoreTrips(run);
      },
    };
  }
  if (workload === "errors") {
    const things = createThingWorkload(seed, settings);
    return {
      faults: things.faults,
      drive: async (account) => {
        const { run } = await driveThings(account, things);
        return ({ taken }) => scoreThings({ ...run, taken });
      },
    };
  }
  const puts = createWorkload(workload, seed, settings);
  return {
    faults: puts.faults,
    drive: async (account) => {
      const { run } = await driveWorkload(account, puts);
      return ({ copies }) => scoreRun({ ...run, copies });
    },
  };
}

export interface RehearsalOptions {
  /** Breaks the redrive off after so many items, and starts it again. @default it is not broken off */
  readonly interruptAfter?: number;
  /** Deploys what mends the consumer, see {@link MENDED}. @default nothing is deployed */
  readonly mend?: () => Promise<unknown>;
}

/**
 * Runs a workload, mends what made it fail, redrives, and scores both times. What nothing can process stays bad.
 *
 * @param account just started, with the run's faults
 */
export async function rehearse(
  account: MendableAccount,
  run: RedrivableRun,
  { interruptAfter, mend }: RehearsalOptions = {},
): Promise<Rehearsal> {
  const score = await run.drive(account);
  const before = await score({ copies: [], taken: [] });
  account.endFaults();
  await mend?.();
  const environment = environmentOf(account);
  const sources = sourcesOf(account.outputs);
  const copies: Copy[] = [];
  const taken: string[] = [];
  let brokenOff: Rehearsal["brokenOff"];
  if (interruptAfter !== undefined) {
    const journal = new Journal(interruptAfter);
    const isBrokenOff = await redrive(environment, sources, {}, journal).then(
      () => false,
      (cause: unknown) => {
        if (cause instanceof Interrupted) return true;
        throw cause;
      },
    );
    copies.push(...journal.copies);
    taken.push(...journal.taken);
    if (isBrokenOff) brokenOff = { replayed: { ...journal.counts } };
  }
  const report = await redrive(environment, sources);
  copies.push(...report.copies);
  taken.push(...report.taken);
  await environment.settled();
  const after = await score({ copies, taken });
  return { before, after, report, ...(brokenOff && { brokenOff }) };
}

/** Clients and time of a simulated account. */
export function environmentOf(account: Account): RedriveEnvironment {
  return {
    kinesis: account.client(KinesisClient),
    lambda: account.client(LambdaClient),
    s3: account.client(S3Client),
    sqs: account.client(SQSClient),
    now: () => account.now,
    wait: (seconds) => account.advance({ seconds }),
    settled: () => settleWithin(account, SETTLING_S_MAX),
  };
}
