import type { SimEvent } from "../../../kernel/kernel";
import type { Account } from "../../account";
import type { StreamRecord, StreamSource } from "../../stream-source";
import { backoffMs } from "./backoff";
import { type BatchLimits, RecordQueue } from "./batching";
import type { LanePlace, MappingOutlet, SendResult } from "./outlet";
import { type Plan, type Verdict, planFor, verdictOf } from "./outcome";
import type { PollClock } from "./poll-clock";
import type { StreamMappingSettings } from "./settings";
import { type Unit, expiredPrefix, freshUnit } from "./unit";

/** What the lanes of a mapping share. */
export interface LaneContext {
  readonly account: Account;
  readonly source: StreamSource;
  readonly outlet: MappingOutlet;
  readonly settings: StreamMappingSettings;
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
  readonly #queue = new RecordQueue();
  /** What is left of the batch in hand; the last unit is sent next. */
  readonly #work: Unit[] = [];
  #timer?: SimEvent;
  #inFlight = false;
  #retired = false;
  /** A failed unit is not sent again before this instant. */
  #notBeforeMs = 0;

  constructor(
    private readonly context: LaneContext,
    private readonly clock: PollClock,
    readonly shardId: string,
    readonly index: number,
    private readonly onLanded: (lane: Lane) => void,
  ) {}

  get inFlight(): boolean {
    return this.#inFlight;
  }

  /** What this lane still has to do, in words; nothing if it is idle. */
  get pending(): string | undefined {
    const { length } = this.#queue;
    const retrying = this.#work.reduce((sum, { records }) => sum + records.length, 0);
    if (!this.#inFlight && length + retrying === 0) return undefined;
    const flying = this.#inFlight ? "an invocation in flight, " : "";
    return `${this.shardId}/${this.index}: ${flying}${retrying} being retried, ${length} waiting`;
  }

  admit(record: StreamRecord): void {
    this.#queue.push(record);
    if (!this.#mayAct() || this.#work.length > 0) return;
    const dueAtMs = this.#queue.dueAtMs(this.#limits());
    if (!this.#timer || dueAtMs < this.#timer.atMs) this.#wakeAt(dueAtMs, "poll");
  }

  /** Sends what may be sent now, or schedules when to look again. */
  advance(): void {
    if (!this.#mayAct()) return;
    this.pause();
    const nowMs = this.context.account.kernel.now;
    for (;;) {
      if (this.#work.length > 0) {
        if (this.#notBeforeMs > nowMs) return this.#wakeAt(this.#notBeforeMs, "retry");
      } else {
        const dueAtMs = this.#queue.dueAtMs(this.#limits());
        if (dueAtMs === Infinity) return;
        if (dueAtMs > nowMs) return this.#wakeAt(dueAtMs, "poll");
        this.#work.push(freshUnit(this.#queue.take(this.#limits(), nowMs)));
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
    const inHand = this.#work.splice(0).reverse();
    return [...inHand.flatMap(({ records }) => records), ...this.#queue.takeAll()];
  }

  #mayAct(): boolean {
    return this.context.running && !this.#retired && !this.#inFlight;
  }

  #limits(): BatchLimits {
    const { enabledAtMs, settings } = this.context;
    return {
      batchSize: settings.batchSize,
      windowMs: settings.maximumBatchingWindowInSeconds * 1000,
      visibleAt: ({ arrivedAtMs }) => this.clock.firstAfter(Math.max(arrivedAtMs, enabledAtMs)),
    };
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
    const { account, outlet, source } = this.context;
    const nowMs = account.kernel.now;
    const gone = expiredPrefix(unit.records, source.retentionMs, nowMs);
    if (gone > 0) {
      const attempt = unit.failures + 1;
      const reason = "older than the stream's retention";
      outlet.decide(this, "expired", unit.records.slice(0, gone), { attempt, reason });
    }
    const readable = this.#withoutAged(gone > 0 ? from(unit, gone) : unit);
    return readable.records.length > 0 ? readable : undefined;
  }

  #withoutAged(unit: Unit): Unit {
    const { account, outlet, settings } = this.context;
    if (settings.maximumRecordAgeInSeconds < 0) return unit;
    const limitMs = settings.maximumRecordAgeInSeconds * 1000;
    // Only a batch that was split depends on what a split does to the age.
    const resets = unit.splitAtMs > 0 && account.assumptions.choice("bisect.recordAge") === "reset";
    const ageFromMs = resets ? unit.splitAtMs : 0;
    const aged = expiredPrefix(unit.records, limitMs, account.kernel.now, ageFromMs);
    if (aged === 0) return unit;
    const { failures, lastFailure } = unit;
    const policy = account.assumptions.choice("stream.ageExceededCount");
    const discarded = {
      shardId: this.shardId,
      records: unit.records.slice(0, aged),
      reason: "RecordAgeExceeded",
      approximateInvokeCount: policy === "n+1" ? failures + 1 : Math.max(1, failures),
      lastFailure,
    } as const;
    outlet.discard(this, discarded, failures + 1);
    return from(unit, aged);
  }

  #send(unit: Unit): void {
    const { outlet } = this.context;
    this.#inFlight = true;
    outlet.decide(this, "send", unit.records, { attempt: unit.failures + 1 });
    outlet.send(unit.records, (result) => {
      this.#inFlight = false;
      if (this.context.ended) return;
      this.#settle(unit, result);
      this.onLanded(this);
      this.advance();
    });
  }

  #settle(unit: Unit, result: SendResult): void {
    const { account, outlet, settings } = this.context;
    const { records } = unit;
    const verdict: Verdict =
      "reason" in result
        ? { kind: "throttled", reason: result.reason }
        : verdictOf(
            result,
            () => records.map(({ sequenceNumber }) => sequenceNumber),
            settings.reportBatchItemFailures,
          );
    const plan = planFor(
      verdict,
      { failures: unit.failures, size: records.length },
      settings,
      (name) => account.assumptions.choice(name),
    );
    outlet.lastProcessingResult =
      verdict.kind === "ok" || verdict.kind === "checkpoint"
        ? "OK"
        : "PROBLEM: Function call failed";
    const requestId = "requestId" in result ? result.requestId : undefined;
    const reason = "reason" in verdict ? verdict.reason : undefined;
    const tried = verdict.kind === "failed" ? withFailure(unit, verdict, result) : unit;
    this.#follow(plan, tried, { attempt: unit.failures + 1, requestId, reason });
  }

  /** Carries a plan out: what is left of the unit goes back on the pile, to be sent when it may. */
  #follow(
    plan: Plan,
    unit: Unit,
    details: { attempt: number; requestId?: string; reason?: string },
  ): void {
    const { account, outlet } = this.context;
    const { records, splitAtMs } = unit;
    switch (plan.kind) {
      case "done":
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
        return this.#again(1, freshUnit(records.slice(plan.done), splitAtMs));
      case "split": {
        outlet.decide(this, "split", records, details);
        const { at, failures } = plan;
        const halves = [records.slice(0, at), records.slice(at)].map((half) => ({
          ...freshUnit(half, account.kernel.now),
          failures,
          lastFailure: failures > 0 ? unit.lastFailure : undefined,
        }));
        return this.#again(Math.max(1, failures), ...halves);
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
    const rest = unit.records.slice(count);
    const { failures, lastFailure, records } = this.#withoutAged({
      ...unit,
      records: unit.records.slice(0, count),
    });
    if (records.length > 0) {
      const reason = "RetryAttemptsExhausted";
      const approximateInvokeCount = failures;
      const discarded = { shardId: this.shardId, records, reason, lastFailure } as const;
      this.context.outlet.discard(this, { ...discarded, approximateInvokeCount }, attempt);
    }
    this.#notBeforeMs = 0;
    if (rest.length > 0) this.#work.push(freshUnit(rest, unit.splitAtMs));
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
