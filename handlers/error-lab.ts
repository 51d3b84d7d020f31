import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import { allDone, stopAt, type BatchOutcome } from "./batch-outcome";
import { connectDynamoDb } from "./connect-dynamodb";
import { connectSqs } from "./connect-sqs";
import { createSendDead, type DeadReason } from "./dead-thing";
import { isOn, textFrom, wholeFrom } from "./environment";
import { failure } from "./failure";
import { createLogLine } from "./log";
import { createThingLedger, type ThingOutcome } from "./thing-ledger";
import { createReadThing, type Thing } from "./thing-messages";

const RETRY_DELAY_MS = 100;

/** A batch of the stream, or records that were taken out of DLQ, TIMEOUT or INFRA to be tried again. */
export interface ThingEvent extends KinesisStreamEvent {
  readonly redrive?: boolean;
}

/**
 * The error lab's consumer: works through a batch in order, and does to each record what its `thing_id` says. What
 * cannot be parsed goes to DLQ, what times out to TIMEOUT, each as a whole. What meets an infrastructure error either
 * ends the batch, so that the mapping tries again, or is tried again here and then goes to INFRA.
 *
 * Environment: `DLQ_URL`, `TIMEOUT_QUEUE_URL`, `INFRA_QUEUE_URL`, `INFRASTRUCTURE`, `INFRASTRUCTURE_ATTEMPTS`,
 * `INFRASTRUCTURE_RECOVERS_PERCENT`, `TIMEOUT_PERCENT`, `DEPENDENCY_TIMEOUT_MS`, `REPORT_BATCH_ITEM_FAILURES`, and
 * as `createThingLedger`.
 */
export function createErrorLabHandler(
  connect: () => DynamoDBClient = connectDynamoDb,
  connectQueues: () => SQSClient = connectSqs,
) {
  const queueFor: Record<Exclude<DeadReason, "given-up">, string> = {
    "bad-format": textFrom("DLQ_URL"),
    timeout: textFrom("TIMEOUT_QUEUE_URL"),
    infrastructure: textFrom("INFRA_QUEUE_URL"),
  };
  const attemptsHere =
    textFrom("INFRASTRUCTURE") === "handler" ? wholeFrom("INFRASTRUCTURE_ATTEMPTS") : 1;
  const givesUpHere = textFrom("INFRASTRUCTURE") === "handler";
  const recoversPercent = wholeFrom("INFRASTRUCTURE_RECOVERS_PERCENT");
  const timeoutPercent = wholeFrom("TIMEOUT_PERCENT");
  const dependencyTimeoutMs = wholeFrom("DEPENDENCY_TIMEOUT_MS");
  const partialResponses = isOn("REPORT_BATCH_ITEM_FAILURES");
  const ledger = createThingLedger(connect());
  const send = createSendDead(connectQueues());
  const readThing = createReadThing();
  const log = createLogLine();

  const drawn = (percent: number): boolean => Math.random() * 100 < percent;
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    });

  function thingIn(record: KinesisStreamRecord): Thing | undefined {
    try {
      return readThing(record.kinesis.data);
    } catch {
      return undefined;
    }
  }

  /** @throws Error with code `INFRASTRUCTURE`, for the mapping to retry */
  async function callInfrastructure(): Promise<ThingOutcome> {
    for (let attempt = 1; attempt <= attemptsHere; attempt += 1) {
      if (drawn(recoversPercent)) return "ok";
      if (attempt < attemptsHere) await wait(RETRY_DELAY_MS * 2 ** (attempt - 1));
    }
    if (givesUpHere) return "infrastructure";
    throw failure("INFRASTRUCTURE", "The infrastructure is not there.");
  }

  async function outcomeOf(thing: Thing | undefined): Promise<ThingOutcome> {
    if (thing === undefined) return "bad-format";
    if (thing.thing_id === "aa-infra") return callInfrastructure();
    if (!drawn(timeoutPercent)) return "ok";
    await wait(dependencyTimeoutMs);
    return "timeout";
  }

  /** @returns undefined if the record had its effect before */
  async function handle(
    record: KinesisStreamRecord,
    isRedriven: boolean,
  ): Promise<ThingOutcome | undefined> {
    if (await ledger.isDone(record, isRedriven)) return undefined;
    const outcome = await outcomeOf(thingIn(record));
    if (outcome !== "ok") {
      const { eventID: eventId, kinesis } = record;
      await send(queueFor[outcome], { reason: outcome, eventId, record: kinesis });
    }
    await ledger.note(record, outcome);
    return outcome;
  }

  return async (event: ThingEvent): Promise<BatchOutcome> => {
    const counts: Record<string, number> = {};
    for (const record of event.Records) {
      try {
        const outcome = (await handle(record, event.redrive === true)) ?? "repeated";
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      } catch (cause) {
        return stopAt(record.kinesis.sequenceNumber, cause, partialResponses, "errorlab");
      }
    }
    log("info", "things handled", { records: event.Records.length, ...counts });
    return allDone();
  };
}
