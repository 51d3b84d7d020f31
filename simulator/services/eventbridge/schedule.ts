import type { SimEvent } from "../../kernel/kernel";
import type { Account } from "../account";
import type { Invocation } from "../lambda/invocation";
import { deliverToTarget } from "./delivery";
import { scheduledEvent } from "./envelope";
import type { RuleSettings, RuleTarget } from "./service";

/** What a run may find depends on time too: only after this long without any write is it safe to sleep. */
const QUIET_MS = 15 * 60_000;

/** One time that a schedule fired: idle once all its runs have ended without effect. */
interface Firing {
  readonly atMs: number;
  running: number;
  withoutEffect: boolean;
}

/**
 * A rule that fires at every multiple of its period since the rule was made, whatever its runs are doing.
 *
 * Idle, it costs nothing (assumption `schedule.idle`): when nothing was written for a quarter of an hour, a
 * firing that writes nothing and finds nothing is the last one until something is written. The runs left
 * out are counted, so that they can be priced.
 */
export class Schedule {
  readonly targets = new Map<string, RuleTarget>();
  readonly #startedAtMs: number;
  #next: SimEvent | undefined;
  /** Up to when the runs left out are counted; it sleeps while this is defined. */
  #accountedUntilMs: number | undefined;
  #runsUnderWay = 0;
  /** Whether a firing without effect ended a quiet time, and nothing was written since. */
  #isIdle = false;
  #lastWriteMs: number;
  #stopped = false;

  constructor(
    private settings: RuleSettings,
    private readonly account: Account,
  ) {
    this.#startedAtMs = account.kernel.now;
    this.#lastWriteMs = account.kernel.now;
    this.#plan();
  }

  update(settings: RuleSettings): void {
    this.accountForSkipped();
    this.#accountedUntilMs = undefined;
    this.account.kernel.cancel(this.#next);
    this.settings = settings;
    this.#plan();
  }

  stop(): void {
    this.accountForSkipped();
    this.#accountedUntilMs = undefined;
    this.account.kernel.cancel(this.#next);
    this.#stopped = true;
  }

  /** Something in the account was written: the next run may find it. */
  written(): void {
    this.#lastWriteMs = this.account.kernel.now;
    this.#isIdle = false;
    if (this.#accountedUntilMs === undefined) return;
    this.accountForSkipped();
    this.#accountedUntilMs = undefined;
    this.#plan();
  }

  accountForSkipped(): void {
    if (this.#accountedUntilMs === undefined) return;
    const { now } = this.account.kernel;
    const skipped = this.#firingsUntil(now) - this.#firingsUntil(this.#accountedUntilMs);
    this.#accountedUntilMs = now;
    if (skipped > 0) {
      this.account.usage.add("schedule.skippedInvocations", skipped * this.targets.size);
    }
  }

  unsettled(): string[] {
    const active = this.settings.enabled && this.targets.size > 0;
    if (!active || (this.#isIdle && this.#runsUnderWay === 0)) return [];
    return [`${this.settings.name}: has not yet run without effect after a quiet time`];
  }

  #firingsUntil(atMs: number): number {
    return Math.floor((atMs - this.#startedAtMs) / this.settings.periodMs);
  }

  #plan(): void {
    if (!this.settings.enabled || this.#stopped) return;
    const { kernel } = this.account;
    const { name, periodMs } = this.settings;
    const atMs = this.#startedAtMs + (this.#firingsUntil(kernel.now) + 1) * periodMs;
    this.#next = kernel.at(atMs, `rule ${name}: fires`, () => this.#fire(), true);
  }

  #fire(): void {
    const atMs = this.account.kernel.now;
    const firing: Firing = { atMs, running: 0, withoutEffect: true };
    this.#plan();
    const envelope = scheduledEvent(this.account, this.settings.arn, atMs);
    const identity = `${this.settings.name} at ${atMs}`;
    for (const target of this.targets.values()) {
      const delivered = deliverToTarget(
        this.account,
        this.settings,
        target,
        envelope,
        identity,
        (invocation) => this.#ended(firing, invocation),
      );
      if (!delivered) continue;
      firing.running++;
      this.#runsUnderWay++;
    }
    // Nobody ran, and nobody will: that has no effect either.
    if (firing.running === 0) this.#done(firing);
  }

  #ended(firing: Firing, { outcome, requestId }: Invocation): void {
    this.#runsUnderWay--;
    firing.running--;
    const effects = this.account.services.lambda.effectsOf(requestId);
    const nothing = effects?.writes === 0 && effects.itemsRead === 0;
    if (outcome !== "ok" || !nothing) firing.withoutEffect = false;
    if (firing.running === 0) this.#done(firing);
  }

  #done(firing: Firing): void {
    // Measured from the firing: a write while it ran may be one that it did not see.
    const quiet = firing.atMs - this.#lastWriteMs >= QUIET_MS;
    this.#isIdle = quiet && firing.withoutEffect;
    if (!this.#isIdle || this.#runsUnderWay > 0 || this.#stopped || !this.settings.enabled) return;
    if (this.account.assumptions.choice("schedule.idle") === "run") return;
    this.account.kernel.cancel(this.#next);
    // From here, not from the firing: what fell due while it ran did run.
    this.#accountedUntilMs ??= this.account.kernel.now;
  }
}
