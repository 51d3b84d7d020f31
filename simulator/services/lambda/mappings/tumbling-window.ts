import type { StreamRecord } from "../../stream-source";

/** A state that is larger ends its window early. Source: "Implementing stateful Kinesis … processing". */
export const STATE_BYTES_MAX = 1024 * 1024;

const EMPTY_STATE = "{}";

/** A tumbling window, as decisions name it. */
export interface WindowPart {
  /** Virtual milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** Whether it is about the window's final invocation. */
  readonly isFinal: boolean;
  /** Whether it is about the invocation that takes a state which has grown too large. */
  readonly isTerminatedEarly: boolean;
}

/** What an invocation is told about its window. */
export interface WindowCall extends WindowPart {
  /** The state as JSON: every attempt gets a copy of its own. */
  readonly stateJson: string;
}

/** A tumbling window of one shard that has seen records and was not closed yet. */
export class TumblingWindow {
  #stateJson: string;
  #stateBytes: number;

  constructor(
    readonly startMs: number,
    readonly endMs: number,
    /** The last record that was read. */
    public lastRecord: StreamRecord,
    stateJson = EMPTY_STATE,
  ) {
    this.#stateJson = stateJson;
    this.#stateBytes = Buffer.byteLength(stateJson);
  }

  get stateJson(): string {
    return this.#stateJson;
  }

  /** Its share of an invocation's payload. */
  get stateBytes(): number {
    return this.#stateBytes;
  }

  get isTooLarge(): boolean {
    return this.#stateBytes > STATE_BYTES_MAX;
  }

  /** Records come in the order of their arrival: one that is too early for the window belongs to it, too. */
  holds({ arrivedAtMs }: StreamRecord): boolean {
    return arrivedAtMs < this.endMs;
  }

  keep(stateJson: string): void {
    this.#stateJson = stateJson;
    this.#stateBytes = Buffer.byteLength(stateJson);
  }

  reset(): void {
    this.keep(EMPTY_STATE);
  }
}

/** When the window ends that a record belongs to: windows are whole multiples of their length. */
export function windowEndMs({ arrivedAtMs }: StreamRecord, lengthMs: number): number {
  return (Math.floor(arrivedAtMs / lengthMs) + 1) * lengthMs;
}

/** What an event of a window has besides its records. */
export function windowMembers(call: WindowCall, shardId: string, eventSourceARN: string): object {
  return {
    window: { start: isoSeconds(call.startMs), end: isoSeconds(call.endMs) },
    state: JSON.parse(call.stateJson) as unknown,
    shardId,
    eventSourceARN,
    isFinalInvokeForWindow: call.isFinal,
    isWindowTerminatedEarly: call.isTerminatedEarly,
  };
}

/** `2026-01-01T00:05:00Z`. */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
