import type { Account } from "../account";
import type { EventEnvelope } from "./envelope";
import { compilePattern, type EventMatcher } from "./patterns/pattern";
import { Schedule } from "./schedule";
import type { RuleTarget } from "./target";

export interface RuleSettings {
  readonly name: string;
  /** The name in the program. */
  readonly logicalName: string;
  readonly arn: string;
  readonly busName: string;
  readonly enabled: boolean;
  readonly description?: string;
  /** The event pattern's text. */
  readonly pattern?: string;
  readonly schedule?: { readonly expression: string; readonly periodMs: number };
}

/** A rule of a bus: which events it sends, and what it sends them to. */
export class Rule {
  readonly targets = new Map<string, RuleTarget>();
  #settings: RuleSettings;
  #matches: EventMatcher | undefined;
  #schedule: Schedule | undefined;

  /** @throws InvalidEventPatternException */
  constructor(
    settings: RuleSettings,
    private readonly account: Account,
  ) {
    this.#settings = settings;
    this.#matches = matcherOf(settings);
    this.#reschedule();
  }

  get settings(): RuleSettings {
    return this.#settings;
  }

  get schedule(): Schedule | undefined {
    return this.#schedule;
  }

  /** @throws InvalidEventPatternException */
  update(settings: RuleSettings): void {
    this.#matches = matcherOf(settings);
    this.#settings = settings;
    this.#reschedule();
  }

  delete(): void {
    this.#schedule?.stop();
  }

  matches(envelope: EventEnvelope): boolean {
    return this.#settings.enabled && (this.#matches?.(envelope) ?? false);
  }

  #reschedule(): void {
    if (!this.#settings.schedule) {
      this.#schedule?.stop();
      this.#schedule = undefined;
    } else if (this.#schedule) this.#schedule.update();
    else this.#schedule = new Schedule(this, this.account);
  }
}

const matcherOf = ({ pattern }: RuleSettings): EventMatcher | undefined =>
  pattern === undefined ? undefined : compilePattern(pattern);
