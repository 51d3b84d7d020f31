import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { RedriveEnvironment } from "./environment";

/** Why a function did not do something. */
export interface Failure {
  readonly why: string;
}

/** Lambda takes 6 MB at once; base64 is counted, framing is not. */
const BYTES_PER_EVENT = 4 * 1024 * 1024;
const RECORDS_PER_EVENT = 1_000;

/** Invokes a function, and waits for its answer: what it answers, or why it failed. */
export async function invoke(
  { lambda }: Pick<RedriveEnvironment, "lambda">,
  name: string,
  event: object,
): Promise<{ readonly answer: unknown; readonly error?: string }> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const text = Buffer.from(Payload ?? []).toString();
  const answer: unknown = text === "" ? undefined : JSON.parse(text);
  if (FunctionError === undefined) return { answer };
  const { errorMessage, errorType } = answer as { errorMessage?: string; errorType?: string };
  return { answer, error: `${errorType ?? FunctionError}: ${errorMessage ?? "no message"}` };
}

/** Why a function did not do all of an event's records; undefined if it did. */
export async function failureOf(
  environment: Pick<RedriveEnvironment, "lambda">,
  functionArn: string,
  event: { readonly Records: readonly unknown[] },
): Promise<Failure | undefined> {
  if (event.Records.length === 0) return undefined;
  const { answer, error } = await invoke(environment, functionArn, event);
  if (error !== undefined) return { why: error };
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: unknown[] };
  return batchItemFailures.length === 0 ? undefined : { why: "The function names it as failed." };
}

/**
 * Gives records to a function: together, or, if it fails on them, each for itself, so that one that is bad keeps no
 * other from being done.
 */
export async function failuresAmong(
  environment: Pick<RedriveEnvironment, "lambda">,
  functionArn: string,
  records: readonly object[],
): Promise<Failure[]> {
  if ((await failureOf(environment, functionArn, { Records: records })) === undefined) return [];
  const failures: Failure[] = [];
  for (const record of records) {
    const failure = await failureOf(environment, functionArn, { Records: [record] });
    if (failure) failures.push(failure);
  }
  return failures;
}

/** Cuts records into what fits one event, in order. */
export function eventsOf<R extends { readonly kinesis: { readonly data: string } }>(
  records: readonly R[],
): R[][] {
  const events: R[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const { length } = record.kinesis.data;
    if (bytes + length > BYTES_PER_EVENT || events.at(-1)!.length === RECORDS_PER_EVENT) {
      events.push([]);
      bytes = 0;
    }
    events.at(-1)!.push(record);
    bytes += length;
  }
  return events;
}
