import type { Place } from "./letter";

/** A record that is on the stream a second time. */
export interface Copy {
  /** Event ids, `shardId:sequenceNumber`. */
  readonly from: string;
  readonly to: string;
}

/** A redrive was broken off on purpose, where that does most harm: something was accepted, its letter still lies there. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** What a redrive has done so far. */
export class Journal {
  readonly copies: Copy[] = [];
  readonly counts = {
    /** Put on their stream. */
    records: 0,
    /** Given to their function: of a stream, and of a table's stream. */
    functionRecords: 0,
    tableRecords: 0,
    /** Sums of tumbling windows, given to their function. */
    windows: 0,
    events: 0,
    messages: 0,
  };
  /** Event ids of records whose own letter was removed: its consumer's effect is taken back with it. */
  readonly taken: string[] = [];
  /** What a letter that comes back is recognised by: event ids, request ids, message ids. */
  readonly accepted = new Set<string>();
  readonly #left: number;
  #done = 0;

  /** @param interruptAfter breaks off after so many items; default: never */
  constructor(interruptAfter = Infinity) {
    this.#left = interruptAfter;
  }

  /** Items that may still be replayed. At least 1. */
  get left(): number {
    return this.#left - this.#done;
  }

  get isEmpty(): boolean {
    return this.#done === 0;
  }

  /**
   * Notes items that were accepted. To be called before their letters are removed.
   *
   * @throws Interrupted
   */
  accept(kind: keyof Journal["counts"], ids: readonly string[], items = ids.length): void {
    for (const id of ids) this.accepted.add(id);
    this.counts[kind] += items;
    this.#done += items;
    if (this.#done >= this.#left) throw new Interrupted(`Broken off after ${this.#done} items.`);
  }

  copied(from: string, to: string): void {
    this.copies.push({ from, to });
  }
}

/** Removes each letter once all of its items were accepted. */
export class OpenLetters {
  readonly #open = new Map<Place, number>();

  add(place: Place, items: number): void {
    this.#open.set(place, (this.#open.get(place) ?? 0) + items);
  }

  /** Counts one item of each place, and removes what has none left. */
  async accepted(places: readonly Place[]): Promise<void> {
    for (const place of places) {
      const open = this.#open.get(place)! - 1;
      this.#open.set(place, open);
      if (open > 0) continue;
      this.#open.delete(place);
      await place.remove();
    }
  }

  /** Letters that still lie there. */
  get kept(): Place[] {
    return [...this.#open.keys()];
  }
}
