import {
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import {
  ChangeMessageVisibilityBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import type { Account } from "./account";

/** More objects or messages than this are a loop that never ends. */
const PAGES_MAX = 10_000;

/** The texts of all objects of a bucket. */
export async function objectsOf(account: Account, bucket: string): Promise<string[]> {
  const client = account.client(S3Client);
  const texts: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const listed: ListObjectsV2CommandOutput = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }),
    );
    for (const { Key } of listed.Contents ?? []) {
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      texts.push(await object.Body!.transformToString());
    }
    token = listed.NextContinuationToken;
    if (token === undefined) return texts;
  }
  throw new Error(`The bucket ${bucket} does not come to an end after ${PAGES_MAX} pages.`);
}

/** The most messages that one request is about. */
const BATCH = 10;

/** All messages that can be received from a queue, with their attributes. They stay, and can be received again. */
export async function messagesOf(account: Account, queueUrl: string): Promise<Message[]> {
  const client = account.client(SQSClient);
  const messages: Message[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: BATCH,
        MessageAttributeNames: ["All"],
        // Long enough that no message is seen twice before the queue looks empty.
        VisibilityTimeout: 43_200,
      }),
    );
    messages.push(...Messages);
    if (Messages.length > 0) continue;
    await giveBack(client, queueUrl, messages);
    return messages;
  }
  throw new Error(`The queue ${queueUrl} does not come to an end after ${PAGES_MAX} receives.`);
}

async function giveBack(
  client: SQSClient,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> {
  for (let from = 0; from < messages.length; from += BATCH) {
    const Entries = messages.slice(from, from + BATCH).map(({ ReceiptHandle }, at) => ({
      Id: String(at),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}
