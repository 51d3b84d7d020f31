import type { Account } from "../account";
import { objectsOf, messagesOf } from "../drained";
import type { Topology } from "./topology";

/** Where a batch came from that a mapping gave up. */
export interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly batchSize: number;
  readonly streamArn: string;
}

/** What an event source mapping writes to its OnFailure destination. */
export interface DeadLetter {
  readonly requestContext: {
    readonly requestId: string;
    readonly condition: string;
    readonly approximateInvokeCount: number;
  };
  readonly KinesisBatchInfo?: BatchInfo;
  readonly DDBStreamBatchInfo?: BatchInfo;
  /** The whole event; only S3 has it. AWS documents it as text. */
  readonly payload?: unknown;
}

/** Reads every dead letter, from all three kinds of destination. */
export async function readDeadLetters(account: Account, topology: Topology): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const object of await objectsOf(account, topology.deadLetterBucketName)) {
    letters.push(JSON.parse(object) as DeadLetter);
  }
  for (const queue of [topology.deadLetterQueueUrl, topology.deadLetterTopicQueueUrl]) {
    for (const { Body } of await messagesOf(account, queue)) {
      letters.push(letterOf(JSON.parse(Body!) as LetterBody));
    }
  }
  return letters;
}

type LetterBody = DeadLetter | { readonly Message: string };

/** A topic wraps what it delivers, unless raw delivery is on. */
function letterOf(body: LetterBody): DeadLetter {
  return "Message" in body ? (JSON.parse(body.Message) as DeadLetter) : body;
}
