import type { Account, HttpResponse } from "../account";
import { createDraws, type Draws } from "../draws";
import type { OrderTopology } from "./topology";
import type { VirtualTimers } from "./virtual-timers";
import type { Intent, OrderWorkload } from "./workload";

/** Attempts of one sending, the first included. */
const ATTEMPTS_MAX = 4;
/** A client waits for an answer no longer than this, which is less than PublishOrder may take. */
const PATIENCE_MS = 8_000;
/** Before the second attempt, doubling, plus a jitter of up to the same. */
const BACKOFF_MS = 1_000;

/** One request, and what came back. */
export interface Attempt {
  readonly startedAtMs: number;
  /** Undefined: nothing came back, or too late. */
  readonly status: number | undefined;
  /** Of an answer 202. */
  readonly orderId: string | undefined;
}

/** An intent sent once, with as many attempts as that took. */
export interface Sending {
  readonly intent: number;
  readonly attempts: readonly Attempt[];
}

/** Whether a client tries again, or would if it had an attempt left. */
export function isRetryable(status: number | undefined): boolean {
  return status === undefined || status === 429 || status >= 500;
}

/** The clients of the orders API: each sends at its time, whatever the others wait for. */
export class Clients {
  readonly sendings: Sending[] = [];
  #open = 0;
  readonly #jitter: Draws;

  constructor(
    private readonly account: Account,
    private readonly topology: OrderTopology,
    private readonly timers: VirtualTimers,
    seed: number,
  ) {
    this.#jitter = createDraws(seed, "orders.clients");
  }

  /** Nobody waits for an answer, or to try again. */
  get isDone(): boolean {
    return this.#open === 0;
  }

  start({ intents }: OrderWorkload, startMs: number): void {
    for (const intent of intents) {
      for (const sendAtMs of intent.sendsAtMs) {
        // Drawn now, so that it does not depend on when others are answered.
        const jitter = Array.from(
          { length: ATTEMPTS_MAX - 1 },
          () => this.#jitter.integer(0, 1_000) / 1_000,
        );
        this.timers.at(startMs + sendAtMs, () => this.#send(intent, jitter));
      }
    }
  }

  #send(intent: Intent, jitter: readonly number[]): void {
    const attempts: Attempt[] = [];
    this.sendings.push({ intent: intent.index, attempts });
    this.#open += 1;
    this.#attempt(intent, attempts, jitter);
  }

  #attempt(intent: Intent, attempts: Attempt[], jitter: readonly number[]): void {
    const startedAtMs = this.account.now;
    let isOver = false;
    const over = (status: number | undefined, orderId?: string): void => {
      if (isOver) return;
      isOver = true;
      attempts.push({ startedAtMs, status, orderId });
      const wait = jitter[attempts.length - 1];
      if (!isRetryable(status) || wait === undefined) {
        this.#open -= 1;
        return;
      }
      const backoffMs = BACKOFF_MS * 2 ** (attempts.length - 1);
      this.timers.after(Math.round(backoffMs * (1 + wait)), () =>
        this.#attempt(intent, attempts, jitter),
      );
    };
    this.timers.after(PATIENCE_MS, () => over(undefined));
    this.#request(intent).then(
      (answer) => over(answer.status, orderIdOf(answer)),
      // A connection that broke: what became of the request is not known.
      () => over(undefined),
    );
  }

  #request({ body, key }: Intent): Promise<HttpResponse> {
    const { ordersApiUrl, ordersClientRoleArn } = this.topology;
    return this.account.http({
      method: "POST",
      url: ordersApiUrl,
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body,
      ...(ordersClientRoleArn && { as: ordersClientRoleArn }),
    });
  }
}

function orderIdOf({ body, status }: HttpResponse): string | undefined {
  return status === 202 ? (JSON.parse(body) as { orderId?: string }).orderId : undefined;
}
