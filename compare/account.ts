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
  /** Where the stream shows it, if the table has one. */
  readonly stream?: { readonly shardId: string; readonly sequenceNumber: string };
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

export interface Mapping {
  readonly name: string;
  readonly function: string;
  /** The highest age of a batch's oldest record when it was sent, in milliseconds. */
  readonly iteratorAgeMsMax: number;
  /** What it still has to deliver: one line each. */
  readonly unsettled: readonly string[];
}

/** As an SDK client's constructor. */
export type ClientClass<Client> = new (config: never) => Client;

/** The part of a simulated account that a run uses. Tests fake it. */
export interface Account {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Virtual milliseconds since the epoch. */
  readonly now: number;
  client<Client>(constructor: ClientClass<Client>): Client;
  advance(by: { readonly seconds: number }): Promise<void>;
  settle(within: { readonly withinSeconds: number }): Promise<void>;
  invocations(functionName: string): readonly Invocation[];
  writes(table: string): readonly Write[];
  mappings(): readonly Mapping[];
  readonly usage: Readonly<Record<string, number>>;
  readonly assumptionsUsed: readonly string[];
  onEventDone(check: () => void): void;
  readonly trace: { readonly hash: string };
}
