import type { SimulatedAws } from "../../../simulator";
import type { View, ViewLine } from "./view";

const FUNCTIONS = { publish: "orders-publish", process: "orders-process" } as const;
const TABLES = {
  outbox: "orders-outbox",
  processed: "orders-processed",
  reserved: "orders-reserved",
} as const;

/** `sqs <queue>: <message id> moves to <queue>`, as the trace has it. */
const MOVED = /^sqs \S+: \S+ moves to (\S+)$/;

/** How many orders are in each state. */
export class OrderCounts implements View {
  readonly title = "Orders";
  readonly #seen = new Map<string, number>();
  readonly #answers = { accepted: 0, refused: 0, failed: 0 };
  readonly #published = new Set<string>();
  /** By table: how often each order had its effect. */
  readonly #times = {
    processed: new Map<string, number>(),
    reserved: new Map<string, number>(),
  };
  #moved = 0;

  constructor(private readonly account: SimulatedAws) {}

  lines(): readonly ViewLine[] {
    this.#readAnswers();
    this.#readOutbox();
    this.#readEffects("processed", "processedTimes");
    this.#readEffects("reserved", "times");
    const { entries } = this.account.trace;
    this.#each("trace", entries, ({ label }) => {
      if (MOVED.test(label)) this.#moved += 1;
    });
    const { processed, reserved } = this.#times;
    const ended = this.account.asynchronousEvents(FUNCTIONS.process);
    const lost = ended.filter(({ ended: how }) => how !== undefined && how !== "ok").length;
    const counts = {
      "answered 202, repeated requests included": this.#answers.accepted,
      "answered 4xx by the function": this.#answers.refused,
      "not answered, or 5xx": this.#answers.failed,
      "  published by the outbox": this.#published.size,
      "  processed": processed.size,
      "  processed more than once": moreThanOnce(processed),
      "  given up by ProcessOrder": lost,
      "  stock reserved": reserved.size,
      "  stock reserved more than once": moreThanOnce(reserved),
      "  received too often, now in a dead-letter queue": this.#moved,
    };
    return Object.entries(counts).map(([label, count]) => {
      return { key: label.trim(), label, state: String(count) };
    });
  }

  /** Answers come when invocations end, which is not the order in which they began. */
  #readAnswers(): void {
    const invocations = this.account.invocations(FUNCTIONS.publish);
    const counts = { accepted: 0, refused: 0, failed: 0 };
    for (const { outcome, response } of invocations) {
      if (outcome === undefined) continue;
      const status = (response as { statusCode?: number } | undefined)?.statusCode ?? 500;
      counts[status < 300 ? "accepted" : status < 500 ? "refused" : "failed"] += 1;
    }
    Object.assign(this.#answers, counts);
  }

  #readOutbox(): void {
    this.#each(TABLES.outbox, this.account.writes(TABLES.outbox), ({ after }) => {
      if (after?.["publishedAt"] !== undefined) this.#published.add(after["id"]?.S ?? "");
    });
  }

  #readEffects(effect: "processed" | "reserved", counter: string): void {
    this.#each(TABLES[effect], this.account.writes(TABLES[effect]), ({ after }) => {
      const id = after?.["orderId"]?.S;
      if (id !== undefined) this.#times[effect].set(id, Number(after?.[counter]?.N ?? 1));
    });
  }

  /** What was added to a list since the last look. */
  #each<T>(name: string, list: readonly T[], look: (item: T) => void): void {
    for (let at = this.#seen.get(name) ?? 0; at < list.length; at += 1) look(list[at]!);
    this.#seen.set(name, list.length);
  }
}

function moreThanOnce(times: ReadonlyMap<string, number>): number {
  return [...times.values()].filter((count) => count > 1).length;
}
