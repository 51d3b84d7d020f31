import { isRetryable, type Sending } from "./clients";
import type { DeadLetter } from "./dead-letters";
import { timesOf, type Effects } from "./effects";
import { CONSUMERS, type Consumer } from "./order-events";
import type { OrderIndex } from "./order-index";
import type { OrderWorkload } from "./workload";

/** What became of an intent, or of a poison event. The first that fits, in this order, is its class. */
export type OrderClass =
  /** The API had to refuse it, and did: no record. */
  | "invalid"
  /** Never accepted, and nothing of it is anywhere: no record. */
  | "refused"
  | "processed"
  | "lost"
  | "deadLettered.good"
  | "deadLettered.bad"
  | "pending";

export interface Evidence {
  readonly workload: OrderWorkload;
  readonly sendings: readonly Sending[];
  readonly index: OrderIndex;
  readonly effects: Effects;
  readonly letters: readonly DeadLetter[];
  /** By consumer: orders, and poison events, that it can still be given. */
  readonly deliverable: Readonly<Record<Consumer, ReadonlySet<string>>>;
}

/** An intent, and what can be said of it. */
export interface JudgedIntent {
  readonly class: OrderClass;
  /** Orders of it that had both effects. */
  readonly processedOrders: number;
  /** An effect was had more than once, or for two orders. */
  readonly isTwice: boolean;
  /** It had an effect that a dead letter asks for again. */
  readonly isDeadThoughDone: boolean;
  readonly isAnsweredWrongly: boolean;
}

/** Where the event of an order, for one consumer, is. */
type Leg = "done" | "dead" | "waiting" | "gone";

/** Judges by what was committed, answered and kept; never by what a handler says of itself. */
export class Judge {
  readonly #dead: Readonly<Record<Consumer, ReadonlySet<string>>>;
  readonly #sendings = new Map<number, Sending[]>();

  constructor(private readonly evidence: Evidence) {
    const deadOf = (consumer: Consumer): Set<string> =>
      new Set(
        evidence.letters
          .filter((letter) => letter.consumer === consumer)
          .map(({ told }) => told.orderId),
      );
    this.#dead = { process: deadOf("process"), inventory: deadOf("inventory") };
    for (const sending of evidence.sendings) {
      const known = this.#sendings.get(sending.intent);
      if (known) known.push(sending);
      else this.#sendings.set(sending.intent, [sending]);
    }
  }

  /** Whether some request of an intent was answered 202. */
  isAccepted(intent: number): boolean {
    return this.#statuses(intent).includes(202);
  }

  intent(index: number): JudgedIntent {
    const { effects } = this.evidence;
    const orders = this.evidence.index.ofIntent[index]!;
    const times = (consumer: Consumer): number =>
      orders.reduce((sum, orderId) => sum + timesOf(effects, consumer, orderId), 0);
    const processedOrders = orders.filter((orderId) =>
      CONSUMERS.every((consumer) => timesOf(effects, consumer, orderId) > 0),
    ).length;
    return {
      class: this.#classOf(index, processedOrders > 0),
      processedOrders,
      isTwice: CONSUMERS.some((consumer) => times(consumer) > 1),
      isDeadThoughDone: orders.some((orderId) =>
        CONSUMERS.some(
          (consumer) =>
            timesOf(effects, consumer, orderId) > 0 && this.#dead[consumer].has(orderId),
        ),
      ),
      isAnsweredWrongly: this.#isAnsweredWrongly(index, processedOrders > 0),
    };
  }

  /** A poison event is where it belongs if both consumers' copies are kept. */
  poison(poisonId: string): OrderClass {
    const legs = CONSUMERS.map((consumer) => this.#leg(consumer, poisonId));
    if (legs.includes("gone")) return "lost";
    return legs.includes("waiting") ? "pending" : "deadLettered.bad";
  }

  #classOf(index: number, isProcessed: boolean): OrderClass {
    if (isProcessed) return "processed";
    const orders = this.evidence.index.ofIntent[index]!;
    const legs = orders.map((orderId) => CONSUMERS.map((consumer) => this.#leg(consumer, orderId)));
    const isSomewhere = legs.flat().some((leg) => leg !== "gone");
    if (!this.isAccepted(index) && !isSomewhere) {
      return this.evidence.workload.intents[index]!.kind === "order" ? "refused" : "invalid";
    }
    // The order that got furthest speaks for the intent.
    const whole = legs.find((each) => !each.includes("gone"));
    if (whole === undefined) return "lost";
    return whole.includes("dead") ? "deadLettered.good" : "pending";
  }

  #leg(consumer: Consumer, orderId: string): Leg {
    const { deliverable, effects, index } = this.evidence;
    if (timesOf(effects, consumer, orderId) > 0) return "done";
    if (this.#dead[consumer].has(orderId)) return "dead";
    const isWaiting = index.unpublished.has(orderId) || deliverable[consumer].has(orderId);
    return isWaiting ? "waiting" : "gone";
  }

  #isKeyTaken(index: number): boolean {
    const { intents } = this.evidence.workload;
    return intents.some((other) => other.reuses === index && this.isAccepted(other.index));
  }

  #statuses(intent: number): (number | undefined)[] {
    return (this.#sendings.get(intent) ?? []).flatMap(({ attempts }) =>
      attempts.map(({ status }) => status),
    );
  }

  /** Told of failure although it was processed, of success or failure that is none, or of a mistake not made. */
  #isAnsweredWrongly(index: number, isProcessed: boolean): boolean {
    const { kind, reuses } = this.evidence.workload.intents[index]!;
    const statuses = this.#statuses(index);
    const isAccepted = statuses.includes(202);
    if (kind === "invalid") return isAccepted;
    if (kind === "reused-key") return isAccepted && this.isAccepted(reuses!);
    if (statuses.includes(400)) return true;
    // An order that was refused leaves its key to whoever comes with it next.
    if (statuses.includes(422)) return !this.#isKeyTaken(index);
    return isProcessed && !isAccepted && isRetryable(statuses.at(-1));
  }
}
