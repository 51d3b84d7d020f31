import { DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { messagesOf } from "../../compare/drained";
import type { Invocation } from "../../simulator";
import { find } from "./names";
import type { Session } from "./session";
import { isoOf } from "./status";
import { invocationsOf } from "./time";

export const contentsRequest = z.strictObject({
  name: z.string(),
  stack: z.string().optional(),
});

type ContentsRequest = z.infer<typeof contentsRequest>;

export interface Invocations {
  readonly function: string;
  readonly invocations: readonly (Omit<Invocation, "startedAt" | "endedAt"> & {
    readonly startedAt: string;
    readonly endedAt?: string;
    /** Of time, until the outcome. */
    readonly durationMs?: number;
  })[];
}

/** Takes no virtual time. */
export async function invocations(
  { account }: Session,
  asked: ContentsRequest,
): Promise<Invocations> {
  const fn = find(account, ["function"], asked);
  const listed = invocationsOf(account, fn).map(({ endedAt, startedAt, ...invocation }) => ({
    ...invocation,
    startedAt: isoOf(startedAt),
    ...(endedAt !== undefined && { endedAt: isoOf(endedAt), durationMs: endedAt - startedAt }),
  }));
  return { function: fn.name, invocations: listed };
}

export interface Table {
  readonly table: string;
  /** As plain JSON: sets are lists, bytes are base64, numbers that a double does not hold are texts. */
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

/** A scan takes more than this many pages of a table that does not end. */
const PAGES_MAX = 10_000;

export async function table({ account }: Session, asked: ContentsRequest): Promise<Table> {
  const { id, name } = find(account, ["table"], asked);
  const client = account.client(DynamoDBClient);
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.send(
      new ScanCommand({ TableName: id, ConsistentRead: true, ExclusiveStartKey }),
    );
    for (const item of answer.Items ?? []) items.push(plainItem(item));
    ExclusiveStartKey = answer.LastEvaluatedKey;
    if (ExclusiveStartKey === undefined) return { table: name, items };
  }
  throw new Error(`The table ${name} does not come to an end after ${PAGES_MAX} pages.`);
}

const plainItem = (item: Readonly<Record<string, AttributeValue>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));

function plain(value: AttributeValue): unknown {
  if (value.N !== undefined) return numberOf(value.N);
  if (value.NS !== undefined) return value.NS.map(numberOf);
  if (value.M !== undefined) return plainItem(value.M);
  if (value.L !== undefined) return value.L.map(plain);
  if (value.B !== undefined) return base64(value.B);
  if (value.BS !== undefined) return value.BS.map(base64);
  return value.NULL === true ? null : (value.S ?? value.BOOL ?? value.SS);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const numberOf = (text: string): number | string =>
  String(Number(text)) === text ? Number(text) : text;

export interface Messages {
  readonly queue: string;
  /** How many there are, before they were read. */
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly messages: readonly {
    readonly messageId: string;
    readonly body: string;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
}

/** Receives what is visible, and gives it back: which counts as a receive, as it does on AWS. */
export async function messages({ account }: Session, asked: ContentsRequest): Promise<Messages> {
  const { id, name } = find(account, ["queue"], asked);
  const { Attributes = {} } = await account
    .client(SQSClient)
    .send(new GetQueueAttributesCommand({ QueueUrl: id, AttributeNames: ["All"] }));
  const countOf = (which: "" | "NotVisible" | "Delayed"): number =>
    Number(Attributes[`ApproximateNumberOfMessages${which}`] ?? 0);
  const received = await messagesOf(account, id);
  return {
    queue: name,
    visible: countOf(""),
    inFlight: countOf("NotVisible"),
    delayed: countOf("Delayed"),
    messages: received.map(({ Body, MessageAttributes, MessageId }) => ({
      messageId: MessageId!,
      body: Body ?? "",
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes ?? {}).map(([key, { StringValue }]) => [
          key,
          StringValue ?? "",
        ]),
      ),
    })),
  };
}
