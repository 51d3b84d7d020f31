import {
  CancelMessageMoveTaskCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
  type ListMessageMoveTasksResultEntry,
  type Message,
} from "@aws-sdk/client-sqs";
import type { RedriveEnvironment } from "./environment";
import { fifo } from "./events";
import type { Journal } from "./journal";
import type { QueuedLetter } from "./places";
import { waitingIn } from "./places";
import type { Kept } from "./kept";

/** A queue's dead-letter queue, and the queue. */
export interface DeadLetterQueue {
  readonly url: string;
  readonly queueUrl: string;
}

/** The most that a move task takes. */
const PER_SECOND_MAX = 500;
const LOOKS_MAX = 1_000_000;

/**
 * Moves what lies in a dead-letter queue back to its queue, with SQS's own task: nothing is ever in neither, and what
 * was moved when the task is broken off is no longer there to be moved again.
 *
 * @param perSecond how fast: a queue that is flooded throttles its function, and throttled receives count
 * @returns what stays
 */
export async function moveBack(
  environment: RedriveEnvironment,
  journal: Journal,
  { url }: DeadLetterQueue,
  perSecond: number,
): Promise<Kept[]> {
  const { sqs } = environment;
  if ((await waitingIn(environment, url)) === 0) return [];
  const SourceArn = await arnOf(environment, url);
  // A redrive that was broken off may have left one behind.
  await untilOver(environment, SourceArn, () => Promise.resolve());
  const rate = Math.min(perSecond, PER_SECOND_MAX, journal.left);
  await sqs.send(
    new StartMessageMoveTaskCommand({ SourceArn, MaxNumberOfMessagesPerSecond: rate }),
  );
  let noted = 0;
  const note = async (task: ListMessageMoveTasksResultEntry): Promise<void> => {
    const moved = task.ApproximateNumberOfMessagesMoved ?? 0;
    const items = moved - noted;
    noted = moved;
    if (items >= journal.left && task.TaskHandle !== undefined) {
      await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle: task.TaskHandle }));
    }
    journal.accept("messages", [], items);
  };
  const last = await untilOver(environment, SourceArn, note);
  if (last?.Status !== "FAILED") return [];
  const why = `The move task failed: ${last.FailureReason ?? "no reason"}.`;
  return [{ letter: url, items: await waitingIn(environment, url), why }];
}

/** Sends one message back by hand: to be alone, where a task would move all. */
export async function sendBack(
  { sqs }: RedriveEnvironment,
  journal: Journal,
  { queueUrl }: DeadLetterQueue,
  { message, place }: QueuedLetter,
): Promise<void> {
  const { MessageId } = await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: message.Body,
      MessageAttributes: message.MessageAttributes,
      ...fifo(queueUrl, groupOf(message), place),
    }),
  );
  journal.accept("messages", [MessageId!]);
  await place.remove();
}

function groupOf({ Attributes }: Message): string {
  return Attributes?.MessageGroupId ?? "redrive";
}

async function untilOver(
  { sqs, wait }: RedriveEnvironment,
  SourceArn: string,
  look: (task: ListMessageMoveTasksResultEntry) => Promise<void>,
): Promise<ListMessageMoveTasksResultEntry | undefined> {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const { Results = [] } = await sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }),
    );
    const [task] = Results;
    if (task === undefined) return undefined;
    await look(task);
    if (task.Status !== "RUNNING" && task.Status !== "CANCELLING") return task;
    await wait(1);
  }
  throw new Error(`The move task of ${SourceArn} does not come to an end.`);
}

async function arnOf({ sqs }: RedriveEnvironment, url: string): Promise<string> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
  );
  return Attributes!["QueueArn"]!;
}
