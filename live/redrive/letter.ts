/** Where a dead letter lies. */
export interface Place {
  /** For people, and for telling letters apart: `s3://bucket/key`, or a queue's URL and a message's id. */
  readonly name: string;
  readonly remove: () => Promise<void>;
  /** Leaves it there, and lets others see it again at once. */
  readonly release: () => Promise<void>;
}

/** A dead letter as it lies there. */
export interface RawLetter {
  readonly place: Place;
  readonly text: string;
  /** Of a message; texts alone. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where a batch came from that an event source mapping gave up. Source: "Retaining discarded batches". */
export interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly batchSize: number;
  readonly streamArn: string;
}

/** A record of a Kinesis stream, as an invocation is given it. */
export interface KinesisRecord {
  readonly eventID: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** Base64. */
    readonly data: string;
  };
}

/** A record of a table's stream, as an invocation is given it. */
export interface TableRecord {
  readonly eventID: string;
  readonly dynamodb: { readonly SequenceNumber: string };
}

/** Who alone is to get an event again. */
export type Target =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "queue"; readonly url: string };

/** What a dead letter holds, and so what it asks for. */
export type Letter = { readonly place: Place } & (
  | {
      readonly kind: "stream-batch";
      readonly info: BatchInfo;
      /** Absent where only metadata was kept. */
      readonly records?: readonly KinesisRecord[];
    }
  | {
      readonly kind: "table-batch";
      readonly info: BatchInfo;
      readonly functionArn: string;
      /** As above. */
      readonly records?: readonly TableRecord[];
    }
  | {
      readonly kind: "event";
      readonly target: Target;
      /** JSON. */
      readonly event: string;
      /** Of the asynchronous invocation that was given up; two letters may tell of one. */
      readonly requestId?: string;
    }
  | { readonly kind: "unreadable"; readonly why: string }
);

export type LetterOf<K extends Letter["kind"]> = Extract<Letter, { readonly kind: K }>;

/** Every shape that AWS gives a dead letter, as far as it is looked at. */
interface Body {
  /** A topic's envelope. */
  readonly Message?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Value: string }>>;
  /** A mapping's record, or that of an asynchronous invocation. */
  readonly requestContext?: { readonly requestId: string; readonly functionArn: string };
  readonly KinesisBatchInfo?: BatchInfo;
  readonly DDBStreamBatchInfo?: BatchInfo;
  /** Text that holds JSON; only objects have it. */
  readonly payload?: unknown;
  readonly requestPayload?: unknown;
  /** An event: of a bus, or what the bus is told of an invocation. */
  readonly source?: string;
  readonly detail?: unknown;
}

/**
 * Reads what a dead letter asks for.
 *
 * @param eventsTo who is to get an event that lies there alone, without a record of its invocation
 */
export function readLetter({ attributes, place, text }: RawLetter, eventsTo?: Target): Letter {
  try {
    const body = JSON.parse(text) as Body | null;
    if (typeof body === "object" && body !== null) {
      return letterOf(body, text, { attributes, place }, eventsTo);
    }
    return { kind: "unreadable", place, why: "It is no JSON object." };
  } catch {
    return { kind: "unreadable", place, why: "It, or the payload in it, is no JSON." };
  }
}

function letterOf(
  body: Body,
  text: string,
  { attributes, place }: Pick<RawLetter, "attributes" | "place">,
  eventsTo: Target | undefined,
): Letter {
  if (body.Message !== undefined) {
    const told = Object.entries(body.MessageAttributes ?? {});
    const inner = Object.fromEntries(told.map(([name, { Value }]) => [name, Value]));
    return readLetter({ place, text: body.Message, attributes: inner }, eventsTo);
  }
  const { DDBStreamBatchInfo, KinesisBatchInfo, requestContext } = body;
  if (KinesisBatchInfo !== undefined) {
    const records = recordsIn<KinesisRecord>(body.payload);
    return { kind: "stream-batch", place, info: KinesisBatchInfo, records };
  }
  if (DDBStreamBatchInfo !== undefined) {
    const functionArn = requestContext?.functionArn ?? "";
    const records = recordsIn<TableRecord>(body.payload);
    return { kind: "table-batch", place, info: DDBStreamBatchInfo, functionArn, records };
  }
  // What the bus was told of a failure; an order's event has another source.
  if (body.source === "lambda") {
    const detail = JSON.stringify(body.detail);
    return readLetter({ attributes: {}, place, text: detail }, eventsTo);
  }
  if (requestContext !== undefined) {
    if (body.requestPayload === undefined) {
      return { kind: "unreadable", place, why: "The record holds no event: it was too large." };
    }
    const { functionArn, requestId } = requestContext;
    const target: Target = { kind: "function", name: functionArn };
    return { kind: "event", place, target, event: JSON.stringify(body.requestPayload), requestId };
  }
  if (eventsTo === undefined) {
    return { kind: "unreadable", place, why: "It is neither a batch nor an event." };
  }
  const requestId = attributes["RequestID"];
  return { kind: "event", place, target: eventsTo, event: text, ...(requestId && { requestId }) };
}

function recordsIn<R>(payload: unknown): readonly R[] | undefined {
  if (payload === undefined) return undefined;
  const event = typeof payload === "string" ? (JSON.parse(payload) as unknown) : payload;
  return (event as { readonly Records: readonly R[] }).Records;
}
