import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
} from "@aws-sdk/client-sqs";
import type { RedriveEnvironment } from "./environment";
import type { RawLetter } from "./letter";

/** More pages than this are a loop that never ends. */
const PAGES_MAX = 100_000;

/** How long a message is ours. If a redrive is broken off, this is how long the next one waits for it. */
const HELD_S = 600;
const LOOK_AGAIN_S = 30;

/** What SQS says of a message that can be seen again already. */
const NOT_OURS_ANY_MORE = ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"];

/** All objects of a bucket, oldest key first. */
export async function readBucket(
  { s3 }: Pick<RedriveEnvironment, "s3">,
  bucket: string,
): Promise<RawLetter[]> {
  const letters: RawLetter[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const listed: ListObjectsV2CommandOutput = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }),
    );
    for (const { Key } of listed.Contents ?? []) {
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const text = await object.Body!.transformToString();
      const place = {
        name: `s3://${bucket}/${Key}`,
        remove: async () => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))),
        release: () => Promise.resolve(),
      };
      letters.push({ place, text, attributes: {} });
    }
    token = listed.NextContinuationToken;
    if (token === undefined) return letters;
  }
  throw new Error(`The bucket ${bucket} does not come to an end after ${PAGES_MAX} pages.`);
}

/** A message of a dead-letter queue, and the letter that it is. */
export interface QueuedLetter extends RawLetter {
  readonly message: Message;
}

/**
 * All messages of a queue: they are ours until they are removed or released. Those that a redrive had taken when it was
 * broken off come back after {@link HELD_S} at the latest, and are waited for.
 *
 * @param isEnough ends the reading early. @default all are read
 */
export async function readQueue(
  { sqs, wait }: Pick<RedriveEnvironment, "sqs" | "wait">,
  url: string,
  isEnough: (letters: readonly QueuedLetter[]) => boolean = () => false,
): Promise<QueuedLetter[]> {
  const letters: QueuedLetter[] = [];
  let looks = Math.ceil(HELD_S / LOOK_AGAIN_S) + 1;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
        VisibilityTimeout: HELD_S,
        // A long poll asks all of SQS's servers; a short one may miss messages.
        WaitTimeSeconds: 1,
      }),
    );
    letters.push(...Messages.map((message) => letterOf(sqs, url, message)));
    if (isEnough(letters)) return letters;
    if (Messages.length > 0) continue;
    if (looks === 0 || (await inFlight(sqs, url)) <= letters.length) return letters;
    looks -= 1;
    await wait(LOOK_AGAIN_S);
  }
  throw new Error(`The queue ${url} does not come to an end after ${PAGES_MAX} receives.`);
}

/** Messages of a queue that can be received now, about. */
export async function waitingIn(
  { sqs }: Pick<RedriveEnvironment, "sqs">,
  url: string,
): Promise<number> {
  return countOf(sqs, url, "ApproximateNumberOfMessages");
}

function inFlight(sqs: RedriveEnvironment["sqs"], url: string): Promise<number> {
  return countOf(sqs, url, "ApproximateNumberOfMessagesNotVisible");
}

async function countOf(
  sqs: RedriveEnvironment["sqs"],
  url: string,
  name: "ApproximateNumberOfMessages" | "ApproximateNumberOfMessagesNotVisible",
): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [name] }),
  );
  return Number(Attributes?.[name] ?? 0);
}

function letterOf(sqs: RedriveEnvironment["sqs"], url: string, message: Message): QueuedLetter {
  const handle = { QueueUrl: url, ReceiptHandle: message.ReceiptHandle };
  const attributes = Object.entries(message.MessageAttributes ?? {});
  return {
    message,
    text: message.Body ?? "",
    attributes: Object.fromEntries(
      attributes.map(([name, { StringValue }]) => [name, StringValue ?? ""]),
    ),
    place: {
      name: `${url} ${message.MessageId}`,
      remove: async () => void (await sqs.send(new DeleteMessageCommand(handle))),
      release: async () => {
        const command = new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 0 });
        await sqs.send(command).catch(refuseAllBut(NOT_OURS_ANY_MORE));
      },
    },
  };
}

function refuseAllBut(names: readonly string[]): (cause: unknown) => void {
  return (cause) => {
    if (!names.includes((cause as Error).name)) throw cause;
  };
}
