/** How an invocation ended. `killed`: the execution environment went away. */
export type Outcome = "ok" | "error" | "timeout" | "killed" | "throttled";

/** One invocation of a function, as `account.invocations` lists it. */
export interface Invocation {
  readonly functionName: string;
  readonly version: string;
  readonly requestId: string;
  /** Virtual milliseconds since the epoch. */
  readonly startedAt: number;
  /** Absent while it runs. */
  endedAt?: number;
  readonly event: unknown;
  outcome?: Outcome;
  /** What the handler returned, as parsed JSON. */
  response?: unknown;
  error?: { readonly errorType: string; readonly errorMessage: string };
  readonly sandboxId?: string;
  billedMs: number;
  /** The lines the invocation logged, START, END and REPORT lines included. */
  readonly logs: string[];
  /** A timed-out handler that went on: when it came to an end. */
  zombieEndedAt?: number;
}

/** What a caller of a function asks for. */
export interface InvokeRequest {
  /** Name, ARN, or either with a qualifier. */
  readonly functionName: string;
  /** Makes the event: each attempt gets its own copy. */
  readonly event: () => unknown;
  /** The records in it, for the handler's computing time (`latency.recordUs`). */
  readonly recordCount: number;
  /**
   * What this invocation is about, whatever delivers it: the event id of the first record, the message
   * id, … Fault draws are keyed by it and by how often it came.
   */
  readonly identity: string;
  /** Event ids of all records in it. */
  readonly recordIds?: readonly string[];
  /** Given for a retry of the same asynchronous event; else drawn. */
  readonly requestId?: string;
  /** Who invokes, for the trace: `mapping aggregation-state`, `schedule …`, `Invoke`. */
  readonly source: string;
  /** Called once, at the instant the outcome is known to the invoker. */
  readonly onOutcome: (invocation: Invocation) => void;
}
