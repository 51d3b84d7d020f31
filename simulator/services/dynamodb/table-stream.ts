import { hash } from "node:crypto";
import { hash32 } from "../../kernel/random";
import type { StreamRecord, StreamShard, StreamSource } from "../stream-source";
import { base64Of } from "../base64";
import { itemSize, typeOf, type AttributeValue, type Item } from "./attribute-values";
import type { StreamViewType } from "./table-schema";

const RETENTION_MS = 86_400_000;
const SEQUENCE_PREFIX = "100000000";
const SEQUENCE_DIGITS = 12;

/** What an event holds around key and images, at most. */
const ENVELOPE_BYTES_MAX = 2_048;
/** What JSON makes of a byte of an item, at most: an empty text in a list counts as one and is `{"S":""},`. */
const BYTES_PER_BYTE_MAX = 12;

/** A change as a stream records it. */
export interface StreamChange {
  /** Of the partition that the item belongs to. */
  readonly partitionHash: number;
  readonly itemId: string;
  readonly key: Item;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  readonly atMs: number;
  /** Deleted by the service because its time was over. */
  readonly expired: boolean;
}

/** Where a stream has a record. */
export interface StreamPosition {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly eventId: string;
}

interface Shard extends StreamShard {
  readonly records: StreamRecord[];
}

type Listener = (shard: StreamShard, record: StreamRecord) => void;

/** The stream of a table: one record per change, kept for 24 hours. */
export class TableStream implements StreamSource {
  readonly kind = "dynamodb";
  readonly retentionMs = RETENTION_MS;
  readonly shards: readonly Shard[];
  readonly #listeners = new Set<Listener>();
  #recordCount = 0;

  constructor(
    readonly arn: string,
    readonly label: string,
    readonly viewType: StreamViewType,
    readonly region: string,
    shardCount: number,
  ) {
    this.shards = Array.from({ length: shardCount }, (_, index) => ({
      id: shardId(arn, index),
      records: [],
    }));
  }

  onAppend(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  append(change: StreamChange): StreamPosition {
    this.#recordCount++;
    const digits = String(this.#recordCount).padStart(SEQUENCE_DIGITS, "0");
    const record = new TableStreamRecord(this, SEQUENCE_PREFIX + digits, change);
    const shard = this.shards[change.partitionHash % this.shards.length]!;
    shard.records.push(record);
    for (const listener of this.#listeners) listener(shard, record);
    return {
      shardId: shard.id,
      sequenceNumber: record.sequenceNumber,
      get eventId() {
        return record.eventId;
      },
    };
  }
}

function shardId(arn: string, index: number): string {
  const lineage = hash32(`${arn}\n${index}`).toString(16).padStart(8, "0");
  return `shardId-${String(index).padStart(20, "0")}-${lineage}`;
}

class TableStreamRecord implements StreamRecord {
  readonly #stream: TableStream;
  readonly #change: StreamChange;
  #size: number | undefined;
  #payloadBytes: number | undefined;
  #eventId: string | undefined;

  constructor(
    stream: TableStream,
    readonly sequenceNumber: string,
    change: StreamChange,
  ) {
    this.#stream = stream;
    this.#change = change;
  }

  get orderingKey(): string {
    return this.#change.itemId;
  }

  get arrivedAtMs(): number {
    return this.#change.atMs;
  }

  get payloadBytesBound(): number {
    return ENVELOPE_BYTES_MAX + BYTES_PER_BYTE_MAX * this.#sizeBytes();
  }

  get payloadBytes(): number {
    // Counted once: mappings ask when they fill batches, and again at each retry.
    this.#payloadBytes ??= Buffer.byteLength(JSON.stringify(this.toEvent()));
    return this.#payloadBytes;
  }

  get eventId(): string {
    this.#eventId ??= hash("md5", `${this.#stream.arn}\n${this.sequenceNumber}`, "hex");
    return this.#eventId;
  }

  #images(): { readonly newImage: Item | undefined; readonly oldImage: Item | undefined } {
    const { before, after } = this.#change;
    const { viewType } = this.#stream;
    const both = viewType === "NEW_AND_OLD_IMAGES";
    return {
      newImage: both || viewType === "NEW_IMAGE" ? after : undefined,
      oldImage: both || viewType === "OLD_IMAGE" ? before : undefined,
    };
  }

  /** What key and images count as in DynamoDB. */
  #sizeBytes(): number {
    if (this.#size === undefined) {
      const { newImage, oldImage } = this.#images();
      const images = (newImage ? itemSize(newImage) : 0) + (oldImage ? itemSize(oldImage) : 0);
      this.#size = itemSize(this.#change.key) + images;
    }
    return this.#size;
  }

  toEvent(): object {
    const { key, before, after, atMs, expired } = this.#change;
    const { viewType } = this.#stream;
    const { newImage, oldImage } = this.#images();
    return {
      eventID: this.eventId,
      eventName: before ? (after ? "MODIFY" : "REMOVE") : "INSERT",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: this.#stream.region,
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(atMs / 1000),
        Keys: imageOf(key),
        ...(newImage ? { NewImage: imageOf(newImage) } : {}),
        ...(oldImage ? { OldImage: imageOf(oldImage) } : {}),
        SequenceNumber: this.sequenceNumber,
        SizeBytes: this.#sizeBytes(),
        StreamViewType: viewType,
      },
      ...(expired
        ? { userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" } }
        : {}),
      eventSourceARN: this.#stream.arn,
    };
  }
}

/** An item as JSON carries it to a function: binaries as base64. */
function imageOf(item: Item): Record<string, unknown> {
  const image: Record<string, unknown> = {};
  for (const name in item) image[name] = imageOfValue(item[name]!);
  return image;
}

function imageOfValue(value: AttributeValue): unknown {
  switch (typeOf(value)) {
    case "B":
      return { B: base64Of(value.B!) };
    case "BS":
      return { BS: value.BS!.map(base64Of) };
    case "SS":
      return { SS: [...value.SS!] };
    case "NS":
      return { NS: [...value.NS!] };
    case "L":
      return { L: value.L!.map(imageOfValue) };
    case "M":
      return { M: imageOf(value.M!) };
    default:
      return { ...value };
  }
}
