import {
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Account } from "./account";
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

/** More objects or messages than this are a loop that never ends. */
const PAGES_MAX = 10_000;

/** Reads every dead letter, from all three kinds of destination. */
export async function readDeadLetters(account: Account, topology: Topology): Promise<DeadLetter[]> {
  return [
    ...(await fromBucket(account, topology.deadLetterBucketName)),
    ...(await fromQueue(account, topology.deadLetterQueueUrl)),
    ...(await fromQueue(account, topology.deadLetterTopicQueueUrl)),
  ];
}

async function fromBucket(account: Account, bucket: string): Promise<DeadLetter[]> {
  const client = account.client(S3Client);
  const letters: DeadLetter[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const listed: ListObjectsV2CommandOutput = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }),
    );
    for (const { Key } of listed.Contents ?? []) {
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      letters.push(JSON.parse(await object.Body!.transformToString()) as DeadLetter);
    }
    token = listed.NextContinuationToken;
    if (token === undefined) return letters;
  }
  throw new Error(`The bucket ${bucket} does not come to an end after ${PAGES_MAX} pages.`);
}

async function fromQueue(account: Account, queueUrl: string): Promise<DeadLetter[]> {
  const client = account.client(SQSClient);
  const letters: DeadLetter[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        // Long enough that no message is seen twice before the queue looks empty.
        VisibilityTimeout: 43_200,
      }),
    );
    for (const { Body } of Messages) letters.push(letterOf(JSON.parse(Body!) as LetterBody));
    if (Messages.length === 0) return letters;
  }
  throw new Error(`The queue ${queueUrl} does not come to an end after ${PAGES_MAX} receives.`);
}

type LetterBody = DeadLetter | { readonly Message: string };

/** A topic wraps what it delivers, unless raw delivery is on. */
function letterOf(body: LetterBody): DeadLetter {
  return "Message" in body ? (JSON.parse(body.Message) as DeadLetter) : body;
}
