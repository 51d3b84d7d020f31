import type { StreamShard, StreamSource } from "../stream-source";
import { type HashKeyRange, equalRanges, hashKeyOf, shardIndexOf } from "./hash-keys";
import { KinesisRecord, type RecordOrigin, recordBytes } from "./record";
import { type SequenceNumbers, createSequenceNumbers } from "./sequence-numbers";

export type StreamMode = "PROVISIONED" | "ON_DEMAND";

export interface StreamSettings {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly accountId: string;
  readonly shardCount: number;
  readonly streamMode: StreamMode;
  readonly retentionHours: number;
  readonly encryptionType: "NONE" | "KMS";
  readonly kmsKeyId?: string;
}

/** What a producer asks to be stored. */
export interface Put {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly explicitHashKey?: bigint;
}

type AppendListener = (shard: StreamShard, record: KinesisRecord) => void;

/** Writes that one shard takes in a second: 1 MiB and 1,000 records. */
const SHARD_BYTES_PER_SECOND = 1024 * 1024;
const SHARD_RECORDS_PER_SECOND = 1000;

const HOUR_MS = 3_600_000;

export class KinesisShard implements StreamShard {
  readonly id: string;
  readonly records: KinesisRecord[] = [];
  readonly #sequenceNumbers: SequenceNumbers;
  readonly #origin: RecordOrigin;
  #second = -1;
  #bytesThisSecond = 0;
  #recordsThisSecond = 0;

  constructor(
    index: number,
    readonly range: HashKeyRange,
    settings: StreamSettings,
    createdAtMs: number,
  ) {
    this.id = `shardId-${String(index).padStart(12, "0")}`;
    this.#sequenceNumbers = createSequenceNumbers(createdAtMs, index);
    this.#origin = { shardId: this.id, streamArn: settings.arn, region: settings.region };
  }

  get firstSequenceNumber(): string {
    return this.#sequenceNumbers.first;
  }

  /** The record as stored, or nothing if it exceeds what the shard takes in this second. */
  append({ partitionKey, data }: Put, nowMs: number): KinesisRecord | undefined {
    if (!this.#takes(recordBytes(partitionKey, data), nowMs)) return undefined;
    const sequenceNumber = this.#sequenceNumbers.next(nowMs);
    const record = new KinesisRecord(this.#origin, sequenceNumber, partitionKey, data, nowMs);
    this.records.push(record);
    return record;
  }

  // The limits are documented per second, not how they are metered: whole seconds are counted.
  #takes(bytes: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#bytesThisSecond = 0;
      this.#recordsThisSecond = 0;
    }
    if (this.#recordsThisSecond + 1 > SHARD_RECORDS_PER_SECOND) return false;
    if (this.#bytesThisSecond + bytes > SHARD_BYTES_PER_SECOND) return false;
    this.#recordsThisSecond++;
    this.#bytesThisSecond += bytes;
    return true;
  }
}

/** One data stream. Its number of shards never changes: resharding is not modelled. */
export class KinesisStream implements StreamSource {
  readonly kind = "kinesis";
  readonly shards: readonly KinesisShard[];
  readonly #listeners = new Set<AppendListener>();
  #settings: StreamSettings;

  constructor(
    settings: StreamSettings,
    readonly createdAtMs: number,
  ) {
    this.#settings = settings;
    this.shards = equalRanges(settings.shardCount).map(
      (range, index) => new KinesisShard(index, range, settings, createdAtMs),
    );
  }

  get settings(): StreamSettings {
    return this.#settings;
  }

  get arn(): string {
    return this.#settings.arn;
  }

  get retentionMs(): number {
    return this.#settings.retentionHours * HOUR_MS;
  }

  /** Changes everything but name and shards. */
  configure(changes: Partial<Omit<StreamSettings, "name" | "arn" | "shardCount">>): void {
    this.#settings = { ...this.#settings, ...changes };
  }

  shard(id: string): KinesisShard | undefined {
    return this.shards.find((shard) => shard.id === id);
  }

  /** Stores a record; `record` is absent if the shard's write limits are exceeded. */
  put(put: Put, nowMs: number): { shard: KinesisShard; record?: KinesisRecord } {
    const hashKey = put.explicitHashKey ?? hashKeyOf(put.partitionKey);
    const shard = this.shards[shardIndexOf(hashKey, this.shards.length)]!;
    const record = shard.append(put, nowMs);
    if (record) for (const listener of this.#listeners) listener(shard, record);
    return { shard, record };
  }

  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The index of the shard's first record that can still be read. */
  trimHorizon(shard: StreamShard, nowMs: number): number {
    return firstArrivedAt(shard, nowMs - this.retentionMs);
  }
}

/** The index of the first record that arrived at `atMs` or later. */
export function firstArrivedAt(shard: StreamShard, atMs: number): number {
  return lowerBound(shard.records.length, (index) => shard.records[index]!.arrivedAtMs >= atMs);
}

/** The smallest index for which `holds`, which must be false before it and true from it on. */
export function lowerBound(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
