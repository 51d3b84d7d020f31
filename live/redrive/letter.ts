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
  /** 0 of a tumbling window's last invocation that had no records. */
  readonly batchSize: number;
  /** ISO 8601. */
  readonly approximateArrivalOfLastRecord?: string;
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
    /** Seconds since the epoch. */
    readonly approximateArrivalTimestamp?: number;
  };
}

/** What an invocation of a tumbling window was given, its state included. */
export interface WindowEvent {
  readonly Records?: readonly KinesisRecord[];
  readonly window: { readonly start: string; readonly end: string };
  readonly state: object;
  readonly shardId: string;
  readonly isFinalInvokeForWindow: boolean;
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
      /** Who gave the batch up, under the alias that its mapping names. */
      readonly functionArn: string;
      /** Absent where only metadata was kept. */
      readonly records?: readonly KinesisRecord[];
      /** Of a tumbling window, where more than metadata was kept: the whole event. */
      readonly event?: WindowEvent;
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
  | {
      /** One record, whole, that its consumer put aside, or somebody for it. */
      readonly kind: "record";
      readonly functionName: string;
      readonly record: KinesisRecord;
      /** The consumer put it there: the letter is all that it did with the record. */
      readonly isOwn: boolean;
    }
  | { readonly kind: "gone"; readonly items: number; readonly why: string }
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
  /** What a consumer says of a record that it put aside, or of records that nobody could fetch. */
  readonly reason?: string;
  readonly eventId?: string;
  readonly record?: KinesisRecord["kinesis"];
  readonly condition?: string;
  readonly missing?: number;
}

/** Who is to get what lies in a place, where the letters there do not say. */
export interface Addressees {
  /** Of events that lie there alone, without a record of their invocation. */
  readonly eventsTo?: Target;
  /** Name of the function that puts whole records there. */
  readonly recordsTo?: string;
}

/** Reads what a dead letter asks for. */
export function readLetter(
  { attributes, place, text }: RawLetter,
  addressees: Addressees = {},
): Letter {
  try {
    const body = JSON.parse(text) as Body | null;
    if (typeof body === "object" && body !== null) {
      return letterOf(body, text, { attributes, place }, addressees);
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
  addressees: Addressees,
): Letter {
  if (body.Message !== undefined) {
    const told = Object.entries(body.MessageAttributes ?? {});
    const inner = Object.fromEntries(told.map(([name, { Value }]) => [name, Value]));
    return readLetter({ place, text: body.Message, attributes: inner }, addressees);
  }
  const { DDBStreamBatchInfo, KinesisBatchInfo, requestContext } = body;
  const functionArn = requestContext?.functionArn ?? "";
  if (KinesisBatchInfo !== undefined) {
    const event: Partial<WindowEvent> | undefined = eventIn<KinesisRecord>(body.payload);
    const isWindow = event?.window !== undefined;
    return {
      kind: "stream-batch",
      place,
      info: KinesisBatchInfo,
      functionArn,
      records: event && (event.Records ?? []),
      ...(isWindow && { event: event as WindowEvent }),
    };
  }
  if (DDBStreamBatchInfo !== undefined) {
    const records = eventIn<TableRecord>(body.payload)?.Records;
    return { kind: "table-batch", place, info: DDBStreamBatchInfo, functionArn, records };
  }
  // What the bus was told of a failure; an order's event has another source.
  if (body.source === "lambda") {
    const detail = JSON.stringify(body.detail);
    return readLetter({ attributes: {}, place, text: detail }, addressees);
  }
  if (requestContext !== undefined) return invocationIn(body, requestContext, place);
  const { eventsTo, recordsTo } = addressees;
  if (recordsTo !== undefined) return recordIn(body, recordsTo, place);
  if (eventsTo === undefined) {
    return { kind: "unreadable", place, why: "It is neither a batch nor an event." };
  }
  const requestId = attributes["RequestID"];
  return { kind: "event", place, target: eventsTo, event: text, ...(requestId && { requestId }) };
}

function invocationIn(
  { requestPayload }: Body,
  { functionArn, requestId }: NonNullable<Body["requestContext"]>,
  place: Place,
): Letter {
  if (requestPayload === undefined) {
    return { kind: "unreadable", place, why: "The record holds no event: it was too large." };
  }
  const target: Target = { kind: "function", name: functionArn };
  return { kind: "event", place, target, event: JSON.stringify(requestPayload), requestId };
}

function recordIn(
  { condition, eventId, missing, reason, record }: Body,
  functionName: string,
  place: Place,
): Letter {
  if (reason === "gone") {
    const why = "They were gone from the stream before anybody fetched them.";
    return { kind: "gone", place, items: missing ?? 1, why };
  }
  if (eventId === undefined || record === undefined) {
    return { kind: "unreadable", place, why: "It holds no record." };
  }
  return {
    kind: "record",
    place,
    functionName,
    record: { eventID: eventId, kinesis: record },
    isOwn: condition === undefined,
  };
}

function eventIn<R>(payload: unknown): { readonly Records?: readonly R[] } | undefined {
  if (payload === undefined) return undefined;
  const event = typeof payload === "string" ? (JSON.parse(payload) as unknown) : payload;
  return event ?? {};
}
