/** Source: "Using the message deduplication ID": five minutes. */
const WINDOW_MS = 300_000;

/** What a send was answered, for the same send again. */
export interface Accepted {
  readonly messageId: string;
  readonly sequenceNumber: string;
}

/** The deduplication ids that a FIFO queue remembers, whatever has become of the messages. */
export class Deduplication {
  /** In order of arrival, so that the oldest come first. */
  readonly #accepted = new Map<string, Accepted & { readonly atMs: number }>();

  find(key: string, nowMs: number): Accepted | undefined {
    for (const [old, { atMs }] of this.#accepted) {
      if (atMs + WINDOW_MS > nowMs) break;
      this.#accepted.delete(old);
    }
    return this.#accepted.get(key);
  }

  remember(key: string, accepted: Accepted, nowMs: number): void {
    this.#accepted.set(key, { ...accepted, atMs: nowMs });
  }
}
