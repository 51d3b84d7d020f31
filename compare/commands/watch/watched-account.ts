import type { SimulatedAws } from "../../../simulator";
import type { Account, HttpRequest, HttpResponse } from "../../account";

/**
 * An account whose time passes in steps, with something to do after each. The run in it stays the same: what passes
 * between two events changes nothing.
 */
export class WatchedAccount implements Account {
  #doneAtMs: number;

  /**
   * @param stepMs the most time that passes in one step; asked before each
   * @param onStep what happens after each step; what it throws ends the run
   */
  constructor(
    private readonly inner: SimulatedAws,
    private readonly stepMs: () => number,
    private readonly onStep: () => Promise<void>,
  ) {
    this.#doneAtMs = inner.now;
  }

  async advance({ seconds }: { readonly seconds: number }): Promise<void> {
    const untilMs = this.inner.now + Math.round(seconds * 1_000);
    while (this.inner.now < untilMs) {
      const nextMs = Math.min(untilMs, this.inner.now + this.stepMs());
      await this.inner.advance({ seconds: (nextMs - this.inner.now) / 1_000 });
      await this.#step();
    }
  }

  async settle({ withinSeconds }: { readonly withinSeconds: number }): Promise<void> {
    const untilMs = this.inner.now + Math.round(withinSeconds * 1_000);
    for (;;) {
      const nextMs = Math.min(untilMs, this.inner.now + this.stepMs());
      try {
        await this.inner.settle({ withinSeconds: (nextMs - this.inner.now) / 1_000 });
        return;
      } catch (cause) {
        // Before the step's end it is the simulation that failed; at the very end, what was to settle has not.
        if (this.inner.now < nextMs || nextMs >= untilMs) throw cause;
      }
      await this.#step();
    }
  }

  /** Runs ask for time in pieces of their own: those that are smaller than a step make one together. */
  async #step(): Promise<void> {
    if (this.inner.now - this.#doneAtMs < this.stepMs()) return;
    this.#doneAtMs = this.inner.now;
    await this.onStep();
  }

  get outputs(): Account["outputs"] {
    return this.inner.outputs;
  }

  get now(): number {
    return this.inner.now;
  }

  get usage(): Account["usage"] {
    return this.inner.usage;
  }

  get assumptions(): Account["assumptions"] {
    return this.inner.assumptions;
  }

  get assumptionsUsed(): Account["assumptionsUsed"] {
    return this.inner.assumptionsUsed;
  }

  get trace(): Account["trace"] {
    return this.inner.trace;
  }

  client<Client extends object>(ClientClass: new (config: never) => Client): Client {
    return this.inner.client(ClientClass);
  }

  http(request: HttpRequest): Promise<HttpResponse> {
    return this.inner.http(request);
  }

  invocations(functionName: string): ReturnType<Account["invocations"]> {
    return this.inner.invocations(functionName);
  }

  asynchronousEvents(functionName: string): ReturnType<Account["asynchronousEvents"]> {
    return this.inner.asynchronousEvents(functionName);
  }

  writes(table: string): ReturnType<Account["writes"]> {
    return this.inner.writes(table);
  }

  mappings(): ReturnType<Account["mappings"]> {
    return this.inner.mappings();
  }

  onEventDone(check: () => void): void {
    this.inner.onEventDone(check);
  }
}
