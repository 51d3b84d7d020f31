import type { KinesisStreamEvent } from "aws-lambda";
import type { BatchOutcome } from "./batch-outcome";

/**
 * What Lambda adds to a batch of a tumbling window. Source: Lambda, "Implementing stateful Kinesis Data Streams
 * processing in Lambda".
 */
export interface WindowEvent<State> extends KinesisStreamEvent {
  /** `2026-01-01T00:05:00Z`; the end belongs to the next window. */
  readonly window: { readonly start: string; readonly end: string };
  /** What the invocation before answered; `{}` in a new window. */
  readonly state: Partial<State>;
  readonly shardId: string;
  readonly eventSourceARN: string;
  /** The window's last invocation, with or without records. */
  readonly isFinalInvokeForWindow: boolean;
  /** The state grew too large: it is to be taken now, and the window goes on with none. */
  readonly isWindowTerminatedEarly: boolean;
}

/** Without a state in it, the answer counts as a failure. */
export interface WindowOutcome<State> extends BatchOutcome {
  readonly state: State | Record<string, never>;
}
