import type { SimEvent } from "../../kernel/kernel";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Archive, ArchivedEvent } from "./archive";
import { replayed } from "./envelope";
import type { EventBus } from "./event-bus";

export interface ReplaySettings {
  readonly name: string;
  readonly arn: string;
  readonly archive: Archive;
  readonly bus: EventBus;
  /** Times of events, both included: virtual milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The only rules that get the events; all of the bus if absent. */
  readonly ruleArns?: readonly string[];
  readonly description?: string;
}

export type ReplayState = "STARTING" | "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED";

/** Events of one minute, by their own time, are replayed together. Source: StartReplay. */
const SLICE_MS = 60_000;

/**
 * Sends a part of an archive to its bus once more: minute after minute of the events' own time, without the minutes in
 * which nothing happened, within a minute in no particular order. Assumption: `eventbridge.replaySliceMs`.
 */
export class Replay {
  readonly startedAtMs: number;
  #state: ReplayState = "STARTING";
  #endedAtMs: number | undefined;
  #lastReplayedMs: number | undefined;
  #next: SimEvent;

  constructor(
    readonly settings: ReplaySettings,
    private readonly account: Account,
  ) {
    this.startedAtMs = account.kernel.now;
    this.#next = this.#later("starts", () => {
      this.#state = "RUNNING";
      this.#planSlice(settings.fromMs);
    });
  }

  get state(): ReplayState {
    return this.#state;
  }

  get isUnderWay(): boolean {
    return ["STARTING", "RUNNING", "CANCELLING"].includes(this.#state);
  }

  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  /** The time of the last event that was replayed. */
  get lastReplayedMs(): number | undefined {
    return this.#lastReplayedMs;
  }

  /** @throws IllegalStatusException once it has come to its end */
  cancel(): void {
    if (this.#state !== "STARTING" && this.#state !== "RUNNING") {
      throw new ServiceError(
        "IllegalStatusException",
        `Replay ${this.settings.name} is not in a valid state for this operation.`,
      );
    }
    this.account.kernel.cancel(this.#next);
    this.#state = "CANCELLING";
    this.#next = this.#later("is cancelled", () => this.#end("CANCELLED"));
  }

  /** @param fromMs what has an earlier time has been replayed */
  #planSlice(fromMs: number): void {
    const left = this.#events().filter(({ eventAtMs }) => eventAtMs >= fromMs);
    if (left.length === 0) return this.#end("COMPLETED");
    const first = left.reduce((least, { eventAtMs }) => Math.min(least, eventAtMs), Infinity);
    const untilMs = first - (first % SLICE_MS) + SLICE_MS;
    this.#next = this.#later("replays a minute", () => {
      for (const event of this.#events()) {
        if (event.eventAtMs >= fromMs && event.eventAtMs < untilMs) this.#replay(event);
      }
      this.#planSlice(untilMs);
    });
  }

  #events(): ArchivedEvent[] {
    const { archive, fromMs, toMs } = this.settings;
    return archive.events().filter(({ eventAtMs }) => fromMs <= eventAtMs && eventAtMs <= toMs);
  }

  #replay({ envelope, eventAtMs }: ArchivedEvent): void {
    const { bus, name, ruleArns } = this.settings;
    this.#lastReplayedMs = Math.max(this.#lastReplayedMs ?? 0, eventAtMs);
    this.account.usage.add("eventbridge.replayedEvents", 1);
    bus.receive(replayed(envelope, name), ruleArns && new Set(ruleArns));
  }

  #end(state: "COMPLETED" | "CANCELLED"): void {
    this.#state = state;
    this.#endedAtMs = this.account.kernel.now;
  }

  #later(what: string, run: () => void): SimEvent {
    const delayMs = this.account.assumptions.number("eventbridge.replaySliceMs");
    return this.account.kernel.after(delayMs, `replay ${this.settings.name}: ${what}`, run);
  }
}
