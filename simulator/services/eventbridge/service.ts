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
  /** The queue that takes events which cannot be delivered. */
  readonly deadLetterArn?: string;
  /** For targets that can fail for a time; a function's asynchronous queue cannot. */
  readonly retryPolicy?: {
    readonly maximumRetryAttempts: number;
    readonly maximumEventAgeInSeconds: number;
  };
}

export interface RuleSettings {
  readonly name: string;
  readonly arn: string;
  readonly periodMs: number;
  readonly enabled: boolean;
}

/** Source: EventBridge quotas. */
const TARGETS_MAX = 5;

/** Amazon EventBridge: rules with a schedule, and their targets. */
export class EventBridge implements Service {
  readonly serviceId = "EventBridge";
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly #schedules = new Map<string, Schedule>();
  #listening = false;

  constructor(private readonly account: Account) {}

  createRule(settings: RuleSettings): void {
    if (this.#schedules.has(settings.name)) {
      throw new ServiceError(
        "ResourceAlreadyExistsException",
        `Rule ${settings.name} already exists.`,
      );
    }
    this.#listen();
    this.#schedules.set(settings.name, new Schedule(settings, this.account));
  }

  updateRule(settings: RuleSettings): void {
    this.#rule(settings.name).update(settings);
  }

  deleteRule(name: string, force = false): void {
    const schedule = this.#schedules.get(name);
    if (schedule && schedule.targets.size > 0 && !force) {
      throw new ServiceError("ValidationException", "Rule can't be deleted since it has targets.");
    }
    schedule?.stop();
    this.#schedules.delete(name);
  }

  /** Adds or replaces a target. @throws LimitExceededException, ResourceNotFoundException */
  putTarget(ruleName: string, target: RuleTarget): void {
    const { targets } = this.#rule(ruleName);
    if (!targets.has(target.id) && targets.size >= TARGETS_MAX) {
      throw new ServiceError(
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
      );
    }
    targets.set(target.id, target);
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

  /** Whatever is stored anywhere may be what a sleeping schedule would find. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const { dynamodb, s3, sqs } = this.account.services;
    const written = (): void => {
      for (const schedule of this.#schedules.values()) schedule.written();
    };
    dynamodb.onWrite(written);
    s3.onWrite(written);
    sqs.onWrite(written);
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
