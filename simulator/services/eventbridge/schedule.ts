import type { SimEvent } from "../../kernel/kernel";
import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import type { Invocation } from "../lambda/invocation";
import type { RuleSettings, RuleTarget } from "./service";

/** What a run may find depends on time too: only after this long without any write is it safe to sleep. */
const QUIET_MS = 15 * 60_000;

/**
 * A rule that fires at every multiple of its period since the account began.
 *
 * Idle, it costs nothing (assumption `schedule.idle`): when nothing was written for a quarter of an hour, a run that
 * writes nothing and finds nothing is the last one until something is written. The runs left out are counted, so
 * that they can be priced.
 */
export class Schedule {
  readonly targets = new Map<string, RuleTarget>();
  readonly #startedAtMs: number;
  #next: SimEvent | undefined;
  /** Since when it sleeps: the instant of the last run. */
  #asleepSinceMs: number | undefined;
  #accountedUntilMs = 0;
  #runsUnderWay = 0;
  /** Whether a run without effect ended a quiet time, and nothing was written since. */
  #isIdle = false;
  #lastWriteMs: number;

  constructor(
    private settings: RuleSettings,
    private readonly account: Account,
  ) {
    this.#startedAtMs = account.kernel.now;
    this.#lastWriteMs = account.kernel.now;
    account.services.dynamodb.onWrite(() => this.#written());
    this.#plan();
  }

  update(settings: RuleSettings): void {
    this.stop();
    this.settings = settings;
    this.#asleepSinceMs = undefined;
    this.#plan();
  }

  stop(): void {
    this.accountForSkipped();
    this.account.kernel.cancel(this.#next);
    this.#next = undefined;
  }

  accountForSkipped(): void {
    if (this.#asleepSinceMs === undefined) return;
    const untilMs = this.account.kernel.now;
    const { periodMs } = this.settings;
    const from = Math.max(this.#asleepSinceMs, this.#accountedUntilMs);
    const skipped = this.#firingsUntil(untilMs, periodMs) - this.#firingsUntil(from, periodMs);
    this.#accountedUntilMs = untilMs;
    if (skipped > 0) {
      this.account.usage.add("schedule.skippedInvocations", skipped * this.targets.size);
    }
  }

  unsettled(): string[] {
    const active = this.settings.enabled && this.targets.size > 0;
    if (!active || (this.#isIdle && this.#runsUnderWay === 0)) return [];
    return [`${this.settings.name}: has not yet run without effect after a quiet time`];
  }

  #firingsUntil(atMs: number, periodMs: number): number {
    return Math.floor((atMs - this.#startedAtMs) / periodMs);
  }

  #plan(): void {
    if (!this.settings.enabled || this.#next) return;
    const { kernel } = this.account;
    const { name, periodMs } = this.settings;
    const firings = this.#firingsUntil(kernel.now, periodMs) + 1;
    const atMs = this.#startedAtMs + firings * periodMs;
    this.#next = kernel.at(atMs, `rule ${name}: fires`, () => this.#fire(), true);
  }

  #written(): void {
    this.#lastWriteMs = this.account.kernel.now;
    this.#isIdle = false;
    if (this.#asleepSinceMs === undefined) return;
    this.accountForSkipped();
    this.#asleepSinceMs = undefined;
    this.#plan();
  }

  #fire(): void {
    this.#next = undefined;
    const firedAtMs = this.account.kernel.now;
    for (const target of this.targets.values()) this.#send(target, firedAtMs);
    if (this.#runsUnderWay === 0) this.#plan();
    else if (this.account.assumptions.choice("schedule.idle") === "run") this.#plan();
  }

  #send(target: RuleTarget, firedAtMs: number): void {
    const { lambda } = this.account.services;
    const { arn, name } = this.settings;
    if (!lambda.policyAllows(target.arn, "events.amazonaws.com", arn)) {
      this.account.trace.append(firedAtMs, `rule ${name}: may not invoke ${target.arn}`);
      this.account.services.cloudwatch.count("FailedInvocations", name);
      return;
    }
    this.#runsUnderWay++;
    lambda.invokeAsync({
      functionName: target.arn,
      event: () => (target.input ? (JSON.parse(target.input) as unknown) : this.#event(firedAtMs)),
      recordCount: 1,
      identity: `${name} at ${firedAtMs}`,
      source: `rule ${name}`,
      onOutcome: (invocation) => this.#ended(invocation),
    });
  }

  #ended(invocation: Invocation): void {
    this.#runsUnderWay--;
    const effects = this.account.services.lambda.effectsOf(invocation.requestId);
    const idle =
      invocation.outcome === "ok" &&
      effects !== undefined &&
      effects.writes === 0 &&
      effects.itemsRead === 0 &&
      this.account.kernel.now - this.#lastWriteMs >= QUIET_MS;
    this.#isIdle = idle;
    if (this.#runsUnderWay > 0) return;
    if (idle && this.account.assumptions.choice("schedule.idle") === "sleep") {
      this.account.kernel.cancel(this.#next);
      this.#next = undefined;
      this.#asleepSinceMs = this.account.kernel.now;
    } else this.#plan();
  }

  /** Source: EventBridge user guide, "Scheduled Event". */
  #event(atMs: number): object {
    const { accountId, random, region } = this.account;
    return {
      version: "0",
      id: uuidOf(`${random.seed} ${this.settings.arn} ${atMs}`),
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: accountId,
      time: new Date(atMs).toISOString().replace(/\.\d{3}Z$/, "Z"),
      region,
      resources: [this.settings.arn],
      detail: {},
    };
  }
}
