import { createHash, type Hash } from "node:crypto";

/** One thing that happened. */
export interface TraceEntry {
  /** Virtual milliseconds since the epoch. */
  readonly atMs: number;
  /** `<resource>: <what>`. */
  readonly label: string;
}

/** Hashing in pieces of this size keeps the hash off the hot path. */
const PENDING_CHARACTERS = 1 << 16;

/** The append-only record of a run. Two runs are the same run if their hashes are equal. */
export class Trace {
  readonly #entries: TraceEntry[] = [];
  readonly #hash: Hash = createHash("sha256");
  #pending = "";
  #lastMs = NaN;
  #lastMsText = "";

  get entries(): readonly TraceEntry[] {
    return this.#entries;
  }

  /** SHA-256 over all entries so far, in hex. */
  get hash(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  append(atMs: number, label: string): void {
    this.#entries.push({ atMs, label });
    if (atMs !== this.#lastMs) {
      this.#lastMs = atMs;
      this.#lastMsText = String(atMs);
    }
    this.#pending += `${this.#lastMsText} ${label}\n`;
    if (this.#pending.length > PENDING_CHARACTERS) this.#flush();
  }

  /** The last `count` entries as lines, for a failure message. */
  tail(count: number): string[] {
    return this.#entries.slice(-count).map(({ atMs, label }) => `${atMs} ${label}`);
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}
