import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Operation, Service } from "../service";
import { Schedule } from "./schedule";

export { eventBridgeResources } from "./resources";

/** What a rule sends its events to. */
export interface RuleTarget {
  readonly id: string;
  /** ARN of a Lambda function. */
  readonly arn: string;
  /** Constant JSON sent instead of the event. */
  readonly input?: string;
}

export interface RuleSettings {
  readonly name: string;
  readonly arn: string;
  readonly periodMs: number;
  readonly enabled: boolean;
}

/** Amazon EventBridge: rules with a schedule, and their targets. */
export class EventBridge implements Service {
  readonly serviceId = "EventBridge";
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly #schedules = new Map<string, Schedule>();

  constructor(private readonly account: Account) {}

  createRule(settings: RuleSettings): void {
    this.#schedules.set(settings.name, new Schedule(settings, this.account));
  }

  updateRule(settings: RuleSettings): void {
    this.#rule(settings.name).update(settings);
  }

  deleteRule(name: string): void {
    const schedule = this.#schedules.get(name);
    if (schedule && schedule.targets.size > 0) {
      throw new ServiceError("ValidationException", "Rule can't be deleted since it has targets.");
    }
    schedule?.stop();
    this.#schedules.delete(name);
  }

  putTarget(ruleName: string, target: RuleTarget): void {
    this.#rule(ruleName).targets.set(target.id, target);
  }

  removeTarget(ruleName: string, id: string): void {
    this.#schedules.get(ruleName)?.targets.delete(id);
  }

  /** Adds the runs that sleeping schedules have left out so far to what was used. */
  accountForSkipped(): void {
    for (const schedule of this.#schedules.values()) schedule.accountForSkipped();
  }

  remaining(): string[] {
    return [...this.#schedules.keys()].map((name) => `aws:cloudwatch/eventRule:EventRule ${name}`);
  }

  unsettled(): string[] {
    return [...this.#schedules.values()].flatMap((schedule) => schedule.unsettled());
  }

  #rule(name: string): Schedule {
    const schedule = this.#schedules.get(name);
    if (schedule) return schedule;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Rule ${name} does not exist on EventBus default.`,
    );
  }
}
