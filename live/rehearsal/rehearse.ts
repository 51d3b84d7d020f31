import { KinesisClient } from "@aws-sdk/client-kinesis";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Account, Fault } from "../../compare/account";
import { createWorkload } from "../../compare/aggregation/create";
import { driveWorkload } from "../../compare/aggregation/run";
import { scoreRun } from "../../compare/aggregation/scoring";
import { Refusal } from "../../compare/failure";
import { createOrderWorkload } from "../../compare/orders/create";
import { orderFaults } from "../../compare/orders/faults";
import { driveOrders } from "../../compare/orders/run";
import { scoreOrders } from "../../compare/orders/scoring";
import type { RunResult } from "../../compare/result";
import { settleWithin } from "../../compare/waiting";
import type { WorkloadName, WorkloadSettings } from "../../compare/workloads";
import type { RedriveEnvironment } from "../redrive/environment";
import { Interrupted, Journal, type Copy } from "../redrive/journal";
import { redrive, type RedriveReport } from "../redrive/redrive";
import { sourcesOf } from "../redrive/sources";

/** What a rehearsal needs of a simulated account besides what a run does. */
export interface MendableAccount extends Account {
  endFaults(): void;
}

/** A run that can be looked at again whenever it has settled. */
export interface RedrivableRun {
  readonly faults: readonly Fault[];
  /** Runs the workload to its end. Resolves to what accounts for it, copies of records included. */
  readonly drive: (account: Account) => Promise<(copies: readonly Copy[]) => Promise<Scored>>;
}

/** A run's score, as far as a redrive can change it. */
export type Scored = Pick<RunResult, "exact" | "consistent" | "records" | "orders" | "assumptions">;

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

/**
 * The run of a workload, on whichever system it is for.
 *
 * @throws Refusal for a workload whose records nobody can tell apart once they are copied
 */
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
  if (workload !== "burst" && workload !== "poison") {
    throw new Refusal(`--workload ${workload}: only burst, poison and orders can be redriven.`);
  }
  const puts = createWorkload(workload, seed, settings);
  return {
    faults: puts.faults,
    drive: async (account) => {
      const { run } = await driveWorkload(account, puts);
      return (copies) => scoreRun({ ...run, copies });
    },
  };
}

/**
 * Runs a workload, mends what made it fail, redrives, and scores both times. What nothing can process stays bad.
 *
 * @param account just started, with the run's faults
 * @param interruptAfter breaks the redrive off after so many items, and starts it again. @default it is not broken off
 */
export async function rehearse(
  account: MendableAccount,
  run: RedrivableRun,
  { interruptAfter }: { readonly interruptAfter?: number } = {},
): Promise<Rehearsal> {
  const score = await run.drive(account);
  const before = await score([]);
  account.endFaults();
  const environment = environmentOf(account);
  const sources = sourcesOf(account.outputs);
  const copies: Copy[] = [];
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
    if (isBrokenOff) brokenOff = { replayed: { ...journal.counts } };
  }
  const report = await redrive(environment, sources);
  copies.push(...report.copies);
  await environment.settled();
  const after = await score(copies);
  return { before, after, report, ...(brokenOff && { brokenOff }) };
}

/** Clients and time of a simulated account. */
export function environmentOf(account: Account): RedriveEnvironment {
  return {
    kinesis: account.client(KinesisClient),
    lambda: account.client(LambdaClient),
    s3: account.client(S3Client),
    sqs: account.client(SQSClient),
    wait: (seconds) => account.advance({ seconds }),
    settled: () => settleWithin(account, SETTLING_S_MAX),
  };
}
