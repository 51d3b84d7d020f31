import type { DeadThing, GoneThings } from "../../handlers/dead-thing";
import type { Account } from "../account";
import { messagesOf } from "../drained";
import type { ErrorLabTopology } from "./topology";

export const QUEUES = ["dlq", "timeout", "infra"] as const;
export type Queue = (typeof QUEUES)[number];

/** A record in one of the three queues. */
export interface QueuedThing {
  readonly queue: Queue;
  readonly reason: DeadThing["reason"];
  readonly eventId: string;
  /** The record's data as the message holds it. */
  readonly data: string;
  /** The mapping gave it up; otherwise the consumer did. */
  readonly isGivenUp: boolean;
}

/** Records that were gone from the stream before they could be fetched. */
export type Gone = Pick<GoneThings, "shardId" | "startSequenceNumber" | "endSequenceNumber">;

/** What the queues DLQ, TIMEOUT and INFRA hold. */
export async function readQueues(
  account: Account,
  topology: ErrorLabTopology,
): Promise<{ readonly things: readonly QueuedThing[]; readonly gone: readonly Gone[] }> {
  const urls: Readonly<Record<Queue, string>> = {
    dlq: topology.errorlabDlqUrl,
    timeout: topology.errorlabTimeoutQueueUrl,
    infra: topology.errorlabInfraQueueUrl,
  };
  const things: QueuedThing[] = [];
  const gone: Gone[] = [];
  for (const queue of QUEUES) {
    for (const { Body } of await messagesOf(account, urls[queue])) {
      const message = JSON.parse(Body!) as DeadThing | GoneThings;
      if (message.reason === "gone") {
        gone.push(message);
        continue;
      }
      const { condition, eventId, reason, record } = message;
      const data = Buffer.from(record.data, "base64").toString("utf8");
      things.push({ queue, reason, eventId, data, isGivenUp: condition !== undefined });
    }
  }
  return { things, gone };
}
