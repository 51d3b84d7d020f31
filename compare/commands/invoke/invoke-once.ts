import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type {
  AssumptionValues,
  CommittedWrite,
  Deployment,
  Invocation,
  SimulatedAws,
} from "../../../simulator";
import { prepareAccount, unfed } from "./prepare-account";
import type { SampleEvent } from "./sample-events";

/** One invocation, and what it did. */
export interface InvocationReport {
  readonly outcome: NonNullable<Invocation["outcome"]>;
  readonly version: string;
  readonly response?: unknown;
  readonly error?: Invocation["error"];
  /** From the call to the answer, a cold start included. */
  readonly durationMs: number;
  readonly billedMs: number;
  readonly memoryMb: number;
  readonly logs: readonly string[];
  /** SDK calls that it and the functions it called made, in the order of the first of each. */
  readonly calls: readonly { readonly operation: string; readonly times: number }[];
  /** Committed writes to tables, by logical name. */
  readonly writes: readonly TableWrite[];
}

export interface TableWrite {
  readonly table: string;
  readonly operation: string;
  readonly key: CommittedWrite["key"];
  readonly before?: CommittedWrite["before"];
  readonly after?: CommittedWrite["after"];
}

const FUNCTION = "aws:lambda/function:Function";
const TABLE = "aws:dynamodb/table:Table";

/** The functions of a stack by their names in the program, sorted. */
export function functionNames({ resources }: Deployment): string[] {
  const functions = resources.filter(({ type }) => type === FUNCTION);
  return functions.map(({ name }) => name).sort();
}

/** Invokes a function once, in an account in which nothing else invokes it. */
export async function invokeOnce(
  whole: Deployment,
  functionName: string,
  sample: SampleEvent,
  options: { readonly seed: number; readonly assumptions: AssumptionValues },
): Promise<InvocationReport> {
  const deployment = unfed(whole);
  const { resources, synthesis } = deployment;
  const account = await deployment.start(options);
  const event = await prepareAccount(account, synthesis, sample);
  const { id, inputs } = resources.find(
    ({ name, type }) => type === FUNCTION && name === functionName,
  )!;
  const tables = resources.filter(({ type }) => type === TABLE).map(({ name }) => name);
  const before = new Map(tables.map((name) => [name, account.writes(name).length]));
  const from = account.trace.entries.length;
  // A throttled invocation is an error of the call; everything else is told by the invocation itself.
  const Payload = Buffer.from(JSON.stringify(event));
  await account
    .client(LambdaClient)
    .send(new InvokeCommand({ FunctionName: id, Payload }))
    .catch(ignoreThrottling);
  const invocation = account.invocations(functionName).at(-1)!;
  const { billedMs, endedAt, error, logs, outcome, response, startedAt, version } = invocation;
  return {
    outcome: outcome!,
    version,
    ...(outcome === "ok" && { response }),
    ...(error && { error }),
    durationMs: endedAt! - startedAt,
    billedMs,
    memoryMb: Number(inputs["memorySize"]),
    logs: [...logs],
    calls: callsSince(account, from),
    writes: tables.flatMap((table) => writesSince(account, table, before.get(table)!)),
  };
}

function ignoreThrottling(cause: unknown): void {
  if ((cause as Error).name !== "TooManyRequestsException") throw cause;
}

function writesSince(account: SimulatedAws, table: string, from: number): TableWrite[] {
  return account
    .writes(table)
    .slice(from)
    .filter(({ changed }) => changed)
    .map(({ after, before, key, operation }) => ({
      table,
      operation,
      key,
      ...(before && { before }),
      ...(after && { after }),
    }));
}

/** The first call is ours. */
function callsSince({ trace }: SimulatedAws, from: number): InvocationReport["calls"] {
  const counts = new Map<string, number>();
  const labels = trace.entries.slice(from).map(({ label }) => label);
  const arrivals = labels.flatMap((label) => /^(\w+\.\w+) arrives$/.exec(label)?.[1] ?? []);
  for (const operation of arrivals.slice(1)) {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  return [...counts].map(([operation, times]) => ({ operation, times }));
}
