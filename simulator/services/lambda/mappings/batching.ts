import type { StreamRecord } from "../../stream-source";

/** The largest event that Lambda takes in an invocation, 6 MB. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/** Below this many taken records, the list is not worth copying. */
const COMPACT_FROM = 1024;

export interface BatchLimits {
  readonly batchSize: number;
  /** How long a batch may wait for more records, from when its first one is seen. */
  readonly windowMs: number;
  /** When the mapping sees a record. Ascending in the order of the queue. */
  visibleAt(record: StreamRecord): number;
}

/** The records of a lane that no batch has yet, oldest first. */
export class RecordQueue {
  #records: StreamRecord[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#records.length - this.#head;
  }

  push(record: StreamRecord): void {
    this.#records.push(record);
    this.#bytes += record.payloadBytes;
  }

  /**
   * When the next batch is to be sent: when the window of its first record ends, or the batch is full,
   * whichever comes first. `Infinity` for an empty queue.
   */
  dueAtMs(limits: BatchLimits): number {
    const first = this.#at(0);
    if (!first) return Infinity;
    const firstSeenAt = limits.visibleAt(first);
    if (limits.windowMs === 0) return firstSeenAt;
    const filling = this.#fillingRecord(limits.batchSize);
    const fullAt = filling ? limits.visibleAt(filling) : Infinity;
    return Math.min(firstSeenAt + limits.windowMs, fullAt);
  }

  /** Takes the next batch out: as many records as are seen by now and fit; at least one. */
  take(limits: BatchLimits, nowMs: number): StreamRecord[] {
    const batch: StreamRecord[] = [];
    let bytes = 0;
    while (batch.length < limits.batchSize) {
      const record = this.#at(batch.length);
      if (!record || limits.visibleAt(record) > nowMs) break;
      if (batch.length > 0 && bytes + record.payloadBytes > PAYLOAD_BYTES_MAX) break;
      bytes += record.payloadBytes;
      batch.push(record);
    }
    this.#drop(batch.length, bytes);
    return batch;
  }

  takeAll(): StreamRecord[] {
    const all = this.#records.slice(this.#head);
    this.#drop(all.length, this.#bytes);
    return all;
  }

  #at(index: number): StreamRecord | undefined {
    return this.#records[this.#head + index];
  }

  /** The record with which the next batch is full, if the queue holds it. */
  #fillingRecord(batchSize: number): StreamRecord | undefined {
    const last = this.#at(batchSize - 1);
    if (this.#bytes < PAYLOAD_BYTES_MAX) return last;
    let bytes = 0;
    for (let index = 0; index < batchSize; index++) {
      const record = this.#at(index);
      bytes += record?.payloadBytes ?? 0;
      if (!record || bytes >= PAYLOAD_BYTES_MAX) return record;
    }
    return last;
  }

  #drop(count: number, bytes: number): void {
    this.#head += count;
    this.#bytes -= bytes;
    if (this.#head === this.#records.length) {
      this.#records = [];
      this.#head = 0;
    } else if (this.#head > COMPACT_FROM && this.#head > this.#records.length / 2) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }
}
