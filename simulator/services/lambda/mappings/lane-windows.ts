import type { StreamRecord } from "../../stream-source";
import { PAYLOAD_BYTES_MAX } from "./batching";
import type { LaneContext } from "./lane";
import type { Verdict } from "./outcome";
import { TumblingWindow, type WindowCall, windowEndMs } from "./tumbling-window";
import type { Closing } from "./unit";
import { windowVerdictOf } from "./window-response";

/**
 * The tumbling windows of one lane: at most one is open. A window opens with the first record that is read of
 * it, so that one without records costs nothing.
 *
 * AWS allows windows with a parallelization factor of 1 alone: then a lane is a shard.
 */
export class LaneWindows {
  #open: TumblingWindow | undefined;
  /** Left over from a window whose final invocation was given up. */
  #leftOver: string | undefined;

  constructor(private readonly context: Pick<LaneContext, "account" | "settings">) {}

  get open(): TumblingWindow | undefined {
    return this.#open;
  }

  /** When the window ends that the next batch belongs to; `Infinity` without windows. */
  untilMs(first: StreamRecord | undefined): number {
    if (this.#open) return this.#open.endMs;
    const lengthMs = this.context.settings.tumblingWindowInSeconds * 1000;
    return lengthMs > 0 && first ? windowEndMs(first, lengthMs) : Infinity;
  }

  /** What the state leaves of an invocation's payload. */
  get payloadBytesMax(): number {
    return PAYLOAD_BYTES_MAX - (this.#open?.stateBytes ?? 0);
  }

  /** Whether no more records are to be read of the open window: the next one, if any, is of a later one. */
  isDrained(first: StreamRecord | undefined): boolean {
    return this.#open !== undefined && !(first && this.#open.holds(first));
  }

  /** When Lambda closes a window of which it has seen no later record. */
  get idleCloseMs(): number {
    return this.#open!.endMs + this.context.account.assumptions.number("windows.idleCloseMs");
  }

  /** A batch was read: all its records are of one window. */
  read(records: readonly StreamRecord[]): void {
    const last = records.at(-1)!;
    if (this.#open) {
      this.#open.lastRecord = last;
      return;
    }
    const lengthMs = this.context.settings.tumblingWindowInSeconds * 1000;
    if (lengthMs === 0) return;
    const endMs = windowEndMs(records[0]!, lengthMs);
    this.#open = new TumblingWindow(endMs - lengthMs, endMs, last, this.#leftOver);
    this.#leftOver = undefined;
  }

  /** Whether a batch is final, although it has records: the next record is of a later window. */
  isFinalBatch(next: StreamRecord | undefined): boolean {
    if (!next || !this.isDrained(next)) return false;
    return this.context.account.assumptions.choice("windows.finalRecords") === "last-batch";
  }

  /** What the next invocation is told. */
  callFor(closing: Closing | undefined): WindowCall | undefined {
    if (!this.#open) return undefined;
    const { startMs, endMs, stateJson } = this.#open;
    const isTerminatedEarly = closing?.kind === "early";
    const isFinal =
      closing?.kind === "final" ||
      (isTerminatedEarly && this.#choice("windows.earlyFlags") === "both");
    return { startMs, endMs, stateJson, isFinal, isTerminatedEarly };
  }

  /** Takes the state over from a response. */
  judge(verdict: Verdict, closing: Closing | undefined, response: unknown): Verdict {
    if (!this.#open) return verdict;
    const isFinal = closing?.kind === "final";
    const judged = windowVerdictOf(verdict, response, { isFinal }, (name) => this.#choice(name));
    // What the invocation that takes a state returns has nowhere to go, unless records are left of its batch.
    const ends = closing !== undefined && judged.verdict.kind === "ok";
    if (judged.stateJson !== undefined && !ends) this.#open.keep(judged.stateJson);
    return judged.verdict;
  }

  /** The function has taken the state: the window is over, or goes on with a fresh one. */
  taken({ kind }: Closing): void {
    if (kind === "early") this.#open?.reset();
    else this.#open = undefined;
  }

  /**
   * The state was not taken, and will not be.
   *
   * @returns whether it is lost (assumption: windows.stateAfterDiscard)
   */
  giveUp({ kind }: Closing): boolean {
    const keeps = kind === "final" && this.#choice("windows.stateAfterDiscard") === "next-window";
    if (keeps) this.#leftOver = this.#open?.stateJson;
    this.taken({ kind, sinceMs: 0 });
    return !keeps;
  }

  #choice(name: Parameters<LaneContext["account"]["assumptions"]["choice"]>[0]): string {
    return this.context.account.assumptions.choice(name);
  }
}
