/** One thing that happened to a record. */
export interface LifeStep {
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
  /** Who did it: `State`, `client`, … */
  readonly stage: string;
  /** What happened, in words. */
  readonly text: string;
  /** Of a delivery: which attempt with this batch; 1 is the first, and it starts anew as the retry counter does. */
  readonly attempt?: number;
  /** Of a delivery: the batch that the record came in, its first and last record, and its place in it from 1. */
  readonly batch?: Batch;
  /** Of a delivery: how the invocation ended; absent where there was none. */
  readonly outcome?: string;
  readonly requestId?: string;
  /** Of a tumbling window: when it begins, `2026-01-01T00:05:00Z`. */
  readonly window?: string;
}

export interface Batch {
  readonly size: number;
  readonly position: number;
  readonly first: string;
  readonly last: string;
}

/** Everything that is known of one record. */
export interface Life {
  /** What it is called here: `record 17`, `customer-000012`. */
  readonly name: string;
  /** What it is, a sentence each. */
  readonly about: readonly string[];
  /** Oldest first. */
  readonly steps: readonly LifeStep[];
  /** What became of it, a sentence each. */
  readonly end: readonly string[];
}

/** In the order of time; what happened at the same instant stays as it was given. */
export function inOrder(steps: readonly LifeStep[]): LifeStep[] {
  return [...steps].sort((a, b) => a.atMs - b.atMs);
}

/** An instant as rows of sums have it. */
export function windowText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
