import type { Account } from "../account";
import type { Archive } from "./archive";
import { deliver } from "./delivery";
import type { EventEnvelope } from "./envelope";
import type { Rule } from "./rule";

/** An event bus: what it receives goes to its archives, and to the targets of the rules that match. */
export class EventBus {
  /** By name. */
  readonly rules = new Map<string, Rule>();
  /** By name. */
  readonly archives = new Map<string, Archive>();
  readonly createdAtMs: number;
  /** Its resource policy's text; access control has a copy of its own. */
  policy: string | undefined;

  constructor(
    readonly name: string,
    readonly arn: string,
    private readonly account: Account,
    public description?: string,
  ) {
    this.createdAtMs = account.kernel.now;
  }

  /**
   * Takes an event. Each target gets it a moment later, in no particular order (assumption `latency.eventBridgeMs`).
   *
   * @param ruleArns the only rules that it is for; all if absent
   */
  receive(envelope: EventEnvelope, ruleArns?: ReadonlySet<string>): void {
    for (const archive of this.archives.values()) archive.offer(envelope);
    for (const rule of this.rules.values()) {
      if (ruleArns && !ruleArns.has(rule.settings.arn)) continue;
      if (rule.matches(envelope)) this.#send(envelope, rule);
    }
  }

  #send(envelope: EventEnvelope, rule: Rule): void {
    const { kernel, services } = this.account;
    const { name } = rule.settings;
    services.cloudwatch.count("TriggeredRules", name);
    const receivedAtMs = kernel.now;
    const identity = envelope.id;
    for (const target of rule.targets.values()) {
      const { id } = target.settings;
      const delayMs = this.#latencyMs(`${identity} ${rule.settings.arn} ${id}`);
      kernel.after(delayMs, `rule ${name}: ${identity} to ${id}`, () =>
        deliver(this.account, { rule, target, envelope, identity, receivedAtMs }),
      );
    }
  }

  /** Drawn for this delivery alone: what else is on the bus must not change it. */
  #latencyMs(key: string): number {
    const meanMs = this.account.assumptions.number("latency.eventBridgeMs");
    return Math.round(meanMs * (0.5 + this.account.random.keyed("eventbridge latency", key)));
  }
}
