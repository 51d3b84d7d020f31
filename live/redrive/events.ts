import { InvokeCommand } from "@aws-sdk/client-lambda";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { RedriveEnvironment } from "./environment";
import type { Journal } from "./journal";
import type { LetterOf, Place } from "./letter";

type EventLetter = LetterOf<"event">;

/** Of the messages that a redrive sends to a FIFO queue whose events came without a group. */
const GROUP = "redrive";

/**
 * Gives events again to the one consumer that did not get them, or failed on them, the oldest first: to a function as
 * the asynchronous invocation that it was, to a queue as a message. The bus would give them to everybody.
 *
 * @param fifoGroup of a FIFO target queue
 */
export async function replayEvents(
  environment: RedriveEnvironment,
  journal: Journal,
  letters: readonly EventLetter[],
  fifoGroup = GROUP,
): Promise<void> {
  for (const { letter, places } of eachOnce(letters)) {
    const id = await give(environment, letter, fifoGroup);
    journal.accept("events", [id]);
    for (const place of places) await place.remove();
  }
}

async function give(
  { lambda, sqs }: RedriveEnvironment,
  { event, place, target }: EventLetter,
  fifoGroup: string,
): Promise<string> {
  if (target.kind === "function") {
    const { $metadata } = await lambda.send(
      new InvokeCommand({
        FunctionName: target.name,
        InvocationType: "Event",
        Payload: Buffer.from(event),
      }),
    );
    // The request's id is that of the invocation, and of the letter that it may become.
    return $metadata.requestId ?? "";
  }
  const { MessageId } = await sqs.send(
    new SendMessageCommand({
      QueueUrl: target.url,
      MessageBody: event,
      ...fifo(target.url, fifoGroup, place),
    }),
  );
  return MessageId!;
}

/**
 * What a FIFO queue wants to know. Its own deduplication would take an event that has come back within five minutes for
 * one that it has already, and drop it; the same letter sent twice, on the other hand, is one message.
 */
export function fifo(url: string, group: string, { name }: Place) {
  if (!url.endsWith(".fifo")) return {};
  const id = name.slice(name.lastIndexOf(" ") + 1);
  return { MessageGroupId: group, MessageDeduplicationId: `redrive-${id}` };
}

/** Letters of one invocation are one event: a destination and a dead-letter queue may both have kept it. */
function eachOnce(
  letters: readonly EventLetter[],
): { readonly letter: EventLetter; readonly places: Place[] }[] {
  const known = new Map<string, { readonly letter: EventLetter; readonly places: Place[] }>();
  for (const letter of letters) {
    const key = letter.requestId ?? letter.place.name;
    const same = known.get(key);
    if (same) same.places.push(letter.place);
    else known.set(key, { letter, places: [letter.place] });
  }
  return [...known.values()].sort(
    (a, b) =>
      timeOf(a.letter) - timeOf(b.letter) || (a.letter.place.name < b.letter.place.name ? -1 : 1),
  );
}

/** 0 of an event that does not say. */
function timeOf({ event }: EventLetter): number {
  const { time } = JSON.parse(event) as { time?: unknown };
  return typeof time === "string" ? Date.parse(time) || 0 : 0;
}
