import TinyQueue from "tinyqueue";
import type { Message } from "./message";

/** Which visible message of a queue comes next. */
export interface DeliveryOrder {
  /** A message has been stored, whatever its state. */
  stored(message: Message): void;
  /** A message can be received (again). */
  ready(message: Message): void;
  /** A message is in the hands of a consumer. */
  taken(message: Message): void;
  /** The consumer's time with it is over; `ready` follows. */
  returned(message: Message): void;
  /** Called before the message's state changes. */
  removed(message: Message): void;
  /**
   * Takes the next message out of the order; its caller then marks it taken or removed.
   *
   * @param opened groups that this very request already takes from
   */
  next(opened: Set<string>): Message | undefined;
  /** Whether `next` would find one. */
  hasNext(): boolean;
  clear(): void;
}

const byOrder = (a: { order: number }, b: { order: number }): number => a.order - b.order;

/** AWS promises no order for standard queues; here it is the order of arrival, so that runs repeat. */
export class StandardOrder implements DeliveryOrder {
  #heap = new TinyQueue<Message>([], byOrder);

  stored(): void {}

  ready(message: Message): void {
    this.#heap.push(message);
  }

  taken(): void {}

  returned(): void {}

  removed(): void {}

  next(): Message | undefined {
    return this.hasNext() ? this.#heap.pop() : undefined;
  }

  hasNext(): boolean {
    while (this.#heap.length > 0 && this.#heap.peek()!.state !== "ready") this.#heap.pop();
    return this.#heap.length > 0;
  }

  clear(): void {
    this.#heap = new TinyQueue<Message>([], byOrder);
  }
}

interface Group {
  readonly id: string;
  /** All its messages, first sent first. */
  readonly messages: Message[];
  inFlight: number;
}

/** FIFO: within a group strictly in order, and nothing while one of its messages is in flight. */
export class FifoOrder implements DeliveryOrder {
  readonly #groups = new Map<string, Group>();
  /** Groups that could be read, by their first message; entries may be out of date. */
  #heap = new TinyQueue<{ order: number; group: Group }>([], byOrder);

  stored(message: Message): void {
    const id = message.groupId ?? "";
    let group = this.#groups.get(id);
    if (!group) this.#groups.set(id, (group = { id, messages: [], inFlight: 0 }));
    group.messages.push(message);
  }

  ready(message: Message): void {
    this.#offer(this.#groups.get(message.groupId ?? ""));
  }

  taken(message: Message): void {
    this.#groups.get(message.groupId ?? "")!.inFlight++;
  }

  removed(message: Message): void {
    const group = this.#groups.get(message.groupId ?? "");
    if (!group) return;
    const index = group.messages.indexOf(message);
    if (index !== -1) group.messages.splice(index, 1);
    if (message.state === "in-flight") group.inFlight--;
    if (group.messages.length === 0) this.#groups.delete(group.id);
    else this.#offer(group);
  }

  returned(message: Message): void {
    this.#groups.get(message.groupId ?? "")!.inFlight--;
  }

  next(opened: Set<string>): Message | undefined {
    for (const id of opened) {
      const message = this.#firstNotTaken(this.#groups.get(id));
      if (message) return message;
    }
    if (!this.hasNext()) return undefined;
    const { group } = this.#heap.pop()!;
    opened.add(group.id);
    return group.messages[0];
  }

  hasNext(): boolean {
    while (this.#heap.length > 0 && !this.#valid(this.#heap.peek()!)) this.#heap.pop();
    return this.#heap.length > 0;
  }

  clear(): void {
    this.#groups.clear();
    this.#heap = new TinyQueue<{ order: number; group: Group }>([], byOrder);
  }

  #offer(group: Group | undefined): void {
    const first = group?.messages[0];
    if (!group || group.inFlight > 0 || first?.state !== "ready") return;
    this.#heap.push({ order: first.order, group });
  }

  #valid({ group, order }: { order: number; group: Group }): boolean {
    const first = group.messages[0];
    return group.inFlight === 0 && first?.order === order && first.state === "ready";
  }

  /** The message after those taken in this request, if the group has one that is visible. */
  #firstNotTaken(group: Group | undefined): Message | undefined {
    const message = group?.messages.find(({ state }) => state !== "in-flight");
    return message?.state === "ready" ? message : undefined;
  }
}
