import type { Message } from "@aws-sdk/client-sqs";
import type { Account, AsynchronousEvent } from "../account";
import { messagesOf, objectsOf } from "../drained";
import type { Deliveries } from "./deliveries";
import { toldBy, type Consumer, type Told } from "./order-events";
import type { End } from "./result";
import { FUNCTIONS, type OrderTopology } from "./topology";

/** An event that never came to its effect, and is kept. */
export interface DeadLetter {
  /** Who was to get it. */
  readonly consumer: Consumer;
  readonly told: Told;
  /** Which policy ended its life. */
  readonly end: End;
  /** Whether the consumer's function ever ran with it. */
  readonly invoked: boolean;
}

/** Reads every dead letter, wherever a stack keeps them. */
export async function readDeadLetters(
  account: Account,
  topology: OrderTopology,
  deliveries: Deliveries,
): Promise<DeadLetter[]> {
  const read = (url: string): Promise<Message[]> => messagesOf(account, url);
  const undelivered = (consumer: Consumer, messages: readonly Message[]): DeadLetter[] =>
    messages.map((message) => ({
      consumer,
      told: toldBy(JSON.parse(message.Body!)),
      end: endOfUndelivered(message),
      invoked: false,
    }));
  const received = (await read(topology.ordersQueueDeadLetterUrl)).map(
    ({ Body, MessageId }): DeadLetter => ({
      consumer: "inventory",
      told: toldBy(JSON.parse(Body!)),
      end: "receiveCount",
      invoked: deliveries.invokedWith.has(MessageId!),
    }),
  );
  return [
    ...undelivered("process", await read(topology.ordersProcessTargetDeadLetterUrl)),
    ...undelivered("inventory", await read(topology.ordersInventoryTargetDeadLetterUrl)),
    ...received,
    ...(await givenUp(account, topology)),
  ];
}

/** Source: EventBridge user guide, "Using dead-letter queues to process undelivered events". */
function endOfUndelivered({ MessageAttributes }: Message): End {
  const exhausted = MessageAttributes?.["EXHAUSTED_RETRY_CONDITION"]?.StringValue;
  if (exhausted === "MaximumRetryAttempts") return "targetRetries";
  if (exhausted === "MaximumEventAgeInSeconds") return "targetAge";
  const code = MessageAttributes?.["ERROR_CODE"]?.StringValue;
  if (code === "NO_PERMISSIONS") return "noPermissions";
  return code === "NO_RESOURCE" ? "noResource" : "targetRefused";
}

const ENDS: Readonly<Record<Exclude<AsynchronousEvent["ended"], undefined>, End | undefined>> = {
  ok: undefined,
  "retries-exhausted": "asynchronousRetries",
  "age-exceeded": "asynchronousAge",
  "zero-concurrency": "zeroConcurrency",
  dropped: "noResource",
};

/** What is kept of an asynchronous invocation: a record, or the event alone. */
interface Kept {
  readonly requestId: string;
  readonly event: unknown;
}

/** What ProcessOrder's asynchronous invocation gave up; one event, however many places keep it. */
async function givenUp(account: Account, topology: OrderTopology): Promise<DeadLetter[]> {
  const messages = [
    ...(await messagesOf(account, topology.ordersProcessFailureQueueUrl)),
    ...(await messagesOf(account, topology.ordersProcessFailureTopicQueueUrl)),
  ];
  const objects = await objectsOf(account, topology.ordersProcessFailureBucketName);
  const kept = [
    ...messages.map(({ Body, MessageAttributes }) =>
      keptIn(JSON.parse(Body!), MessageAttributes?.["RequestID"]?.StringValue),
    ),
    ...objects.map((text) => keptIn(JSON.parse(text))),
  ];
  const events = new Map(
    account.asynchronousEvents(FUNCTIONS.process).map((event) => [event.requestId, event]),
  );
  const once = new Map(kept.map((each) => [each.requestId, each.event]));
  return [...once].map(([requestId, event]) => {
    const known = events.get(requestId);
    const end = known?.ended && ENDS[known.ended];
    if (end === undefined)
      throw new Error(`A dead letter of ${requestId}, which was not given up.`);
    return { consumer: "process", told: toldBy(event), end, invoked: known!.attempts > 0 };
  });
}

interface Body {
  /** Of a topic's envelope. */
  readonly Message?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Value: string }>>;
  /** Of a destination's record. */
  readonly requestContext?: { readonly requestId: string };
  readonly requestPayload?: unknown;
  /** Of an event of the bus: a destination's record, if Lambda is its source. */
  readonly source?: string;
  readonly detail?: unknown;
}

/** @param requestId what a function's dead-letter queue says beside the event */
function keptIn(given: unknown, requestId?: string): Kept {
  const body = given as Body;
  if (body.Message !== undefined) {
    return keptIn(JSON.parse(body.Message), body.MessageAttributes?.["RequestID"]?.Value);
  }
  if (body.requestContext !== undefined) {
    return { requestId: body.requestContext.requestId, event: body.requestPayload };
  }
  if (body.source === "lambda") return keptIn(body.detail);
  if (requestId === undefined) throw new Error("A dead letter names no invocation.");
  return { requestId, event: body };
}
