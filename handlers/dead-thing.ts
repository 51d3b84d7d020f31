import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { KinesisStreamRecordPayload } from "aws-lambda";

/**
 * Why a record is in one of the error lab's queues: it cannot be parsed, its dependency timed out, its infrastructure
 * error did not pass, or the mapping gave it up in the company of one of these.
 */
export type DeadReason = "bad-format" | "timeout" | "infrastructure" | "given-up";

/** A message of the queues DLQ, TIMEOUT and INFRA, as JSON: the record itself, and why it is there. */
export interface DeadThing {
  readonly reason: DeadReason;
  /** `<shardId>:<sequenceNumber>`. Messages may come twice; this tells copies. */
  readonly eventId: string;
  /** As Lambda delivered it: data in base64, arrival in seconds since the epoch. */
  readonly record: KinesisStreamRecordPayload;
  /** Why the mapping gave it up; absent where the function did. */
  readonly condition?: string;
  /**
   * False where the mapping's dead letter names a range that holds more records than were given up: this one may have
   * been processed.
   */
  readonly certain?: boolean;
}

/** A message of DLQ that stands for records which were gone from the stream before they could be fetched. */
export interface GoneThings {
  readonly reason: "gone";
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly missing: number;
}

/** Makes the function that puts a message into a queue. */
export function createSendDead(
  client: SQSClient,
): (queueUrl: string, message: DeadThing | GoneThings) => Promise<void> {
  const Send = SendMessageCommand;
  return async (QueueUrl, message) => {
    await client.send(new Send({ QueueUrl, MessageBody: JSON.stringify(message) }));
  };
}
