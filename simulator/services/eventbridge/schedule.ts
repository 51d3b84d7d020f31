import type { SimEvent } from "../../kernel/kernel";
import type { Account } from "../account";
import type { Invocation } from "../lambda/invocation";
import { deliver } from "./delivery";
import { scheduledEvent } from "./envelope";
import type { Rule, RuleSettings } from "./rule";

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
    private readonly rule: Rule,
    private readonly account: Account,
  ) {
    this.#startedAtMs = account.kernel.now;
    this.#lastWriteMs = account.kernel.now;
    this.#plan();
  }

  /** The rule has other settings. */
  update(): void {
    this.accountForSkipped();
    this.#accountedUntilMs = undefined;
    this.account.kernel.cancel(this.#next);
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
      this.account.usage.add("schedule.skippedInvocations", skipped * this.rule.targets.size);
    }
  }

  unsettled(): string[] {
    const active = this.#settings.enabled && this.rule.targets.size > 0;
    if (!active || (this.#isIdle && this.#runsUnderWay === 0)) return [];
    return [`${this.#settings.name}: has not yet run without effect after a quiet time`];
  }

  #firingsUntil(atMs: number): number {
    return Math.floor((atMs - this.#startedAtMs) / this.#periodMs);
  }

  #plan(): void {
    if (!this.#settings.enabled || this.#stopped) return;
    const { kernel } = this.account;
    const atMs = this.#startedAtMs + (this.#firingsUntil(kernel.now) + 1) * this.#periodMs;
    const label = `rule ${this.#settings.name}: fires`;
    this.#next = kernel.at(atMs, label, () => this.#fire(), true);
  }

  #fire(): void {
    const { rule } = this;
    const atMs = this.account.kernel.now;
    const targets = [...rule.targets.values()];
    // One more than its targets: it must not be done before all of them have been tried.
    const firing: Firing = { atMs, running: targets.length + 1, withoutEffect: true };
    this.#runsUnderWay += targets.length;
    this.#plan();
    const envelope = scheduledEvent(this.account, this.#settings.arn, atMs);
    const identity = `${this.#settings.name} at ${atMs}`;
    for (const target of targets) {
      const onDone = (invocation?: Invocation): void => {
        this.#runsUnderWay--;
        this.#ended(firing, invocation);
      };
      deliver(this.account, { rule, target, envelope, identity, receivedAtMs: atMs, onDone });
    }
    this.#ended(firing);
  }

  /** Without an invocation nobody ran, and nobody will: that has no effect either. */
  #ended(firing: Firing, invocation?: Invocation): void {
    firing.running--;
    if (invocation) {
      const effects = this.account.services.lambda.effectsOf(invocation.requestId);
      const nothing = effects?.writes === 0 && effects.itemsRead === 0;
      if (invocation.outcome !== "ok" || !nothing) firing.withoutEffect = false;
    }
    if (firing.running === 0) this.#done(firing);
  }

  #done(firing: Firing): void {
    // Measured from the firing: a write while it ran may be one that it did not see.
    const quiet = firing.atMs - this.#lastWriteMs >= QUIET_MS;
    this.#isIdle = quiet && firing.withoutEffect;
    if (!this.#isIdle || this.#runsUnderWay > 0 || this.#stopped || !this.#settings.enabled) return;
    if (this.account.assumptions.choice("schedule.idle") === "run") return;
    this.account.kernel.cancel(this.#next);
    // From here, not from the firing: what fell due while it ran did run.
    this.#accountedUntilMs ??= this.account.kernel.now;
  }

  get #settings(): RuleSettings {
    return this.rule.settings;
  }

  get #periodMs(): number {
    return this.#settings.schedule!.periodMs;
  }
}
