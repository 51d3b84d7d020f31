import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** What the comparison needs of the simulator's faults. */
export interface Fault {
  readonly function: string;
  readonly kind: "before-effect" | "after-commit" | "poison";
  readonly probability?: number;
  readonly match?: { readonly keys: readonly string[]; readonly times: number };
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
  readonly kind: string;
  /** Event ids. */
  readonly recordIds: readonly string[];
}

export interface Mapping {
  /** The function's logical name. */
  readonly function: string;
  /** The highest iterator age at any send, in milliseconds. */
  readonly iteratorAgeMsMax: number;
  readonly decisions: readonly MappingDecision[];
}

/** The part of a simulated account that a run uses. Tests fake it. */
export interface Account {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Virtual milliseconds since the epoch. */
  readonly now: number;
  client<Client extends object>(ClientClass: new (config: never) => Client): Client;
  advance(by: { readonly seconds: number }): Promise<void>;
  settle(within: { readonly withinSeconds: number }): Promise<void>;
  invocations(functionName: string): readonly Invocation[];
  writes(table: string): readonly Write[];
  mappings(): readonly Mapping[];
  readonly usage: Readonly<Record<string, number>>;
  readonly assumptions: Readonly<Record<string, string | number>>;
  readonly assumptionsUsed: readonly string[];
  onEventDone(check: () => void): void;
  readonly trace: { readonly hash: string };
}
