import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Fault as SimulatedFault } from "../simulator";

type FaultKind = SimulatedFault["kind"];

/** What the comparison needs of the simulator's faults. */
export interface Fault {
  /** A function by its logical name; an API or a rule, for the kinds that hit those. */
  readonly function: string;
  readonly kind: FaultKind;
  readonly probability?: number;
  readonly match?: { readonly keys: readonly string[]; readonly times: number };
  /** `sdk-error`: the service's error, and whether the call took effect. */
  readonly error?: { readonly code: string; readonly effect: boolean };
  readonly from?: number;
  readonly until?: number;
}

export type Image = Readonly<Record<string, AttributeValue>>;

export interface StreamPosition {
  readonly eventId: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** A committed write of one item. */
export interface Write {
  /** When it took effect, in virtual milliseconds since the epoch. */
  readonly atMs: number;
  /** The item before; absent if there was none. */
  readonly before?: Image;
  /** The item after; absent if it was deleted. */
  readonly after?: Image;
  /** The invocation that made it, where one did. */
  readonly requestId?: string;
  /** False if it left everything as it was. */
  readonly changed: boolean;
  /** The table's stream record of it, if there is one. */
  readonly stream?: StreamPosition;
}

export type Outcome = "ok" | "error" | "timeout" | "killed" | "throttled";

export interface Invocation {
  readonly requestId: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly event: unknown;
  readonly outcome?: Outcome;
  readonly response?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
  readonly billedMs: number;
  readonly logs: readonly string[];
}

/** One step of an event source mapping. */
export interface MappingDecision {
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
  readonly kind: string;
  /** Event ids, or message ids. */
  readonly recordIds: readonly string[];
  /** Streams only. */
  readonly shardId?: string;
  /** Of a mapping with tumbling windows: the window that it is about. */
  readonly window?: {
    readonly startMs: number;
    readonly endMs: number;
    readonly isFinal: boolean;
  };
}

export interface Mapping {
  /** The function's logical name. */
  readonly function: string;
  /** The highest iterator age at any send, in milliseconds. */
  readonly iteratorAgeMsMax: number;
  readonly decisions: readonly MappingDecision[];
}

/** An event that a function was sent asynchronously, and what became of it. */
export interface AsynchronousEvent {
  /** That of all its invocations. */
  readonly requestId: string;
  /** Invocations that reached the function. */
  readonly attempts: number;
  /** Absent while it waits or runs. */
  readonly ended?: "ok" | "retries-exhausted" | "age-exceeded" | "zero-concurrency" | "dropped";
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** ARN of the role that signs it; without it, it is not signed. */
  readonly as?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** The part of a simulated account that a run uses. Tests fake it. */
export interface Account {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Virtual milliseconds since the epoch. */
  readonly now: number;
  client<Client extends object>(ClientClass: new (config: never) => Client): Client;
  http(request: HttpRequest): Promise<HttpResponse>;
  advance(by: { readonly seconds: number }): Promise<void>;
  settle(within: { readonly withinSeconds: number }): Promise<void>;
  invocations(functionName: string): readonly Invocation[];
  asynchronousEvents(functionName: string): readonly AsynchronousEvent[];
  writes(table: string): readonly Write[];
  mappings(): readonly Mapping[];
  readonly usage: Readonly<Record<string, number>>;
  readonly assumptions: Readonly<Record<string, string | number>>;
  readonly assumptionsUsed: readonly string[];
  onEventDone(check: () => void): void;
  readonly trace: { readonly hash: string };
}
