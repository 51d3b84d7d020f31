/** A record in a stream that an event source mapping reads. */
export interface StreamRecord {
  /** A decimal number of varying length; compare as integers. Ascending within a shard. */
  readonly sequenceNumber: string;
  /** What the mapping's order is kept for: the partition key, or the item's key. */
  readonly orderingKey: string;
  /** When the stream took it, virtual milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** Its share of the invocation payload, in bytes (base64 and envelope included). */
  readonly payloadBytes: number;
  /** At least `payloadBytes`, and known without making the event. */
  readonly payloadBytesBound: number;
  /** Unique within the account: `shardId-000000000000:4950…` or the stream record's event id. */
  readonly eventId: string;
  /** The entry of `event.Records` that Lambda delivers, made anew at each call. */
  toEvent(): object;
}

export interface StreamShard {
  /** `shardId-000000000000`. */
  readonly id: string;
  /** Append-only, oldest first; expired records stay in the list. */
  readonly records: readonly StreamRecord[];
}

/** A Kinesis stream or the stream of a DynamoDB table, as a mapping reads it. */
export interface StreamSource {
  readonly kind: "kinesis" | "dynamodb";
  readonly arn: string;
  readonly shards: readonly StreamShard[];
  /** A record older than this can no longer be read. */
  readonly retentionMs: number;
  /** Calls `listener` after each append. Answers a function that ends it. */
  onAppend(listener: (shard: StreamShard, record: StreamRecord) => void): () => void;
}
