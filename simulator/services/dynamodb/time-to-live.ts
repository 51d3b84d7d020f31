import TinyQueue from "tinyqueue";
import type { Kernel, SimEvent } from "../../kernel/kernel";
import type { Item } from "./attribute-values";
import type { Table } from "./table";

interface Due {
  readonly atMs: number;
  readonly seq: number;
  readonly id: string;
}

/** Items that expired longer ago than this are left alone ("Time to live", how it works). */
const FORGOTTEN_AFTER_MS = 5 * 365 * 86_400_000;

/**
 * Deletes the items of one table when their time is over. Its events run in the background: waiting for
 * an expiry does not keep an account from being settled.
 */
export class TimeToLive {
  readonly #kernel: Kernel;
  readonly #table: Table;
  readonly #delayMs: number;
  readonly #expire: (id: string) => boolean;
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.atMs - b.atMs || a.seq - b.seq);
  #seq = 0;
  #event: SimEvent | undefined;

  /** `expire` deletes an item; it answers false while the item is held by a transaction. */
  constructor(kernel: Kernel, table: Table, delayMs: number, expire: (id: string) => boolean) {
    this.#kernel = kernel;
    this.#table = table;
    this.#delayMs = delayMs;
    this.#expire = expire;
  }

  /** Called for every item written, and for those there when TTL is switched on. */
  watch(id: string, item: Item): void {
    const atMs = this.#dueAt(item);
    if (atMs !== undefined) this.#enqueue(id, Math.max(atMs, this.#kernel.now));
  }

  stop(): void {
    this.#kernel.cancel(this.#event);
    this.#event = undefined;
    while (this.#queue.pop());
  }

  #enqueue(id: string, atMs: number): void {
    this.#queue.push({ atMs, seq: this.#seq++, id });
    this.#schedule();
  }

  #dueAt(item: Item): number | undefined {
    const attribute = this.#table.schema.ttlAttribute;
    const seconds = attribute === undefined ? undefined : item[attribute]?.N;
    if (seconds === undefined) return undefined;
    const expiryMs = Math.floor(Number(seconds)) * 1000;
    if (expiryMs < this.#kernel.now - FORGOTTEN_AFTER_MS) return undefined;
    const dueMs = expiryMs + this.#delayMs;
    return Number.isSafeInteger(dueMs) ? dueMs : undefined;
  }

  #schedule(): void {
    const next = this.#queue.peek();
    if (!next || (this.#event && !this.#event.cancelled && this.#event.atMs <= next.atMs)) return;
    this.#kernel.cancel(this.#event);
    const label = `dynamodb ${this.#table.name}: time to live`;
    this.#event = this.#kernel.at(next.atMs, label, () => this.#run(), true);
  }

  #run(): void {
    const { now } = this.#kernel;
    while (this.#queue.length > 0 && this.#queue.peek()!.atMs <= now) {
      const { id } = this.#queue.pop()!;
      const stored = this.#table.find(id);
      const dueMs = stored && this.#dueAt(stored.item);
      // Written again since: a later entry of the queue stands for its new expiry.
      if (dueMs === undefined || dueMs > now) continue;
      if (!this.#expire(id)) this.#enqueue(id, now + 1);
    }
    this.#schedule();
  }
}
