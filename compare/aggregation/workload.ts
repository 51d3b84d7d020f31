import type { Message } from "../../handlers/messages";
import type { Fault } from "../account";

/** The workloads of the streaming aggregation. */
export type StreamWorkloadName = "burst" | "poison";

/** One record that the producer puts on the stream. */
export interface ProducedRecord {
  /** Its position among all records, in the order they are sent. */
  readonly index: number;
  /** UTF-8 text of the record's data. */
  readonly data: string;
  /** SHA-256 of the data, in hex: copies of a message share a shard, versions of an entity do not. */
  readonly partitionKey: string;
  /** What the data says; absent if nothing can ever decode it. */
  readonly message?: Message;
}

/** Records that are sent in one PutRecords call. */
export interface Put {
  /** After the run's start, in milliseconds. */
  readonly atMs: number;
  readonly records: readonly ProducedRecord[];
}

/** What a run is fed with, and what goes wrong meanwhile. It depends on its settings and seed alone. */
export interface Workload {
  readonly name: StreamWorkloadName;
  readonly puts: readonly Put[];
  readonly records: readonly ProducedRecord[];
  /** After the run's start, in milliseconds: when the aggregates are scored, and when the faults end. */
  readonly deadlineMs: number;
  readonly faults: readonly Fault[];
}
