import type { StreamRecord } from "../stream-source";
import { base64Of } from "../base64";

/** What every record of one shard has in common. */
export interface RecordOrigin {
  readonly shardId: string;
  readonly streamArn: string;
  readonly region: string;
}

/** A record as the stream keeps it. */
export class KinesisRecord implements StreamRecord {
  readonly eventId: string;
  readonly payloadBytes: number;
  /** As events have the data: a record that is retried for a day is in thousands of them. */
  #base64: string | undefined;

  constructor(
    readonly origin: RecordOrigin,
    readonly sequenceNumber: string,
    readonly partitionKey: string,
    readonly data: Uint8Array,
    readonly arrivedAtMs: number,
  ) {
    this.eventId = `${origin.shardId}:${sequenceNumber}`;
    this.payloadBytes =
      envelopeBytes(origin) + Buffer.byteLength(partitionKey) + 4 * Math.ceil(data.length / 3);
  }

  get payloadBytesBound(): number {
    return this.payloadBytes;
  }

  get orderingKey(): string {
    return this.partitionKey;
  }

  /** Bytes that count against the stream's write limits. */
  get bytes(): number {
    return recordBytes(this.partitionKey, this.data);
  }

  /** Without `invokeIdentityArn`: the stream does not know who reads it; the mapping adds it. */
  toEvent(): object {
    return {
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: this.partitionKey,
        sequenceNumber: this.sequenceNumber,
        data: (this.#base64 ??= base64Of(this.data)),
        approximateArrivalTimestamp: this.arrivedAtMs / 1000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: this.eventId,
      eventName: "aws:kinesis:record",
      awsRegion: this.origin.region,
      eventSourceARN: this.origin.streamArn,
    };
  }
}

/** Data and partition key count together, as for every limit of Kinesis. */
export function recordBytes(partitionKey: string, data: Uint8Array): number {
  return data.length + Buffer.byteLength(partitionKey);
}

/**
 * What the event holds around partition key and data: the names and quotes of all members and their
 * fixed values (about 410 bytes, an invoking role's ARN included), and what varies with the stream.
 */
function envelopeBytes(origin: RecordOrigin): number {
  return 410 + origin.streamArn.length + 2 * (56 + origin.shardId.length);
}
