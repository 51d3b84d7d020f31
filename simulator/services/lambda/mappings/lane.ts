import type { SimEvent } from "../../../kernel/kernel";
import type { Account } from "../../account";
import type { StreamRecord, StreamSource } from "../../stream-source";
import { backoffMs } from "./backoff";
import type { DecisionKind } from "./decision";
import { Intake } from "./intake";
import { LaneWindows } from "./lane-windows";
import { type DecisionDetails, type LanePlace, type MappingOutlet, partOf } from "./outlet";
import type { SendResult } from "./outlet";
import { type Plan, type Verdict, planFor, verdictOf } from "./outcome";
import type { PollClock } from "./poll-clock";
import type { StreamMappingSettings } from "./settings";
import type { StreamFilter } from "./stream-filter";
import { isoSeconds } from "./tumbling-window";
import { type Closing, type Unit, expiredPrefix, freshUnit } from "./unit";

/** What the lanes of a mapping share. */
export interface LaneContext {
  readonly account: Account;
  readonly source: StreamSource;
  readonly outlet: MappingOutlet;
  readonly settings: StreamMappingSettings;
  /** Which records are delivered; all without it. */
  readonly filter: StreamFilter | undefined;
  /** Whether anything may be sent: enabled and not deleted. */
  readonly running: boolean;
  /** Whether the mapping was deleted: then no outcome matters any more. */
  readonly ended: boolean;
  /** When the mapping was enabled last: what was there before is seen by the first poll after it. */
  readonly enabledAtMs: number;
}

/**
 * One of the concurrent readers of a shard. It has at most one invocation in flight and at most one event
 * scheduled; while it has no records it has neither.
 */
export class Lane implements LanePlace {
  readonly #windows: LaneWindows;
  readonly #intake: Intake;
  /** What is left of the batch in hand; the last unit is sent next. */
  readonly #work: Unit[] = [];
  #timer?: SimEvent;
  #inFlight = false;
  #retired = false;
  /** A failed unit is not sent again before this instant. */
  #notBeforeMs = 0;

  constructor(
    private readonly context: LaneContext,
    clock: PollClock,
    readonly shardId: string,
    readonly index: number,
    private readonly onLanded: (lane: Lane) => void,
  ) {
    this.#windows = new LaneWindows(context);
    this.#intake = new Intake(context, clock, this.#windows, (records) =>
      context.outlet.decide(this, "filtered", records, { attempt: 0 }),
    );
  }

  get inFlight(): boolean {
    return this.#inFlight;
  }

  /** What this lane still has to do, in words; nothing if it is idle. */
  get pending(): string | undefined {
    const { length } = this.#intake;
    const retrying = this.#work.reduce((sum, { records }) => sum + records.length, 0);
    const { open } = this.#windows;
    if (!this.#inFlight && length + retrying === 0 && !open) return undefined;
    const flying = this.#inFlight ? "an invocation in flight, " : "";
    const window = open ? `, a window open until ${isoSeconds(open.endMs)}` : "";
    const place = `${this.shardId}/${this.index}`;
    return `${place}: ${flying}${retrying} being retried, ${length} waiting${window}`;
  }

  admit(record: StreamRecord): void {
    this.#intake.admit(record);
    if (!this.#mayAct() || this.#work.length > 0) return;
    const dueAtMs = this.#intake.dueAtMs();
    if (!this.#timer || dueAtMs < this.#timer.atMs) this.#wakeAt(dueAtMs, "poll");
  }

  /** After a change of the mapping's filters. */
  refilter(): void {
    this.#intake.refilter();
  }

  /** Sends what may be sent now, or schedules when to look again. */
  advance(): void {
    if (!this.#mayAct()) return;
    this.pause();
    const nowMs = this.context.account.kernel.now;
    this.#intake.poll(nowMs);
    for (;;) {
      if (this.#work.length > 0) {
        if (this.#notBeforeMs > nowMs) return this.#wakeAt(this.#notBeforeMs, "retry");
      } else {
        const dueAtMs = this.#intake.dueAtMs();
        if (dueAtMs === Infinity) return;
        if (dueAtMs > nowMs) return this.#wakeAt(dueAtMs, "poll");
        this.#work.push(this.#intake.nextUnit(nowMs));
      }
      const unit = this.#withoutExpired(this.#work.pop()!);
      if (unit) return this.#send(unit);
    }
  }

  /** Takes back what is scheduled; records and counters stay. */
  pause(): void {
    this.context.account.kernel.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Ends the lane once its invocation has landed, and hands over every record not in flight. */
  retire(): StreamRecord[] {
    this.#retired = true;
    this.pause();
    const inHand = this.#work
      .splice(0)
      .reverse()
      .flatMap(({ records }) => records);
    // While an invocation is in flight, its outcome still has a window to go to.
    if (this.#windows.open && !this.#inFlight) {
      this.context.account.assumptions.choice("windows.update");
      this.#loseState({ kind: "final", sinceMs: 0 }, 0, "the lanes of the shard have changed");
    }
    return [...inHand, ...this.#intake.takeAll()];
  }

  #mayAct(): boolean {
    return this.context.running && !this.#retired && !this.#inFlight;
  }

  #wakeAt(atMs: number, what: string): void {
    this.pause();
    const { account, settings } = this.context;
    const label = `mapping ${settings.name}: ${what} ${this.shardId}/${this.index}`;
    // Records that come from another lane may have been seen long ago.
    const dueAtMs = Math.max(atMs, account.kernel.now);
    this.#timer = account.kernel.at(dueAtMs, label, () => {
      this.#timer = undefined;
      this.advance();
    });
  }

  /** Drops the records at the front that are too old for the stream or the mapping. */
  #withoutExpired(unit: Unit): Unit | undefined {
    if (unit.records.length === 0 && unit.closing) {
      return this.#outlived(unit, unit.closing) ? undefined : unit;
    }
    const { account, source } = this.context;
    const nowMs = account.kernel.now;
    const gone = expiredPrefix(unit.records, source.retentionMs, nowMs);
    if (gone > 0) {
      const attempt = unit.failures + 1;
      const reason = "older than the stream's retention";
      const expired = { ...unit, records: unit.records.slice(0, gone) };
      this.#decide("expired", expired, { attempt, reason });
    }
    const readable = this.#withoutAged(gone > 0 ? from(unit, gone) : unit);
    return readable.records.length > 0 || readable.closing ? readable : undefined;
  }

  /** Gives an invocation without records up that is too old for the stream or the mapping. */
  #outlived(unit: Unit, closing: Closing): boolean {
    const { account, settings, source } = this.context;
    const { lastRecord } = this.#windows.open!;
    const ageMs = (): number => {
      const fromLast = account.assumptions.choice("windows.finalAge") === "last-record";
      return account.kernel.now - (fromLast ? lastRecord.arrivedAtMs : closing.sinceMs);
    };
    // Only where a limit might be passed, the assumption matters.
    const over = (limitMs: number): boolean =>
      account.kernel.now - lastRecord.arrivedAtMs > limitMs && ageMs() > limitMs;
    const attempt = unit.failures + 1;
    if (over(source.retentionMs)) {
      const reason = "older than the stream's retention";
      this.#decide("expired", unit, { attempt, reason });
      this.#loseState(closing, attempt, reason);
      return true;
    }
    const limitMs = settings.maximumRecordAgeInSeconds * 1000;
    if (limitMs < 0 || !over(limitMs)) return false;
    this.#discardForAge(unit, unit.records);
    this.#loseState(closing, attempt, "RecordAgeExceeded");
    return true;
  }

  #withoutAged(unit: Unit): Unit {
    const { account, settings } = this.context;
    if (settings.maximumRecordAgeInSeconds < 0 || unit.records.length === 0) return unit;
    const limitMs = settings.maximumRecordAgeInSeconds * 1000;
    // Only a batch that was split depends on what a split does to the age.
    const resets = unit.splitAtMs > 0 && account.assumptions.choice("bisect.recordAge") === "reset";
    const ageFromMs = resets ? unit.splitAtMs : 0;
    const aged = expiredPrefix(unit.records, limitMs, account.kernel.now, ageFromMs);
    if (aged === 0) return unit;
    this.#discardForAge(unit, unit.records.slice(0, aged));
    return from(unit, aged);
  }

  #discardForAge({ closing, failures, lastFailure }: Unit, records: readonly StreamRecord[]): void {
    const { account, outlet } = this.context;
    const policy = account.assumptions.choice("stream.ageExceededCount");
    const discarded = {
      shardId: this.shardId,
      records,
      window: this.#windows.callFor(closing),
      lastRecord: this.#windows.open?.lastRecord,
      reason: "RecordAgeExceeded",
      approximateInvokeCount: policy === "n+1" ? failures + 1 : Math.max(1, failures),
      lastFailure,
    } as const;
    outlet.discard(this, discarded, failures + 1);
  }

  #send(unit: Unit): void {
    const { outlet } = this.context;
    const { closing, records } = unit;
    this.#inFlight = true;
    this.#decide("send", unit, { attempt: unit.failures + 1 });
    const window = this.#windows.callFor(closing);
    outlet.send({ shardId: this.shardId, records, window }, (result) => {
      this.#inFlight = false;
      if (this.context.ended) return;
      this.#settle(unit, result);
      this.onLanded(this);
      this.advance();
    });
  }

  #settle(unit: Unit, result: SendResult): void {
    const { account, outlet, settings } = this.context;
    const { closing, records } = unit;
    const window = this.#windows.callFor(closing);
    const verdict: Verdict =
      "reason" in result
        ? { kind: "throttled", reason: result.reason }
        : this.#windows.judge(
            verdictOf(
              result,
              () => records.map(({ sequenceNumber }) => sequenceNumber),
              settings.reportBatchItemFailures,
            ),
            closing,
            result.response,
          );
    const plan = planFor(
      verdict,
      { failures: unit.failures, size: records.length },
      settings,
      (name) => account.assumptions.choice(name),
    );
    const progress = verdict.kind === "ok" || verdict.kind === "checkpoint";
    outlet.lastProcessingResult = progress ? "OK" : "PROBLEM: Function call failed";
    const requestId = "requestId" in result ? result.requestId : undefined;
    const reason = "reason" in verdict ? verdict.reason : undefined;
    const tried = verdict.kind === "failed" ? withFailure(unit, verdict, result) : unit;
    const details: DecisionDetails = { attempt: unit.failures + 1, requestId, reason };
    this.#follow(plan, tried, window ? { ...details, window: partOf(window) } : details);
    if (progress && this.#windows.open?.isTooLarge) this.#closeEarly();
  }

  /** The state has grown too large: before anything else the function is told to take it. */
  #closeEarly(): void {
    this.#notBeforeMs = 0;
    const sinceMs = this.context.account.kernel.now;
    this.#work.push(freshUnit([], 0, { kind: "early", sinceMs }));
  }

  /** Carries a plan out: what is left of the unit goes back on the pile, to be sent when it may. */
  #follow(plan: Plan, unit: Unit, details: DecisionDetails): void {
    const { account, outlet } = this.context;
    const { closing, records, splitAtMs } = unit;
    switch (plan.kind) {
      case "done":
        if (closing) this.#windows.taken(closing);
        return outlet.decide(this, "ok", records, details);
      case "throttled": {
        outlet.decide(this, "throttled", records, details);
        const throttles = unit.throttles + 1;
        return this.#again(throttles, { ...unit, throttles });
      }
      case "retry":
        outlet.decide(this, "retry", records, details);
        return this.#again(plan.failures, { ...unit, failures: plan.failures, throttles: 0 });
      case "checkpoint":
        outlet.decide(this, "checkpoint", records.slice(0, plan.done), details);
        return this.#again(1, freshUnit(records.slice(plan.done), splitAtMs, closing));
      case "split": {
        outlet.decide(this, "split", records, details);
        const { at, failures } = plan;
        const half = { failures, lastFailure: failures > 0 ? unit.lastFailure : undefined };
        const left = freshUnit(records.slice(0, at), account.kernel.now);
        // The window ends with its last records.
        const right = freshUnit(records.slice(at), account.kernel.now, closing);
        return this.#again(Math.max(1, failures), { ...left, ...half }, { ...right, ...half });
      }
      case "discard":
        return this.#giveUp({ ...unit, failures: plan.failures }, plan.count, details.attempt);
    }
  }

  /** Puts units back, the first one to be sent first, after the wait that `failures` failures ask for. */
  #again(failures: number, ...units: Unit[]): void {
    const { account } = this.context;
    const waitMs = backoffMs(account.assumptions.choice("stream.backoff"), failures);
    this.#notBeforeMs = account.kernel.now + waitMs;
    this.#work.push(...units.reverse());
  }

  /** The quota is used up. Records that are too old by now go for that reason, in a dead letter of their own. */
  #giveUp(unit: Unit, count: number, attempt: number): void {
    const { closing } = unit;
    const rest = unit.records.slice(count);
    const { failures, lastFailure, records } = this.#withoutAged({
      ...unit,
      records: unit.records.slice(0, count),
    });
    const reason = "RetryAttemptsExhausted";
    if (records.length > 0 || unit.records.length === 0) {
      const window = this.#windows.callFor(closing);
      const lastRecord = this.#windows.open?.lastRecord;
      const approximateInvokeCount = failures;
      const discarded = { shardId: this.shardId, records, reason, lastFailure } as const;
      const where = { window, lastRecord, approximateInvokeCount };
      this.context.outlet.discard(this, { ...discarded, ...where }, attempt);
    }
    this.#notBeforeMs = 0;
    if (rest.length > 0) this.#work.push(freshUnit(rest, unit.splitAtMs, closing));
    else if (closing) this.#loseState(closing, attempt, reason);
  }

  #loseState(closing: Closing, attempt: number, reason: string): void {
    const window = this.#windows.callFor(closing);
    if (!this.#windows.giveUp(closing) || !window) return;
    const details = { attempt, reason, window: partOf(window) };
    this.context.outlet.decide(this, "state-dropped", [], details);
  }

  #decide(kind: DecisionKind, { closing, records }: Unit, details: DecisionDetails): void {
    const window = this.#windows.callFor(closing);
    const all = window ? { ...details, window: partOf(window) } : details;
    this.context.outlet.decide(this, kind, records, all);
  }
}

const from = (unit: Unit, index: number): Unit => ({ ...unit, records: unit.records.slice(index) });

/** Only an invocation can fail: what was refused before it is throttled. */
function withFailure(
  unit: Unit,
  { functionError }: { functionError: "Unhandled" | null },
  result: SendResult,
): Unit {
  if (!("requestId" in result)) return unit;
  const { requestId, version: executedVersion } = result;
  return { ...unit, lastFailure: { requestId, executedVersion, functionError } };
}
