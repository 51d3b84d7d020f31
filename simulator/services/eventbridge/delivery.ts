import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Invocation } from "../lambda/invocation";
import type { EventEnvelope } from "./envelope";
import type { Rule } from "./rule";
import { EVENTS_PRINCIPAL, send, type SendingFailure } from "./sending";
import type { RuleTarget } from "./target";
import { isJson } from "./target-input";

/** One event on its way to one target of a rule. */
export interface Delivery {
  readonly rule: Rule;
  readonly target: RuleTarget;
  readonly envelope: EventEnvelope;
  /** What this delivery is about, whatever brings it: for fault draws. */
  readonly identity: string;
  /** When the bus received the event, or the schedule fired: its age counts from then. */
  readonly receivedAtMs: number;
  /** Called once: with what became of it in the target function, or without where no function gets it. */
  readonly onDone?: (invocation?: Invocation) => void;
}

/** Why EventBridge stopped trying, in the words of its dead letters. */
export type RetryCondition = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

/** An event that a target never got. */
export interface UndeliveredEvent {
  readonly atMs: number;
  readonly eventId: string;
  /** The rule's name in the program. */
  readonly rule: string;
  readonly targetArn: string;
  /** `NO_PERMISSIONS`, `NO_RESOURCE`, … as in AWS's dead letters. */
  readonly code: string;
  /** Absent where it was not worth trying again. */
  readonly exhausted?: RetryCondition;
  readonly retries: number;
  /** Whether a dead-letter queue has it now. */
  readonly isKept: boolean;
}

/** Back-off before the first retry, doubling, and the longest. */
const BACKOFF_MS = 1_000;
const BACKOFF_MAX_MS = 480_000;
const BACKOFF_CONSTANT_MS = 60_000;

/**
 * Delivers an event, and tries again as the target's retry policy says. What can never be delivered goes to the
 * target's dead-letter queue at once; without one, it is lost.
 *
 * Source: EventBridge user guide, "How EventBridge retries delivering events". Assumptions: `eventbridge.backoff`,
 * `eventbridge.ageTest`.
 */
export function deliver(account: Account, delivery: Delivery, retries = 0): void {
  const { envelope, onDone, receivedAtMs, rule, target } = delivery;
  const { cloudwatch } = account.services;
  const { name } = rule.settings;
  const { maximumEventAgeInSeconds, maximumRetryAttempts } = target.retryPolicy;
  if (retries > 0) cloudwatch.count("RetryInvocationAttempts", name);
  const text = target.makeInput(contextOf(delivery));
  const failure = attempt(account, delivery, text);
  if (!failure) {
    cloudwatch.count("Invocations", name);
    if (target.kind !== "function") onDone?.();
    return;
  }
  const { now } = account.kernel;
  const what = `rule ${name}: ${failure.code} for ${target.settings.arn}`;
  account.trace.append(now, what);
  const giveUp = (exhausted?: RetryCondition, wasted = retries): void => {
    bury(account, delivery, text, failure, wasted, exhausted);
    onDone?.();
  };
  if (!failure.retryable) return giveUp();
  if (retries >= maximumRetryAttempts) return giveUp("MaximumRetryAttempts");
  const delayMs = backoffMs(account, delivery, retries);
  const expiresAtMs = receivedAtMs + 1000 * maximumEventAgeInSeconds;
  const isTooLate = now + delayMs >= expiresAtMs;
  if (isTooLate && account.assumptions.choice("eventbridge.ageTest") === "ahead") {
    return giveUp("MaximumEventAgeInSeconds");
  }
  const label = `rule ${name}: ${envelope.id} to ${target.settings.id} again`;
  account.kernel.after(delayMs, label, () => {
    if (isTooLate) giveUp("MaximumEventAgeInSeconds");
    else deliver(account, delivery, retries + 1);
  });
}

function attempt(account: Account, delivery: Delivery, text: string): SendingFailure | undefined {
  const { envelope, identity, onDone, rule, target } = delivery;
  const { arn, logicalName, name } = rule.settings;
  if (account.faults.failsDelivery(logicalName, account.kernel.now)) {
    return { code: "INTERNAL_ERROR", message: "A fault of the plan (delivery).", retryable: true };
  }
  if (target.settings.inputTransformer && !isJson(text)) {
    const message = "The input transformer's result is not JSON.";
    return { code: "INVALID_JSON", message, retryable: false };
  }
  const onOutcome = (invocation: Invocation): void => onDone?.(invocation);
  return send(account, {
    ruleArn: arn,
    ruleName: name,
    target,
    envelope,
    text,
    identity,
    onOutcome,
  });
}

const contextOf = ({ envelope, receivedAtMs, rule: { settings } }: Delivery) => ({
  ...{ envelope, receivedAtMs },
  ruleArn: settings.arn,
  ruleName: settings.name,
});

/** ± 50 %, drawn for this event and this retry alone. */
function backoffMs(
  account: Account,
  { identity, rule, target }: Delivery,
  retries: number,
): number {
  const isConstant = account.assumptions.choice("eventbridge.backoff") === "constant-60s";
  const meanMs = isConstant
    ? BACKOFF_CONSTANT_MS
    : Math.min(BACKOFF_MS * 2 ** retries, BACKOFF_MAX_MS);
  const key = [identity, rule.settings.arn, target.settings.id, retries];
  const draw = account.random.keyed("eventbridge backoff", ...key);
  return Math.round(meanMs * (0.5 + draw));
}

/** The end of an event that its target did not get. */
function bury(
  account: Account,
  { envelope, rule, target: { settings } }: Delivery,
  text: string,
  failure: SendingFailure,
  retries: number,
  exhausted?: RetryCondition,
): void {
  const { cloudwatch, eventbridge, sqs } = account.services;
  const { arn: ruleArn, logicalName, name } = rule.settings;
  cloudwatch.count("FailedInvocations", name);
  let isKept = false;
  if (settings.deadLetterArn !== undefined) {
    const attributes = deadLetterAttributes({
      RULE_ARN: ruleArn,
      TARGET_ARN: settings.arn,
      ERROR_CODE: failure.code,
      ERROR_MESSAGE: failure.message,
      ...(exhausted && { EXHAUSTED_RETRY_CONDITION: exhausted }),
      RETRY_ATTEMPTS: String(retries),
    });
    const from = { service: EVENTS_PRINCIPAL, sourceArn: ruleArn };
    try {
      sqs.deliver(settings.deadLetterArn, text, { attributes, from });
      isKept = true;
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
    }
    cloudwatch.count(isKept ? "InvocationsSentToDlq" : "InvocationsFailedToBeSentToDlq", name);
  }
  eventbridge.undelivered.push({
    ...{ atMs: account.kernel.now, eventId: envelope.id, rule: logicalName },
    ...{ targetArn: settings.arn, code: failure.code, exhausted, retries, isKept },
  });
}

/** Source: EventBridge user guide, "Using dead-letter queues to process undelivered events". */
const deadLetterAttributes = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, StringValue]) => [
      name,
      { DataType: "String", StringValue },
    ]),
  );
