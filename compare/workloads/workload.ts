import type { Message } from "../../handlers/messages";
import type { Fault } from "../account";

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
  readonly name: WorkloadName;
  readonly puts: readonly Put[];
  readonly records: readonly ProducedRecord[];
  /** After the run's start, in milliseconds: when the aggregates are scored, and when the faults end. */
  readonly deadlineMs: number;
  readonly faults: readonly Fault[];
}

export const WORKLOAD_NAMES = ["burst", "poison"] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** What can be set about a workload. */
export interface WorkloadSettings {
  /** Records put on the stream, copies included. */
  readonly messages: number;
  /** Failing share of each function's invocations, in percent. */
  readonly failPercent: { readonly state: number; readonly map: number; readonly reduce: number };
  /** `poison` only: records that nothing can decode. */
  readonly poisonRecords: number;
  /** `poison` only: how often State is refused the write of three further records. */
  readonly poisonAttempts: number;
}

export const DEFAULT_SETTINGS: WorkloadSettings = {
  messages: 10_000,
  failPercent: { state: 5, map: 10, reduce: 10 },
  poisonRecords: 3,
  poisonAttempts: 4,
};

/** Every run begins at this virtual instant, so that records and faults can name their times. */
export const START_AT = "2026-01-01T00:00:00Z";
export const START_AT_MS = Date.UTC(2026, 0, 1);
