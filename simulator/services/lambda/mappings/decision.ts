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
  | "filtered"
  /** The function was not invoked; uses up no retry. */
  | "throttled"
  /** Discarded, and its destination did not take the dead letter. */
  | "dead-letter-lost";

/** One step of a mapping: all of a record's together explain what became of it. */
export interface MappingDecision {
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
  /** The mapping's name in the program. */
  readonly mapping: string;
  readonly shardId: string;
  readonly lane: number;
  readonly kind: DecisionKind;
  /** Event ids, in the order of the stream. */
  readonly recordIds: readonly string[];
  /** Which delivery of this batch it is about: 1 is the first. Starts anew as the retry counter does. */
  readonly attempt: number;
  readonly requestId?: string;
  readonly reason?: string;
}
