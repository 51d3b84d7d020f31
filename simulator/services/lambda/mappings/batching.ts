import type { StreamRecord } from "../../stream-source";

/** The largest event that Lambda takes in an invocation, 6 MB. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/** Below this many taken records, the list is not worth copying. */
const COMPACT_FROM = 1024;

export interface BatchLimits {
  readonly batchSize: number;
  /** How long a batch may wait for more records, from when its first one is seen. */
  readonly windowMs: number;
  /** What an invocation's records may take up. */
  readonly payloadBytesMax: number;
  /** A batch ends before the first record that arrived then or later; `Infinity` without windows. */
  readonly untilMs: number;
  /** When the mapping sees a record. Ascending in the order of the queue. */
  visibleAt(record: StreamRecord): number;
}

/** The records of a lane that no batch has yet, oldest first. */
export class RecordQueue {
  #records: StreamRecord[] = [];
  #head = 0;
  /** What the records take up, at most. */
  #bytesBound = 0;
  /** What they do take up; counted from when the bound does not tell enough, for counting makes every event. */
  #bytes: number | undefined;

  get length(): number {
    return this.#records.length - this.#head;
  }

  get first(): StreamRecord | undefined {
    return this.#at(0);
  }

  push(record: StreamRecord): void {
    this.#records.push(record);
    this.#bytesBound += record.payloadBytesBound;
    if (this.#bytes !== undefined) this.#bytes += record.payloadBytes;
  }

  /**
   * When the next batch is to be sent: when the time to gather it is over, or it is full, or a record is seen
   * that may not be in it, whichever comes first. `Infinity` for an empty queue.
   */
  dueAtMs(limits: BatchLimits): number {
    const first = this.#at(0);
    if (!first) return Infinity;
    const firstSeenAt = limits.visibleAt(first);
    if (limits.windowMs === 0) return firstSeenAt;
    const filling = this.#fillingRecord(limits);
    const fullAt = filling ? limits.visibleAt(filling) : Infinity;
    const beyond = limits.untilMs === Infinity ? undefined : this.#firstFrom(limits.untilMs);
    const cutAt = beyond ? limits.visibleAt(beyond) : Infinity;
    return Math.min(firstSeenAt + limits.windowMs, fullAt, cutAt);
  }

  /** Takes the next batch out: as many records as are seen by now and fit; at least one. */
  take(limits: BatchLimits, nowMs: number): StreamRecord[] {
    const batch: StreamRecord[] = [];
    const limited = this.#reaches(limits.payloadBytesMax);
    let bytes = 0;
    while (batch.length < limits.batchSize) {
      const record = this.#at(batch.length);
      if (!record || limits.visibleAt(record) > nowMs) break;
      if (record.arrivedAtMs >= limits.untilMs) break;
      if (limited) {
        if (batch.length > 0 && bytes + record.payloadBytes > limits.payloadBytesMax) break;
        bytes += record.payloadBytes;
      }
      batch.push(record);
    }
    this.#drop(batch);
    return batch;
  }

  takeAll(): StreamRecord[] {
    const all = this.#records.slice(this.#head);
    this.#drop(all);
    return all;
  }

  #at(index: number): StreamRecord | undefined {
    return this.#records[this.#head + index];
  }

  /** Whether all the records together take up so much. */
  #reaches(payloadBytes: number): boolean {
    if (this.#bytesBound < payloadBytes) return false;
    this.#bytes ??= this.#records
      .slice(this.#head)
      .reduce((sum, record) => sum + record.payloadBytes, 0);
    return this.#bytes >= payloadBytes;
  }

  /** The record with which the next batch is full, if the queue holds it. */
  #fillingRecord({ batchSize, payloadBytesMax }: BatchLimits): StreamRecord | undefined {
    const last = this.#at(batchSize - 1);
    if (!this.#reaches(payloadBytesMax)) return last;
    let bytes = 0;
    for (let index = 0; index < batchSize; index++) {
      const record = this.#at(index);
      bytes += record?.payloadBytes ?? 0;
      if (!record || bytes >= payloadBytesMax) return record;
    }
    return last;
  }

  /** The first record that arrived at that instant or later. */
  #firstFrom(atMs: number): StreamRecord | undefined {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.arrivedAtMs < atMs) low = middle + 1;
      else high = middle;
    }
    return this.#records[low];
  }

  #drop(taken: readonly StreamRecord[]): void {
    this.#head += taken.length;
    for (const record of taken) {
      this.#bytesBound -= record.payloadBytesBound;
      if (this.#bytes !== undefined) this.#bytes -= record.payloadBytes;
    }
    if (this.#head === this.#records.length) {
      this.#records = [];
      this.#head = 0;
    } else if (this.#head > COMPACT_FROM && this.#head > this.#records.length / 2) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }
}
