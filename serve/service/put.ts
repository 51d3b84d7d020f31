import { createHash } from "node:crypto";
import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from "@aws-sdk/client-eventbridge";
import {
  SendMessageBatchCommand,
  SQSClient,
  type SendMessageBatchRequestEntry,
} from "@aws-sdk/client-sqs";
import { z } from "zod";
import { Refusal } from "../../compare/failure";
import { putRecords } from "../../compare/put-records";
import type { SimulatedAws } from "../../simulator";
import { find, kindOf, physicalNameOf, type Deployed } from "./names";
import type { Session } from "./session";
import { isoOf } from "./status";

export const putRequest = z.strictObject({
  name: z.string(),
  stack: z.string().optional(),
  data: z.array(z.string()).min(1),
  key: z.string().optional(),
  source: z.string().optional(),
  detailType: z.string().optional(),
});

export type PutRequest = z.infer<typeof putRequest>;

export interface Put {
  readonly now: string;
  readonly kind: "stream" | "queue" | "bus";
  /** Physical name, or URL. */
  readonly target: string;
  /** In the order of the data: `shard:sequence number`, message id, or event id; or why it was refused. */
  readonly put: readonly ({ readonly id: string } | { readonly refused: string })[];
}

/** The most entries of one request. */
const STREAM_BATCH = 500;
const OTHER_BATCH = 10;
const PARTITION_KEY_LENGTH = 32;
const DEFAULT_BUS = "default";

export async function put({ account }: Session, request: PutRequest): Promise<Put> {
  const isDefaultBus = request.name === DEFAULT_BUS && request.stack === undefined;
  if (isDefaultBus) return onBus(account, DEFAULT_BUS, request);
  const target = find(account, ["stream", "queue", "bus"], request);
  const kind = kindOf(target);
  if (kind === "stream") return onStream(account, target, request);
  if (kind === "queue") return onQueue(account, target, request);
  return onBus(account, physicalNameOf(target), request);
}

async function onStream(
  account: SimulatedAws,
  stream: Deployed,
  { data, key }: PutRequest,
): Promise<Put> {
  const name = physicalNameOf(stream);
  const entries = data.map((text) => ({ data: text, partitionKey: key ?? hashOf(text) }));
  const ids: string[] = [];
  for (const batch of batches(entries, STREAM_BATCH)) {
    ids.push(...(await putRecords(account, name, batch)));
  }
  return ended(
    account,
    "stream",
    name,
    ids.map((id) => ({ id })),
  );
}

async function onQueue(
  account: SimulatedAws,
  queue: Deployed,
  { data, key }: PutRequest,
): Promise<Put> {
  const client = account.client(SQSClient);
  const isFifo = queue.id.endsWith(".fifo");
  const entries = data.map((text, at): SendMessageBatchRequestEntry => {
    const entry = { Id: String(at), MessageBody: text };
    if (!isFifo) return entry;
    // Two of the same text are two messages, as they are without FIFO.
    const MessageDeduplicationId = hashOf(`${account.now} ${at} ${text}`);
    return { ...entry, MessageGroupId: key ?? hashOf(text), MessageDeduplicationId };
  });
  const results: Put["put"][number][] = [];
  for (const batch of batches(entries, OTHER_BATCH)) {
    const { Failed = [], Successful = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: queue.id, Entries: batch }),
    );
    const sent = new Map(Successful.map(({ Id, MessageId }) => [Id, MessageId]));
    const failed = new Map(Failed.map(({ Code, Id, Message }) => [Id, `${Code}: ${Message}`]));
    results.push(
      ...batch.map(({ Id }) =>
        sent.has(Id) ? { id: sent.get(Id)! } : { refused: failed.get(Id) ?? "no answer" },
      ),
    );
  }
  return ended(account, "queue", queue.id, results);
}

async function onBus(account: SimulatedAws, bus: string, request: PutRequest): Promise<Put> {
  const client = account.client(EventBridgeClient);
  const entries = request.data.map((text) => ({ EventBusName: bus, ...eventOf(text, request) }));
  const results: Put["put"][number][] = [];
  for (const batch of batches(entries, OTHER_BATCH)) {
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: batch }));
    results.push(
      ...Entries.map(({ ErrorCode, ErrorMessage, EventId }) =>
        EventId === undefined ? { refused: `${ErrorCode}: ${ErrorMessage}` } : { id: EventId },
      ),
    );
  }
  return ended(account, "bus", bus, results);
}

/** A whole event as rules see it, or a detail alone. */
function eventOf(text: string, { detailType, source }: PutRequest): PutEventsRequestEntry {
  const parsed = objectOf(text);
  const { detail, source: ownSource, "detail-type": ownType, resources } = parsed;
  const isWhole = typeof detail === "object" && detail !== null;
  const Source = isWhole ? ownSource : source;
  const DetailType = isWhole ? ownType : detailType;
  if (typeof Source !== "string" || typeof DetailType !== "string") {
    throw new Refusal(
      "An event is put whole, with source, detail-type and detail, or as its detail with --source and --detail-type: " +
        text,
    );
  }
  const Resources = isWhole && Array.isArray(resources) ? resources.map(String) : undefined;
  const Detail = isWhole ? JSON.stringify(detail) : text;
  return { Source, DetailType, Detail, ...(Resources && { Resources }) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return { ...parsed };
  } catch {
    // Said below.
  }
  throw new Refusal(`An event is a JSON object: ${text}`);
}

function ended(account: SimulatedAws, kind: Put["kind"], target: string, results: Put["put"]): Put {
  return { now: isoOf(account.now), kind, target, put: results };
}

const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, PARTITION_KEY_LENGTH);

function batches<T>(items: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let from = 0; from < items.length; from += size) found.push(items.slice(from, from + size));
  return found;
}
