import type { WindowPart } from "./tumbling-window";

export type DecisionKind =
  /** An invocation with these records was asked for. */
  | "send"
  /** These records are done. */
  | "ok"
  /** The same batch will be sent again. */
  | "retry"
  /** The batch was cut in two. */
  | "split"
  /** A partial response: these records are done, those after them will be sent again. */
  | "checkpoint"
  /** Given up, for `reason`. */
  | "discard"
  /** Older than the stream's retention: gone without a dead letter. */
  | "expired"
  /** No filter takes them: done without an invocation. */
  | "filtered"
  /** The function was not invoked; uses up no retry. */
  | "throttled"
  /** Streams: the state of a tumbling window is gone, without an invocation that took it, for `reason`. */
  | "state-dropped"
  /** Discarded, and its destination did not take the dead letter. */
  | "dead-letter-lost"
  /** Queues: the function failed these messages; they are visible again when their timeout has passed. */
  | "returned"
  /** Queues: throttled for as long as the messages were ours; they go back without the function having run. */
  | "unsent"
  /** Queues: done, but not deleted: they had gone back to the queue, and will come again. */
  | "undeleted";

/** One step of a mapping: all of a record's together explain what became of it. */
export interface MappingDecision {
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
  /** The mapping's name in the program. */
  readonly mapping: string;
  readonly kind: DecisionKind;
  /**
   * Event ids in the order of the stream, or message ids in the order of the batch. Empty for an invocation
   * that takes the state of a tumbling window alone.
   */
  readonly recordIds: readonly string[];
  /**
   * Which attempt to invoke with this batch it is about: 1 is the first. For streams it starts anew as the
   * retry counter does; for queues, with each receive.
   */
  readonly attempt: number;
  /** The invocation; absent where there was none. */
  readonly requestId?: string;
  readonly reason?: string;
  /** Streams only. */
  readonly shardId?: string;
  /** Streams only. */
  readonly lane?: number;
  /** With tumbling windows only: the window that the invocation belongs to. */
  readonly window?: WindowPart;
}

/** A step of a mapping that reads a stream. */
export interface StreamDecision extends MappingDecision {
  readonly shardId: string;
  readonly lane: number;
}
