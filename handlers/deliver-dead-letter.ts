import type { SQSClient } from "@aws-sdk/client-sqs";
import { createSendDead } from "./dead-thing";
import { textFrom } from "./environment";
import { createLogLine } from "./log";
import type { GivenUp, StreamDeadLetter } from "./stream-dead-letter";
import { createReadThing } from "./thing-messages";

/**
 * Puts the records of a dead letter, whole, where people look for them: `aa-infra` into INFRA, all others into DLQ. What
 * is missing from the dead letter's batch is said in DLQ.
 */
export type DeliverDeadLetter = (
  letter: StreamDeadLetter,
  records: readonly GivenUp[],
) => Promise<void>;

/** Environment: `DLQ_URL`, `INFRA_QUEUE_URL`. */
export function createDeliverDeadLetter(client: SQSClient): DeliverDeadLetter {
  const deadLetters = textFrom("DLQ_URL");
  const infrastructure = textFrom("INFRA_QUEUE_URL");
  const send = createSendDead(client);
  const readThing = createReadThing();
  const log = createLogLine();

  function isInfrastructure({ record }: GivenUp): boolean {
    try {
      return readThing(record.data).thing_id === "aa-infra";
    } catch {
      return false;
    }
  }

  return async ({ KinesisBatchInfo: info, requestContext: { condition } }, records) => {
    const { batchSize, endSequenceNumber, shardId, startSequenceNumber } = info;
    const certain = records.length <= batchSize;
    for (const givenUp of records) {
      const reason = isInfrastructure(givenUp) ? "infrastructure" : "given-up";
      const queue = reason === "infrastructure" ? infrastructure : deadLetters;
      await send(queue, { reason, ...givenUp, condition, certain });
    }
    const missing = Math.max(0, batchSize - records.length);
    if (missing > 0) {
      const range = { shardId, startSequenceNumber, endSequenceNumber };
      await send(deadLetters, { reason: "gone", ...range, missing });
    }
    const level = missing > 0 ? "error" : "info";
    log(level, "dead letter resolved", { shardId, records: records.length, missing, certain });
  };
}
