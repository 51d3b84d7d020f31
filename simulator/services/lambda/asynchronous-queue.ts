import type { Account } from "../account";
import { uuidOf } from "../../kernel/random";
import type { Invocation, InvokeRequest } from "./invocation";

/** Waits before the first and the second retry. Source: recorded from AWS. */
const RETRY_DELAYS_MS = [60_000, 120_000];

/** Back-off after a throttle, doubling. Source: "Error handling for asynchronous invocation". */
const THROTTLE_DELAY_MS = 1_000;
const THROTTLE_DELAY_MAX_MS = 300_000;

/** Source: "Configuring error handling settings for asynchronous invocations". */
const EVENT_AGE_MAX_MS = 21_600_000;

/** The queue behind asynchronous invocation: one request id for all attempts of an event. */
export class AsynchronousQueue {
  #sent = 0;

  constructor(
    private readonly account: Account,
    private readonly invoke: (request: InvokeRequest) => void,
  ) {}

  /** Answers the event's request id, the same for every attempt. */
  send(request: InvokeRequest): string {
    const { kernel, random } = this.account;
    const requestId = uuidOf(`${random.seed} asynchronous ${++this.#sent}`);
    const expiresAt = kernel.now + EVENT_AGE_MAX_MS;
    let failures = 0;
    let throttles = 0;
    const later = (delayMs: number, why: string, invocation: Invocation): void => {
      // The age is tested ahead: an event that would be too old at its next attempt gets none.
      if (kernel.now + delayMs >= expiresAt) request.onOutcome(invocation);
      else kernel.after(delayMs, `${request.functionName}: ${why}`, attempt);
    };
    const onOutcome = (invocation: Invocation): void => {
      if (invocation.outcome === "ok") request.onOutcome(invocation);
      else if (invocation.outcome === "throttled") {
        const delayMs = Math.min(THROTTLE_DELAY_MS * 2 ** throttles++, THROTTLE_DELAY_MAX_MS);
        later(delayMs, "asynchronous event after a throttle", invocation);
      } else {
        const delayMs = RETRY_DELAYS_MS[failures++];
        if (delayMs === undefined) request.onOutcome(invocation);
        else later(delayMs, "asynchronous retry", invocation);
      }
    };
    const attempt = (): void => this.invoke({ ...request, requestId, onOutcome });
    attempt();
    return requestId;
  }
}
